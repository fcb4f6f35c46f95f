// Which ternary codes the weights had when they were last looked at: how much of a network changes its mind.
//
// Two bits a weight. Part of a checkpoint, so that a resumed run reports the same numbers.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace tritwise {

class CodeHistory {
 public:
  // Share of `codes` (-1, 0, +1) that differ from what was given at the same place last time; these are kept
  // from then on. Places are counted in weights from the beginning. Nothing there yet: not a number.
  double Exchange(size_t begin, std::span<const int8_t> codes);

  std::vector<uint8_t>& packed() { return packed_; }
  const std::vector<uint8_t>& packed() const { return packed_; }

 private:
  std::vector<uint8_t> packed_;  // code + 1, four a byte; 3: not known
};

}  // namespace tritwise
