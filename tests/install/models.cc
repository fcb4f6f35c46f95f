// Writes FOLDER/text.trit, which reads and writes text, and FOLDER/rows.trit, which scores rows of 50 features: what
// the programs of these tests run on, because set-ups without the trainer have them too.
#include <cstdio>
#include <exception>

#include "tests/support/random_model.h"

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fprintf(stderr, "usage: tritwise_install_models FOLDER\n");
    return 2;
  }
  try {
    const std::string folder = argv[1];
    tritwise::test::WriteTextModel(folder + "/text.trit", true);
    tritwise::test::WriteRandomModel(folder + "/rows.trit", tritwise::test::MakeMlp());
  } catch (const std::exception& error) {
    std::fprintf(stderr, "tritwise_install_models: %s\n", error.what());
    return 1;
  }
  return 0;
}
