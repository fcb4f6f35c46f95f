#include "tools/ranks.h"

#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <thread>

#include "tools/commands.h"
#include "tools/interrupt.h"
#include "tools/launch/signals.h"
#include "tools/wait_policy.h"
#include "trainer/distributed/follow.h"

namespace tritwise {
namespace {

std::atomic<bool> g_stop = false;

void Stop(int signal) {
  g_stop = true;
  std::signal(signal, SIG_DFL);
}

int SharedCores(const Communicator& ranks) {
  return std::max(1, static_cast<int>(std::thread::hardware_concurrency()) / ranks.local_ranks());
}

// To the launcher, where there is one: a line on standard error that it does not show.
void Tell(const std::string& what) {
  if (std::getenv(kLaunchVariable) != nullptr) std::fprintf(stderr, "%s%s\n", kLaunchNote, what.c_str());
}

void TellHost() {
  char host[256] = {};
  gethostname(host, sizeof(host) - 1);
  Tell(std::string("host ") + host);
}

}  // namespace

void RankSession::Fill(RunOptions& options) const {
  options.ranks = ranks;
  options.threads = threads;
  options.stop = stop;
  const std::string checkpoint = CheckpointPath(options.folder).string();
  if (ranks->is_first()) {
    options.saved = [=](int64_t step) { Tell("checkpoint " + std::to_string(step) + " " + checkpoint); };
  }
}

std::string RankSession::Command() const {
  const char* launch = std::getenv(kLaunchVariable);
  return launch != nullptr ? launch : "tritwise";
}

void WithRanks(int threads, const std::function<void(const RankSession&)>& body) {
  WaitBySleeping();
  for (const int signal : {SIGINT, SIGTERM, kStopRanks}) std::signal(signal, Stop);
  RankSession session;
  session.ranks = &StartedAmong();
  session.threads = threads != 0 ? threads : SharedCores(*session.ranks);
  session.stop = &g_stop;
  TellHost();
  bool interrupted = false;
  try {
    if (session.ranks->is_first()) {
      try {
        body(session);
      } catch (const Interrupted&) {
        interrupted = true;
      }
      AnnounceEnd(*session.ranks);
    } else {
      RunOptions options;
      session.Fill(options);
      FollowRuns(options);
    }
  } catch (const std::exception&) {
    // What every rank finds wrong, rank 0 says; mpirun then ends the others before they say it too.
    if (!session.ranks->is_first()) std::this_thread::sleep_for(std::chrono::milliseconds(500));
    throw;
  }
  session.ranks->Close();
  if (interrupted) throw Interrupted();
}

}  // namespace tritwise
