// Writes a small model with random weights that reads and writes text. Usage: text_model FILE CONTEXT
#include <cstdio>
#include <cstdlib>
#include <exception>

#include "tests/support/random_model.h"

int main(int argc, char** argv) {
  if (argc != 3) return 2;
  try {
    tritwise::test::WriteTextModel(argv[1], true, std::atoll(argv[2]));
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
  }
  return 0;
}
