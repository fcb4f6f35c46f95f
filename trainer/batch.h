// What a network is trained or scored on at once: rows, which sequences they form, and their targets.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace tritwise {

// Sequences of rows, one after the other. A network whose rows are independent has sequences too: they
// are just the pieces that a batch is split at.
struct TrainBatch {
  std::vector<int32_t> tokens;        // one id a row; or
  std::vector<float> features;        // rows * width floats
  std::vector<int32_t> targets;       // one class or next token a row
  std::vector<size_t> sequence_rows;  // adds up to targets.size()

  size_t rows() const { return targets.size(); }
};

}  // namespace tritwise
