/* The C API: load a .trit model, generate text with it, score rows of features.
 *
 * Handles are opaque. A model may be shared by threads; a session is used by one thread at a time.
 * Functions that can fail return NULL or a negative number, and then tritwise_last_error() has one line
 * that says what is wrong. Nothing here throws, prints or aborts. Texts are UTF-8 and are given with
 * their length in bytes, so they may hold zeros; what comes back to a callback is not zero-terminated.
 * The C++ headers beside this one can do more (several sequences in one batch, memory by part).
 */
#ifndef TRITWISE_TRITWISE_H_
#define TRITWISE_TRITWISE_H_

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct tritwise_model tritwise_model;
typedef struct tritwise_session tritwise_session;

/* What went wrong last on the calling thread; "" where nothing did. Valid until its next failure. */
const char* tritwise_last_error(void);

/* Maps the file at `path`. `verify` not 0: the weights' checksums too (reads the whole file once). */
tritwise_model* tritwise_model_load(const char* path, int verify);
/* Sessions that still use the model keep it alive. NULL is allowed. */
void tritwise_model_free(tritwise_model* model);

/* Longest sequence in tokens; 0 where rows are independent. */
int64_t tritwise_model_context(const tritwise_model* model);
/* Number of token ids, or floats in a row of features. */
int64_t tritwise_model_input_width(const tritwise_model* model);
/* Number of logits or scores in a row. */
int64_t tritwise_model_output_width(const tritwise_model* model);
/* 1 where the model reads token ids, 0 where it reads features. */
int tritwise_model_reads_tokens(const tritwise_model* model);

/* Ids of a text, without begin or end. Writes at most `capacity` of them and returns how many there are,
 * so that a call with capacity 0 tells the size; negative where the model has no vocabulary. */
int64_t tritwise_tokenize(const tritwise_model* model, const char* text, size_t text_bytes, int32_t* ids,
                          size_t capacity);
/* The text of `count` ids: at most `capacity` bytes are written, no zero behind them; returns how many
 * bytes there are, negative where the model has no vocabulary. */
int64_t tritwise_detokenize(const tritwise_model* model, const int32_t* ids, size_t count, char* text, size_t capacity);

/* Fill with tritwise_session_defaults() and change what should differ. */
typedef struct tritwise_session_options {
  int32_t threads;   /* 0: as many as the process may run on */
  int32_t max_rows;  /* rows computed at once */
  int64_t context;   /* tokens; 0: the model's */
  float temperature; /* 0: always the likeliest token */
  int32_t top_k;     /* 0: all */
  float top_p;       /* above 0, up to 1 */
  uint64_t seed;
} tritwise_session_options;

tritwise_session_options tritwise_session_defaults(void);

/* Plan, threads, cache and sampler: everything is allocated here. */
tritwise_session* tritwise_session_create(const tritwise_model* model, const tritwise_session_options* options);
void tritwise_session_free(tritwise_session* session);
/* Forgets the text so far and starts again with the seed. */
void tritwise_session_reset(tritwise_session* session);
/* Tokens that the session holds. */
int64_t tritwise_session_position(const tritwise_session* session);

/* Whole characters only. Return 0 to stop. */
typedef int (*tritwise_piece_callback)(const char* piece, size_t piece_bytes, void* user);

/* Goes on with the session's text: reads `prompt`, then generates up to `max_tokens` tokens and hands
 * their text out piece by piece. A session at its beginning gets the vocabulary's begin id first, where
 * it has one. Stops early at the vocabulary's end id, where the context is full, or where the callback
 * says so. Returns the number of tokens generated, negative on failure (the prompt is then not read).
 * Between calls the last token generated is remembered and read first by the next. */
int64_t tritwise_generate(tritwise_session* session, const char* prompt, size_t prompt_bytes, int32_t max_tokens,
                          tritwise_piece_callback callback, void* user);

/* Scores of `rows` rows of features (input_width floats each, one row behind the other), for a model whose
 * rows are independent: rows * output_width floats are written to `scores`. Returns 0, negative on failure. */
int tritwise_score(tritwise_session* session, const float* features, size_t rows, float* scores);

#ifdef __cplusplus
}
#endif

#endif /* TRITWISE_TRITWISE_H_ */
