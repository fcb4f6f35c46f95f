// What the clients of a load test ask, and when: the same for the same seed on every machine.
#pragma once

#include <chrono>
#include <cstdint>
#include <random>
#include <string>

#include "tools/output.h"

namespace tritwise {

struct WorkloadOptions {
  std::string model;           // empty: the only one
  std::string text;            // the prompt of every request; empty: random ids
  int64_t prompt_tokens = 32;  // of those
  int64_t prompts = 16;        // different ones, taken at random
  double shared = 0.0;         // share of their tokens, from the first on, that is the same in all
  int64_t max_tokens = 64;
  double temperature = 0.0;
  double cancel = 0.0;  // share of requests
  double rate = 0.0;    // arrivals a second; 0: a client asks when it was answered
  uint64_t seed = 1;
};

enum class Fate : uint8_t {
  kRead,
  kCancelledSoon,  // after a time in which it mostly waits for its turn
  kCancelledLater  // when its first token is there, or has not come for too long
};

struct PlannedRequest {
  size_t prompt = 0;
  Fate fate = Fate::kRead;
  std::chrono::milliseconds cancel_after{0};
};

class Workload {
 public:
  // `vocabulary`: ids are below it.
  Workload(const WorkloadOptions& options, int64_t vocabulary);

  PlannedRequest Next();
  // Seconds from an arrival to the next, of arrivals that do not know of each other (Poisson's).
  double NextGap_s();
  // The request's JSON: the same for the same prompt.
  Json Request(size_t prompt) const;

  const WorkloadOptions& options() const { return options_; }

 private:
  WorkloadOptions options_;
  int64_t vocabulary_;
  std::mt19937_64 requests_;
  std::mt19937_64 arrivals_;
};

}  // namespace tritwise
