// How a command that trains runs as one of several processes: rank 0 does the work of the command, the others
// join the runs that it begins.
#pragma once

#include <atomic>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>

#include "trainer/distributed/communicator.h"
#include "trainer/run.h"

namespace tritwise {

// What runs of this process have in common: threads, ranks, where Ctrl-C is noticed, who hears of checkpoints.
struct RankSession {
  Communicator* ranks = &OneRank();
  int threads = 1;
  const std::atomic<bool>* stop = nullptr;

  void Fill(RunOptions& options) const;
  // What to type before `train` or `study` to go on in the same way: "tritwise", or "tritwise launch -n 2 --".
  std::string Command() const;
};

// Calls `body` in rank 0, and in the others follows it. `threads`: 0 for the host's cores, shared among its ranks.
// From here on Ctrl-C, SIGTERM and, from `tritwise launch`, SIGUSR1 only set the session's flag; the second
// ends the program at once.
void WithRanks(int threads, const std::function<void(const RankSession&)>& body);

}  // namespace tritwise
