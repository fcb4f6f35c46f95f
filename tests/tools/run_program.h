// Runs a program as a user would and keeps what it wrote.
#pragma once

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <sstream>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "tests/support/temp_dir.h"

namespace tritwise::test {

struct Outcome {
  int code = -1;  // exit code; -1 where a signal ended it
  std::string out;
  std::string err;

  // What every failure of the command is: this code, nothing on standard output, one line that begins so.
  bool IsError(int expected_code, const std::string& begin) const {
    return code == expected_code && out.empty() && err.rfind(begin, 0) == 0 && !err.empty() && err.back() == '\n' &&
           std::count(err.begin(), err.end(), '\n') == 1;
  }
};

inline std::string ReadFile(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

inline void WriteFile(const std::string& path, const std::string& bytes) {
  std::ofstream file(path, std::ios::binary | std::ios::trunc);
  file << bytes;
  if (!file.flush()) throw std::runtime_error("cannot write " + path);
}

// A program that runs; its standard input is the file `input`.
class Running {
 public:
  explicit Running(std::vector<std::string> words, const std::string& input = "/dev/null") {
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, input.c_str(), O_RDONLY, 0);
    posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, out_.c_str(), O_WRONLY | O_CREAT, 0600);
    posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, err_.c_str(), O_WRONLY | O_CREAT, 0600);
    std::vector<char*> argv;
    for (std::string& word : words) argv.push_back(word.data());
    argv.push_back(nullptr);
    const int failed = posix_spawnp(&child_, argv[0], &actions, nullptr, argv.data(), environ);
    posix_spawn_file_actions_destroy(&actions);
    if (failed != 0) throw std::runtime_error("cannot run " + words[0]);
  }

  void Signal(int number) const { kill(child_, number); }

  Outcome Wait() const {
    int status = 0;
    waitpid(child_, &status, 0);
    return {WIFEXITED(status) ? WEXITSTATUS(status) : -1, ReadFile(out_), ReadFile(err_)};
  }

 private:
  TempDir folder_;
  std::string out_ = folder_ / "out";
  std::string err_ = folder_ / "err";
  pid_t child_ = 0;
};

inline Outcome RunProgram(std::vector<std::string> words, const std::string& input = "/dev/null") {
  return Running(std::move(words), input).Wait();
}

// What starts a program of this build; "" where the machine does.
inline std::string Emulator() {
  const char* words = std::getenv("TRITWISE_TEST_EMULATOR");
  return words == nullptr ? "" : words;
}

// The words of the emulator, the program, and `arguments`.
inline Outcome RunBuilt(const std::string& program, const std::vector<std::string>& arguments,
                        const std::string& input = "/dev/null") {
  std::vector<std::string> words;
  std::istringstream emulator(Emulator());
  for (std::string word; emulator >> word;) words.push_back(word);
  words.push_back(program);
  words.insert(words.end(), arguments.begin(), arguments.end());
  return RunProgram(words, input);
}

inline Outcome Tritwise(const std::vector<std::string>& arguments) {
  return RunBuilt(TRITWISE_TEST_COMMAND, arguments);
}

}  // namespace tritwise::test
