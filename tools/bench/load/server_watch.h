// What the server says of itself during a load test: `stats`, over its control socket, again and again.
//
// Counters become sums over the test, also where the server is another one in between. The curve keeps a bounded number
// of samples: when there are too many, every second one goes and they are taken half as often.
#pragma once

#include <string>
#include <vector>

#include "tools/bench/load/percentiles.h"
#include "tools/client/client.h"

namespace tritwise {

// At a moment.
struct ServerSample {
  double time_s = 0.0;  // since the test began
  uint64_t tokens = 0;  // that the clients had received
  double running = 0.0;
  double waiting = 0.0;
  double resident_bytes = 0.0;
};

class ServerWatch {
 public:
  explicit ServerWatch(const ClientOptions& options) : client_(options) {}

  // What there is to know before the test; throws Error where nobody answers. `model`: empty for the only one.
  Json Model(const std::string& model);

  void Begin(Clock::time_point begin);
  // `tokens`: that the clients have received.
  void Advance(uint64_t tokens);
  Clock::time_point next() const;
  // The last sample, in which it waits for the answer.
  void End(uint64_t tokens);

  std::vector<int> descriptors() const { return client_.descriptors(); }
  const std::vector<ServerSample>& samples() const { return samples_; }
  // Steps, rows a step, share of the time in which it computed, memory, by name; `seconds`: of the test.
  Json AsJson(double seconds) const;

 private:
  static constexpr size_t kMostSamples = 1200;

  void Take(const Json& stats, uint64_t tokens, Clock::time_point now);

  Client client_;
  Clock::time_point begin_ = {};
  Clock::time_point next_ = {};
  Milliseconds interval_{500};
  std::string asked_;  // id of the question under way
  Clock::time_point asked_at_ = {};
  Json last_;  // stats
  std::map<std::string, double> sums_;
  uint64_t restarts_ = 0;
  Percentiles reply_;  // milliseconds
  std::vector<ServerSample> samples_;
};

// Of each quarter of the samples the median: whether memory still grows when all that is needed has been there.
std::vector<double> ResidentByQuarter(const std::vector<ServerSample>& samples);

}  // namespace tritwise
