// What `inspect` computes of a model file's tensors and memory. Neither exceptions nor streams: the minimal command has
// none.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "format/chat_template.h"
#include "format/model_file.h"
#include "tritwise/memory.h"
#include "tritwise/status.h"

namespace tritwise {

// Shares of -1, 0 and +1 among a ternary tensor's weights, padding not counted.
Result<std::array<double, 3>> TritShares(const TensorSpec& spec, const TensorData& data);

// Fails where bytes that only fill up are not what a packer writes.
Status CheckPadding(const TensorSpec& spec, const TensorData& data);

double BitsAWeight(const TensorSpec& spec);

// All ternary matrices together.
struct TernaryTotal {
  uint64_t weights = 0;
  uint64_t bytes = 0;  // padding included

  explicit TernaryTotal(const Graph& graph);
  double bits_a_weight() const {
    return weights == 0 ? 0.0 : 8.0 * static_cast<double>(bytes) / static_cast<double>(weights);
  }
};

// A chat template in one line: user "<|user|>\n" ... "\n", and so on.
std::string ChatLine(const ChatTemplate& chat);

// The parts in the order in which they are shown.
std::vector<std::pair<std::string, uint64_t>> MemoryParts(const MemoryReport& m, uint64_t cache);

}  // namespace tritwise
