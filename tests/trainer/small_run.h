// A run small enough for tests: a real text, a real vocabulary, a network of a few thousand weights.
#pragma once

#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>

#include "tests/support/temp_dir.h"
#include "trainer/run.h"

namespace tritwise::test {

// Psalm-like lines from a fixed set of words, so that there is something to learn.
inline std::string SmallText(size_t lines) {
  static constexpr const char* kWords[] = {
      "the", "lord", "is",  "my",   "shepherd", "i",     "shall",    "not",     "want",   "he",    "maketh",
      "me",  "to",   "lie", "down", "in",       "green", "pastures", "leadeth", "beside", "still", "waters"};
  std::string text;
  uint64_t state = 1;
  for (size_t line = 0; line < lines; ++line) {
    for (int word = 0; word < 8; ++word) {
      state = state * 6364136223846793005u + 1442695040888963407u;
      text += kWords[(state >> 33) % std::size(kWords)];
      text += word == 7 ? ".\n" : " ";
    }
  }
  return text;
}

class SmallRun {
 public:
  explicit SmallRun(size_t lines = 1500) {
    std::ofstream(folder.path() / "text.txt") << SmallText(lines);
    recipe =
        ParseRecipe("[data]\npath = \"" + (folder.path() / "text.txt").string() +
                        "\"\nvocabulary = 300\ncontext = 32\n"
                        "[network]\nwidth = 32\nlayers = 2\nheads = 2\nfeed_forward = 48\n"
                        "[train]\nsteps = 24\nbatch = 6\nlearning_rate = 5e-3\nwarmup_steps = 4\nvalidate_every = 8\n"
                        "validate_sequences = 8\ncheckpoint_every = 6\n",
                    "small run", {});
  }

  RunOptions Options(const std::string& name) const {
    RunOptions options;
    options.recipe = recipe;
    options.folder = folder.path() / name;
    options.threads = 2;
    return options;
  }

  TempDir folder;
  Recipe recipe;
};

inline std::string FileBytes(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::stringstream bytes;
  bytes << file.rdbuf();
  return bytes.str();
}

}  // namespace tritwise::test
