// What `tritwise launch` and the ranks that it starts tell each other. mpirun passes on an environment
// variable, one signal, and lines on standard error: enough, and they reach other hosts too.
#pragma once

#include <csignal>

namespace tritwise {

// In a rank's environment: the command up to "--" that started it, to be typed again.
inline constexpr const char* kLaunchVariable = "TRITWISE_LAUNCH";

// Begins a rank's line that is for the launcher only: "host NAME" when it has started and would notice the
// signal below, "checkpoint STEP FILE" when that is written.
inline constexpr const char* kLaunchNote = "tritwise-launch-note: ";

// Save and stop. mpirun hands this one on, while SIGINT and SIGTERM make it end the ranks at once.
inline constexpr int kStopRanks = SIGUSR1;

}  // namespace tritwise
