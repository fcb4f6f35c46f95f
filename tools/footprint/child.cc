#include "tools/footprint/child.h"

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>

#include "tools/interrupt.h"
#include "trainer/error.h"

extern char** environ;

namespace tritwise {
namespace {

// What `child` writes until it ends; an interrupt ends it.
std::string ReadAll(int descriptor, pid_t child) {
  std::string text;
  std::array<char, 4096> bytes;
  for (;;) {
    const ssize_t count = read(descriptor, bytes.data(), bytes.size());
    if (count < 0 && errno == EINTR) {
      if (WasInterrupted()) kill(child, SIGTERM);
      continue;
    }
    if (count <= 0) break;
    text.append(bytes.data(), static_cast<size_t>(count));
  }
  close(descriptor);
  return text;
}

}  // namespace

Json RunSelf(const std::vector<std::string>& arguments) {
  ThrowIfInterrupted();
  std::vector<std::string> words = {"tritwise"};
  words.insert(words.end(), arguments.begin(), arguments.end());
  std::vector<char*> argv;
  for (std::string& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);

  std::array<int, 2> pipe_ends = {};
  if (pipe2(pipe_ends.data(), O_CLOEXEC) != 0) throw Error(std::string("cannot make a pipe: ") + std::strerror(errno));
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_adddup2(&actions, pipe_ends[1], STDOUT_FILENO);
  posix_spawn_file_actions_adddup2(&actions, pipe_ends[1], STDERR_FILENO);
  pid_t child = 0;
  const int failed = posix_spawn(&child, "/proc/self/exe", &actions, nullptr, argv.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  close(pipe_ends[1]);
  if (failed != 0) {
    close(pipe_ends[0]);
    throw Error(std::string("cannot start a process: ") + std::strerror(failed));
  }
  const std::string output = ReadAll(pipe_ends[0], child);
  int status = 0;
  while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  ThrowIfInterrupted();
  if (WIFSIGNALED(status)) {
    throw Error("tritwise " + arguments[0] + " was ended by signal " + std::to_string(WTERMSIG(status)) +
                (WTERMSIG(status) == SIGKILL ? " (out of memory?)" : ""));
  }
  if (WEXITSTATUS(status) != 0) {
    const std::string who = "tritwise " + arguments[0] + ": ";
    throw Error(output.rfind(who, 0) == 0 ? output.substr(who.size()) : output);
  }
  return Json::parse(output);
}

WorkFolder::WorkFolder(const std::filesystem::path& path) {
  NoteInterrupts();
  std::string name = path.string() + ".work-XXXXXX";
  if (mkdtemp(name.data()) == nullptr) throw Error(name + ": cannot make a folder: " + std::strerror(errno));
  path_ = name;
}

WorkFolder::~WorkFolder() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

}  // namespace tritwise
