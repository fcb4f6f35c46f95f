// A load test of a server: many clients from one thread, for a number of requests or a time.
//
// Closed loop: each client asks as soon as it was answered, so that as many requests are under way as there are
// clients. Open loop: requests arrive at a rate whatever the server does, and wait for a free client where there is
// none; their times count from the arrival, so that a server that stands still does not also stop the clock.
#pragma once

#include <deque>
#include <memory>
#include <set>
#include <utility>
#include <vector>

#include "tools/bench/load/load_client.h"
#include "tools/bench/load/load_tally.h"
#include "tools/bench/load/readiness.h"
#include "tools/bench/load/server_watch.h"
#include "tools/bench/load/workload.h"

namespace tritwise {

struct LoadOptions {
  WorkloadOptions work;
  size_t clients = 8;
  double slow = 0.0;          // share of the clients that read slowly
  uint64_t requests = 0;      // in all; 0: no limit
  double seconds = 0.0;       // in which requests are begun; 0: no limit
  double patience_s = 300.0;  // for a request to end
};

struct LoadResult {
  Json model;  // as the server describes it
  LoadTally tally;
  double seconds = 0.0;      // from the first request to the last reply
  double load_cpu_s = 0.0;   // of this process
  uint64_t repetitions = 0;  // of requests whose connection broke
  bool interrupted = false;
  Json server;
  std::vector<ServerSample> samples;
};

struct LoadProgress {
  double seconds = 0.0;
  const LoadTally& tally;
  const ServerSample& server;
};

class LoadRun {
 public:
  // Connects to the server; throws Error where it does not answer.
  LoadRun(ClientOptions client, const LoadOptions& options);

  // `progress` is called now and then; where it returns false the test ends at once.
  template <class Progress>
  LoadResult Run(const Progress& progress) {
    Begin();
    while (Step()) {
      if (progress(LoadProgress{Seconds(), tally_, watch_.samples().back()})) continue;
      interrupted_ = true;
      break;
    }
    return End();
  }

 private:
  using Time = Clock::time_point;

  void Begin();
  // Waits for something to happen and does what follows. False when all is over.
  bool Step();
  LoadResult End();

  double Seconds() const { return std::chrono::duration<double>(Clock::now() - begin_).count(); }
  bool MayBegin(Time now) const;
  void Arrive(Time now);
  void BeginOn(size_t client, const PlannedRequest& request, Time arrival);
  void Advance(size_t client);
  Time NextArrival() const;

  LoadOptions options_;
  ClientOptions client_options_;
  ServerWatch watch_;
  Json model_;
  Workload workload_;
  LoadTally tally_;
  std::vector<std::unique_ptr<LoadClient>> clients_;
  Readiness readiness_;  // the one behind the clients is watch_

  std::set<std::pair<Time, size_t>> timers_;  // one for each client
  std::vector<Time> timer_of_;
  std::deque<size_t> free_;
  std::deque<std::pair<PlannedRequest, Time>> arrived_;  // and no client was free
  uint64_t planned_ = 0;
  Time begin_ = {};
  Time next_arrival_ = {};
  double cpu_before_s_ = 0.0;
  bool interrupted_ = false;
};

}  // namespace tritwise
