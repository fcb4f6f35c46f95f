#include "tools/launch/process.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstring>

#include "tools/launch/signals.h"
#include "trainer/error.h"

namespace tritwise {
namespace {

std::atomic<int> g_interrupts = 0;

void CountInterrupt(int) { ++g_interrupts; }

// Pieces of a stream, cut into lines.
class Lines {
 public:
  explicit Lines(int descriptor) : descriptor_(descriptor) {}
  ~Lines() { close(descriptor_); }
  Lines(const Lines&) = delete;
  Lines& operator=(const Lines&) = delete;

  int descriptor() const { return open_ ? descriptor_ : -1; }

  void Read(const ProcessEvents& events) {
    char bytes[4096];
    const ssize_t count = read(descriptor_, bytes, sizeof(bytes));
    if (count < 0 && errno == EINTR) return;
    if (count <= 0) {
      open_ = false;
      if (!rest_.empty()) events.line(rest_);
      rest_.clear();
      return;
    }
    rest_.append(bytes, static_cast<size_t>(count));
    size_t begin = 0;
    for (size_t end; (end = rest_.find('\n', begin)) != std::string::npos; begin = end + 1) {
      events.line(std::string_view(rest_).substr(begin, end - begin));
    }
    rest_.erase(0, begin);
  }

 private:
  int descriptor_;
  bool open_ = true;
  std::string rest_;
};

// In the child: becomes the program.
[[noreturn]] void Become(const std::vector<std::string>& command, int out, int err) {
  prctl(PR_SET_PDEATHSIG, SIGTERM);
  setpgid(0, 0);
  for (const int signal : {SIGINT, SIGTERM}) std::signal(signal, SIG_DFL);
  const int null = open("/dev/null", O_RDONLY);
  dup2(null, STDIN_FILENO);
  dup2(out, STDOUT_FILENO);
  dup2(err, STDERR_FILENO);
  std::vector<char*> words;
  for (const std::string& word : command) words.push_back(const_cast<char*>(word.c_str()));
  words.push_back(nullptr);
  execv(words[0], words.data());
  dprintf(STDERR_FILENO, "cannot start %s: %s\n", words[0], std::strerror(errno));
  _exit(127);
}

}  // namespace

ProcessEnd RunProcess(const std::vector<std::string>& command, const ProcessEvents& events) {
  struct sigaction action = {};
  action.sa_handler = CountInterrupt;  // without SA_RESTART: poll returns
  for (const int signal : {SIGINT, SIGTERM}) sigaction(signal, &action, nullptr);

  std::array<int, 2> out = {};
  std::array<int, 2> err = {};
  if (pipe2(out.data(), O_CLOEXEC) != 0 || pipe2(err.data(), O_CLOEXEC) != 0) {
    throw Error(std::string("cannot make a pipe: ") + std::strerror(errno));
  }
  const pid_t child = fork();
  if (child < 0) throw Error(std::string("cannot start a process: ") + std::strerror(errno));
  if (child == 0) Become(command, out[1], err[1]);
  close(out[1]);
  close(err[1]);
  Lines from_out(out[0]);
  Lines from_err(err[0]);

  ProcessEnd end;
  bool told = false;
  while (from_out.descriptor() >= 0 || from_err.descriptor() >= 0) {
    const int interrupts = g_interrupts;
    if (interrupts > 1 && !end.ended_at_once) {
      end.ended_at_once = true;
      kill(child, SIGTERM);
    } else if (interrupts == 1 && !told && events.can_stop()) {
      told = true;
      kill(child, kStopRanks);
    }
    // Wakes now and then: a signal may come between the look above and the wait.
    pollfd wait[] = {{from_out.descriptor(), POLLIN, 0}, {from_err.descriptor(), POLLIN, 0}};
    if (poll(wait, 2, 200) <= 0) continue;
    if (wait[0].revents != 0) from_out.Read(events);
    if (wait[1].revents != 0) from_err.Read(events);
  }
  int status = 0;
  while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  end.code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  return end;
}

}  // namespace tritwise
