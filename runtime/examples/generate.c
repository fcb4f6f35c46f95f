/* Writes on from a text: generate MODEL.trit TEXT [TOKENS]
 *
 * What a C program needs of the library, from loading a model to its text. Compiled as C and run by a test.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tritwise/tritwise.h"

static int Print(int32_t token, const char* text, size_t text_bytes, void* user) {
  (void)token;
  (void)user;
  fwrite(text, 1, text_bytes, stdout);
  fflush(stdout);
  return 1;
}

static int Fail(void) {
  fprintf(stderr, "generate: %s\n", tritwise_last_error());
  return EXIT_FAILURE;
}

int main(int argc, char** argv) {
  if (argc < 3) {
    fprintf(stderr, "usage: generate MODEL.trit TEXT [TOKENS]\n");
    return 2;
  }
  const int tokens = argc > 3 ? atoi(argv[3]) : 64;

  tritwise_model* model = tritwise_model_load(argv[1], 1);
  if (model == NULL) return Fail();

  tritwise_session_options options = tritwise_session_defaults();
  options.temperature = 0.8f;
  options.top_k = 40;
  options.seed = 1;
  tritwise_session* session = tritwise_session_create(model, &options);
  tritwise_model_free(model);
  if (session == NULL) return Fail();

  const int64_t generated = tritwise_generate(session, argv[2], strlen(argv[2]), tokens, Print, NULL);
  tritwise_session_free(session);
  if (generated < 0) return Fail();
  printf("\n");
  return EXIT_SUCCESS;
}
