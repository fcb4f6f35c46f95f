// How fast a model reads a prompt and decodes, and in how much memory.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "tools/bench/measure.h"
#include "tritwise/model.h"
#include "tritwise/plan_options.h"
#include "tritwise/status.h"

namespace tritwise::minimal {

struct SpeedOptions {
  PlanOptions plan;
  std::vector<int64_t> threads;  // the first is that of the memory
  int64_t prompt = 512;          // tokens of a prefill, as far as the context goes
  int64_t decoded = 0;           // tokens at a time; 0: about half a second's
};

struct Speed {
  int64_t threads = 1;
  Rate prefill;  // tokens, or rows of features, a second
  Rate decode;   // one sequence
};

struct ModelSpeed {
  std::string target;
  int64_t context = 0;  // positions in the cache before decoding
  std::vector<Speed> by_threads;
  std::vector<std::pair<std::string, uint64_t>> memory;  // bytes by part
};

// Fails also where a prompt in one pass and token by token do not give the same logits to the bit.
Result<ModelSpeed> MeasureModel(const std::shared_ptr<const Model>& model, const SpeedOptions& options);

}  // namespace tritwise::minimal
