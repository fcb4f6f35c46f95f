/* One row of activations with one row of a matrix by a kernel of llama.cpp, a number of times: what count_ggml.py
 * counts instructions of. Prints where the kernel was loaded. Usage: ggml_dot LIBRARY KERNEL COLUMNS TIMES */
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ggml's ggml_vec_dot_t: columns, result, and of both rows the bytes and the distance to the next; number of rows. */
typedef void (*DotFn)(int n, float* s, size_t bs, const void* x, size_t bx, const void* y, size_t by, int nrc);

int main(int argc, char** argv) {
  if (argc != 5) return 2;
  void* library = dlopen(argv[1], RTLD_NOW);
  if (library == NULL) return fprintf(stderr, "ggml_dot: %s\n", dlerror()), 1;
  DotFn dot = (DotFn)dlsym(library, argv[2]);
  if (dot == NULL) return fprintf(stderr, "ggml_dot: %s is not in %s\n", argv[2], argv[1]), 1;
  const int columns = atoi(argv[3]);
  /* No format of either row has more than four bytes a column. */
  void* x = calloc((size_t)columns, 4);
  void* y = calloc((size_t)columns, 4);
  if (x == NULL || y == NULL) return 1;
  printf("%llx\n", (unsigned long long)(size_t)dot);
  fflush(stdout);
  float sum = 0.0f;
  for (int i = atoi(argv[4]); i > 0; --i) dot(columns, &sum, 0, x, 0, y, 0, 1);
  return 0;
}
