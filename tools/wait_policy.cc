#include "tools/wait_policy.h"

#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <string>
#include <vector>

namespace tritwise {

void WaitBySleeping() {
  if (std::getenv("OMP_WAIT_POLICY") != nullptr) return;
  std::vector<std::string> words;
  std::ifstream arguments("/proc/self/cmdline", std::ios::binary);
  for (std::string word; std::getline(arguments, word, '\0');) words.push_back(word);
  if (words.empty() || setenv("OMP_WAIT_POLICY", "passive", 1) != 0) return;
  std::vector<char*> argv;
  for (std::string& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);
  execv("/proc/self/exe", argv.data());  // where that fails, the program goes on as it is
}

}  // namespace tritwise
