/* The C API: load a .trit model, generate text with it, score rows of features.
 *
 * Failure. Functions that make something return NULL, functions that count or do something return a
 * negative number: minus one of the codes of tritwise_status. tritwise_last_error() then has one line that
 * says what is wrong. Nothing here throws, prints or aborts. A NULL handle is such a failure too; functions that
 * only look something up (tritwise_model_context() and the like) need a valid one.
 *
 * Threads. A model may be used by any number of threads at the same time, and sessions may be made and used
 * in several threads; one session is used by one thread at a time. Errors are kept for each thread.
 *
 * Memory. A model is a mapped file. tritwise_session_create() allocates all that computing needs
 * (tritwise_session_bytes() says how much); afterwards only texts and their ids are allocated, never anything
 * that grows with the network.
 *
 * Texts are UTF-8 and are given with their length in bytes, so they may hold zeros; what comes back to a
 * callback is not zero-terminated. Handles are opaque, and the one struct begins with its size: a program
 * goes on working with a newer library of the same major version. The C++ headers beside this one can do
 * more (several sequences in one batch, memory by part) and promise no such thing.
 */
#ifndef TRITWISE_TRITWISE_H_
#define TRITWISE_TRITWISE_H_

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#if defined(__GNUC__)
#define TRITWISE_API __attribute__((visibility("default")))
#else
#define TRITWISE_API
#endif

#ifdef __cplusplus
extern "C" {
#endif

typedef struct tritwise_model tritwise_model;
typedef struct tritwise_session tritwise_session;

/* Codes of failures. More may come. */
enum tritwise_status {
  TRITWISE_OK = 0,
  TRITWISE_INVALID_ARGUMENT = 1,   /* the caller asked for something that makes no sense */
  TRITWISE_NOT_FOUND = 2,          /* there is no such file */
  TRITWISE_CORRUPT = 3,            /* the bytes of a model contradict themselves */
  TRITWISE_UNSUPPORTED = 4,        /* well formed, but newer than this library */
  TRITWISE_IO = 5,                 /* the operating system refused */
  TRITWISE_RESOURCE_EXHAUSTED = 6, /* memory, threads or the session's context are used up */
};

/* Version of the library, e.g. "0.1.0". */
TRITWISE_API const char* tritwise_version(void);
/* What went wrong last on the calling thread, and its code; "" and TRITWISE_OK where nothing did. The text is
 * valid until the thread's next failure. */
TRITWISE_API const char* tritwise_last_error(void);
TRITWISE_API int tritwise_last_status(void);

/* ---- models */

/* Maps the file at `path`. `verify` not 0: the weights' checksums too (reads the whole file once). */
TRITWISE_API tritwise_model* tritwise_model_load(const char* path, int verify);
/* The same from the bytes of a file. They are not copied: they must stay and not change until the model and
 * its sessions are freed, and must start at a multiple of 64. */
TRITWISE_API tritwise_model* tritwise_model_from_memory(const void* data, size_t bytes, int verify);
/* Sessions that still use the model keep it alive. NULL is allowed. */
TRITWISE_API void tritwise_model_free(tritwise_model* model);

/* Longest sequence in tokens; 0 where rows are independent. */
TRITWISE_API int64_t tritwise_model_context(const tritwise_model* model);
/* Number of token ids, or floats in a row of features. */
TRITWISE_API int64_t tritwise_model_input_width(const tritwise_model* model);
/* Number of logits or scores in a row. */
TRITWISE_API int64_t tritwise_model_output_width(const tritwise_model* model);
/* 1 where the model reads token ids, 0 where it reads features. */
TRITWISE_API int tritwise_model_reads_tokens(const tritwise_model* model);
/* 1 where the model carries a vocabulary, so that it reads and writes text. */
TRITWISE_API int tritwise_model_has_vocabulary(const tritwise_model* model);
/* Ids that begin and end a text; TRITWISE_NO_ID where there is none. */
#define TRITWISE_NO_ID (-1)
TRITWISE_API int32_t tritwise_model_begin_id(const tritwise_model* model);
TRITWISE_API int32_t tritwise_model_end_id(const tritwise_model* model);
/* Value of a key of the file's metadata, e.g. "licence"; NULL where there is none. Valid as long as the model. */
TRITWISE_API const char* tritwise_model_metadata(const tritwise_model* model, const char* key);

/* ---- text and ids */

/* To be or-ed together. */
enum tritwise_tokenize_flags {
  TRITWISE_TOKENIZE_BEGIN = 1,   /* the begin id first, where there is one */
  TRITWISE_TOKENIZE_SPECIAL = 2, /* control pieces in the text become their ids: only for text that a program wrote */
};

/* Ids of a text. Writes at most `capacity` of them and returns how many there are, so that a call with
 * capacity 0 tells the size. */
TRITWISE_API int64_t tritwise_tokenize(const tritwise_model* model, const char* text, size_t text_bytes, uint32_t flags,
                                       int32_t* ids, size_t capacity);
/* The text of `count` ids: at most `capacity` bytes are written, no zero behind them; returns how many bytes
 * there are. */
TRITWISE_API int64_t tritwise_detokenize(const tritwise_model* model, const int32_t* ids, size_t count, char* text,
                                         size_t capacity);

/* ---- sessions */

enum tritwise_cache {
  TRITWISE_CACHE_DEFAULT = 0, /* what the model says */
  TRITWISE_CACHE_F32 = 1,
  TRITWISE_CACHE_F16 = 2,
  TRITWISE_CACHE_INT8 = 3,
};

enum tritwise_format {
  TRITWISE_FORMAT_TEXT = 0, /* any text */
  TRITWISE_FORMAT_JSON =
      1, /* what each call generates is one JSON value, or the beginning of one where it ends early */
};

/* Begin with tritwise_session_defaults(): 0 means the default everywhere. */
typedef struct tritwise_session_options {
  uint32_t struct_bytes; /* sizeof(tritwise_session_options) of the caller */
  int32_t threads;       /* that compute, the caller's included; 0: as many as the process may run on */
  int32_t max_rows;      /* rows computed at once; 0: 64 */
  int32_t cache;         /* one of tritwise_cache: number format of keys and values */
  int64_t context;       /* tokens; 0: the model's */
  float temperature;     /* 0: always the likeliest token */
  int32_t top_k;         /* 0: all */
  float top_p;           /* up to 1; 0: 1 */
  int32_t format;        /* one of tritwise_format, of what is generated */
  uint64_t seed;
} tritwise_session_options;

static inline tritwise_session_options tritwise_session_defaults(void) {
  tritwise_session_options options;
  memset(&options, 0, sizeof(options));
  options.struct_bytes = (uint32_t)sizeof(options);
  return options;
}

/* Buffers, threads, cache and sampler: everything is allocated here. `options` NULL: the defaults. The number
 * of threads never changes a result. The environment's TRITWISE_FORCE_TARGET names an instruction set to use. */
TRITWISE_API tritwise_session* tritwise_session_create(const tritwise_model* model,
                                                       const tritwise_session_options* options);
TRITWISE_API void tritwise_session_free(tritwise_session* session);
/* Forgets the text so far and starts again with the seed. */
TRITWISE_API void tritwise_session_reset(tritwise_session* session);
/* Forgets what comes behind the first `position` tokens; the sampler goes on. */
TRITWISE_API int tritwise_session_truncate(tritwise_session* session, int64_t position);

/* Tokens that the session holds, and the most that it can hold. */
TRITWISE_API int64_t tritwise_session_position(const tritwise_session* session);
TRITWISE_API int64_t tritwise_session_context(const tritwise_session* session);
/* Bytes of its buffers and of its cache. The cache's are touched only as it fills. */
TRITWISE_API uint64_t tritwise_session_bytes(const tritwise_session* session);
TRITWISE_API int tritwise_session_threads(const tritwise_session* session);
/* Name of the instruction set that is used, e.g. "AVX3_ZEN4". Valid as long as the session. */
TRITWISE_API const char* tritwise_session_target(const tritwise_session* session);

/* ---- generating */

/* Called once for each token, as soon as it is drawn, with the text that became complete with it: whole
 * characters only, hence sometimes none. After the last token it is called once more with TRITWISE_NO_ID
 * where bytes of an incomplete character are left (as U+FFFD). Without a vocabulary there is no text. Return 0 to
 * stop. May not use the session. */
typedef int (*tritwise_token_callback)(int32_t token, const char* text, size_t text_bytes, void* user);

/* Goes on with the session's text: reads `prompt`, then generates up to `max_tokens` tokens. A session at its
 * beginning gets the vocabulary's begin id first, where it has one; control pieces are not looked for in
 * `prompt`. Returns the number of tokens generated, negative on failure (the prompt is then not read).
 * Between calls the last token generated is remembered and read first by the next. */
TRITWISE_API int64_t tritwise_generate(tritwise_session* session, const char* prompt, size_t prompt_bytes,
                                       int32_t max_tokens, tritwise_token_callback callback, void* user);
/* The same from ids, which are read as they are: no begin id is added. None where tritwise_read() was before. */
TRITWISE_API int64_t tritwise_generate_from_ids(tritwise_session* session, const int32_t* ids, size_t count,
                                                int32_t max_tokens, tritwise_token_callback callback, void* user);

/* Why the last of these calls ended. */
enum tritwise_finish {
  TRITWISE_FINISH_LENGTH = 0, /* max_tokens were generated */
  TRITWISE_FINISH_END = 1, /* the model produced the end id (not handed out, not counted), or a JSON value is whole */
  TRITWISE_FINISH_CONTEXT_FULL = 2, /* the session holds no further token */
  TRITWISE_FINISH_STOPPED = 3,      /* the callback said so */
};
TRITWISE_API int tritwise_session_finish(const tritwise_session* session);

/* Reads `count` ids (at least one) without generating and writes the logits for the next token, output_width
 * floats, to `logits` where that is not NULL. For a sampler or a score of one's own. A token that was generated
 * and not yet read is read first. Returns 0, negative on failure (nothing is then read). */
TRITWISE_API int tritwise_read(tritwise_session* session, const int32_t* ids, size_t count, float* logits);

/* ---- scoring */

/* Scores of `rows` rows of features (input_width floats each, one row behind the other), for a model whose
 * rows are independent: rows * output_width floats are written to `scores`. The class of a row is where its
 * highest score stands. Returns 0, negative on failure. */
TRITWISE_API int tritwise_score(tritwise_session* session, const float* features, size_t rows, float* scores);

#ifdef __cplusplus
}
#endif

#endif /* TRITWISE_TRITWISE_H_ */
