// Runs mpirun as a child: its lines as they come, and Ctrl-C as a wish to save and stop.
//
// mpirun would answer Ctrl-C by ending all ranks within a second, so it runs in a process group of its own
// and gets another signal (signals.h), which it hands on. A second Ctrl-C ends everything at once; so does the
// end of this process.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace tritwise {

struct ProcessEvents {
  std::function<void(std::string_view line)> line;  // of standard output or error, without its end
  std::function<bool()> can_stop;                   // whether the signal to stop would be understood yet
};

struct ProcessEnd {
  int code = 0;                // exit code, or 128 + signal
  bool ended_at_once = false;  // by a second Ctrl-C
};

// Throws Error where the program cannot be started.
ProcessEnd RunProcess(const std::vector<std::string>& command, const ProcessEvents& events);

}  // namespace tritwise
