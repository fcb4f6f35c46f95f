#include "tools/footprint/child.h"

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstring>

#include "tools/commands.h"

extern char** environ;

namespace tritwise {
namespace {

std::atomic<bool> g_interrupted = false;

// While a child runs, Ctrl-C is its to end by; this process then cleans up.
class HoldInterrupts {
 public:
  HoldInterrupts() {
    struct sigaction action = {};
    action.sa_handler = [](int) { g_interrupted = true; };
    sigaction(SIGINT, &action, &before_);
  }
  ~HoldInterrupts() { sigaction(SIGINT, &before_, nullptr); }
  HoldInterrupts(const HoldInterrupts&) = delete;
  HoldInterrupts& operator=(const HoldInterrupts&) = delete;

 private:
  struct sigaction before_ = {};
};

std::string ReadAll(int descriptor) {
  std::string text;
  std::array<char, 4096> bytes;
  for (;;) {
    const ssize_t count = read(descriptor, bytes.data(), bytes.size());
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) break;
    text.append(bytes.data(), static_cast<size_t>(count));
  }
  close(descriptor);
  return text;
}

}  // namespace

Json RunSelf(const std::vector<std::string>& arguments) {
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
  const HoldInterrupts hold;
  pid_t child = 0;
  const int failed = posix_spawn(&child, "/proc/self/exe", &actions, nullptr, argv.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  close(pipe_ends[1]);
  const std::string output = ReadAll(pipe_ends[0]);
  if (failed != 0) throw Error(std::string("cannot start a process: ") + std::strerror(failed));
  int status = 0;
  while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  if (g_interrupted) throw Interrupted{};
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
  std::string name = path.string() + ".work-XXXXXX";
  if (mkdtemp(name.data()) == nullptr) throw Error(name + ": cannot make a folder: " + std::strerror(errno));
  path_ = name;
}

WorkFolder::~WorkFolder() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

}  // namespace tritwise
