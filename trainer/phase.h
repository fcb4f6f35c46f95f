// Where a run stands between 16-bit and 1.58-bit: what the executor must know of the recipe at one step.
#pragma once

#include <cstdint>

#include "trainer/quantiser.h"

namespace tritwise {

struct Phase {
  bool ternary = false;   // false: linears are plain 16-bit ones, without the ternary linear's norm
  float strength = 1.0f;  // of the quantisation, in [0, 1]; 1: codes are integers
  WeightMeasure measure = WeightMeasure::kAbsMean;
  Rounding rounding = Rounding::kNearest;
  uint64_t seed = 0;  // of stochastic rounding, whose numbers are drawn by
  int64_t step = 0;   // seed, step, tensor and place
};

// How the float parts of a network are computed.
enum class Precision : uint8_t {
  kTraining,  // 16-bit products everywhere, embedding and head from the master weights
  kExported,  // as the .trit file defines it: exact integer sums, embedding and head as stored, f32 elsewhere
};

}  // namespace tritwise
