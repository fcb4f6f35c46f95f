// What the server computes, and what comes of it: plain data between the sockets and the engine. The protocol's words
// for it are docs/protocol.md's.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "tritwise/sampler.h"

namespace tritwise::serve {

using Clock = std::chrono::steady_clock;
using JobId = uint64_t;

inline double Seconds(Clock::duration time) { return std::chrono::duration<double>(time).count(); }
inline double Milliseconds(Clock::duration time) { return 1e3 * Seconds(time); }

inline constexpr int64_t kNoLimit = -1;

struct Generation {
  std::vector<int32_t> prompt;  // at least one id, below the context
  int32_t max_tokens = 128;
  SamplerOptions sampler;
  std::vector<std::string> stop;  // texts, none of them empty
  std::vector<int32_t> stop_ids;  // besides the vocabulary's end
  bool json = false;              // the text is one JSON value
  bool stream = true;             // false: one delta at the end
  int64_t credit = kNoLimit;      // deltas that may be given out
};

// Log-probabilities of ids[first] and all behind it, each after those before it.
struct Scoring {
  std::vector<int32_t> ids;  // at least two
  size_t first = 1;
};

// Scores of independent rows.
struct Classification {
  std::vector<float> features_bk;  // rows * input_width
  size_t rows = 0;
};

using Work = std::variant<Generation, Scoring, Classification>;

struct Job {
  JobId id = 0;
  Work work;
  Clock::time_point arrived = {};
  Clock::time_point deadline = Clock::time_point::max();
};

enum class Reason : uint8_t { kLength, kEnd, kStop, kContextFull, kCancelled, kDeadline };

struct Usage {
  size_t prompt_tokens = 0;
  size_t cached_tokens = 0;  // of them: not computed, because an earlier text began alike
  size_t tokens = 0;         // generated
  double queue_ms = 0.0;
  double prefill_ms = 0.0;
  double decode_ms = 0.0;
};

struct Delta {
  std::string text;  // whole characters
  std::vector<int32_t> ids;
};

// The last event of a job is one of the following.
struct Finished {
  Reason reason = Reason::kLength;
  Usage usage;
};

struct Scored {
  std::vector<double> logprobs;  // natural, of ids[first] on
};

struct Classified {
  std::vector<size_t> classes;
  std::vector<std::vector<float>> scores;
};

struct Failed {
  std::string message;
};

struct Event {
  JobId job = 0;
  std::variant<Delta, Finished, Scored, Classified, Failed> what;

  bool last() const { return what.index() != 0; }
};

}  // namespace tritwise::serve
