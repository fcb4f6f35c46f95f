// How fast a model loads, reads prompts and decodes, in how much memory, and which share of the machine's limits that
// is.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "tools/bench/bench.h"
#include "tools/bench/limits.h"

namespace tritwise {

struct PrefillSpeed {
  int threads = 1;
  Rate tokens_per_s;
};

struct DecodeSpeed {
  int threads = 1;
  size_t batch = 1;
  int64_t context = 0;  // positions in the cache before
  Rate tokens_per_s;    // of all sequences together
};

// Measured in turns with the limit, most threads.
struct DecodeShare {
  size_t rounds = 0;
  uint64_t bytes_a_token = 0;  // weights, head and cache
  double tokens_per_s = 0.0;
  double read_bytes_per_s = 0.0;
  double share = 0.0;
};

struct OperationTime {
  std::string kind;
  double seconds = 0.0;  // of a prefill, median
};

struct PrefillShare {
  size_t rounds = 0;
  double operations = 0.0;  // of the ternary products of a prefill
  double dot_operations_per_s = 0.0;
  double ternary_seconds = 0.0;  // rounding of activations and scaling of sums included
  double whole_seconds = 0.0;
  std::optional<double> share;  // none where nothing is ternary
  std::optional<double> share_whole;
  std::vector<OperationTime> by_kind;  // longest first
};

// Seconds from nothing to the first token: loading, planning, a short prompt. Medians.
struct StartTime {
  bool from_disk = false;  // the file was in memory otherwise
  bool checked = false;    // checksums of the weights
  double seconds = 0.0;
  size_t repetitions = 0;
};

struct ModelSpeed {
  std::string target;
  std::vector<std::string> kernels;  // by operation, each choice once
  size_t prompt_tokens = 0;
  Rate loads_per_s;            // with checksums of the weights (unless told not to)
  Rate unchecked_loads_per_s;  // without
  Rate first_tokens_per_s;     // from a loaded model: plan, session, prompt
  std::vector<StartTime> starts;
  size_t start_tokens = 0;            // of the prompt of `starts`
  double kept_in_memory = 0.0;        // share of the file's pages that the system did not forget: no start is from disk
  std::vector<PrefillSpeed> prefill;  // most threads first
  std::vector<DecodeSpeed> decode;    // the first: most threads, one sequence, first context
  DecodeShare decode_share;
  PrefillShare prefill_share;
  std::vector<std::pair<std::string, uint64_t>> memory;  // bytes by part
};

// Throws Error where the model cannot be loaded or measured, before anything takes its time.
void CheckModel(const BenchModelFlags& flags);
ModelSpeed MeasureModel(const BenchModelFlags& flags, Limits& limits);

}  // namespace tritwise
