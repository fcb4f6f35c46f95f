// Reading and multiplying as scalar code: the definition that every target equals exactly.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>

#include "kernels/limits/limits.h"

namespace tritwise::kernels::reference {

inline uint64_t ReadSum(const uint8_t* bytes, size_t size) {
  uint64_t sum = 0;
  for (size_t i = 0; i < size; i += sizeof(uint64_t)) {
    uint64_t word = 0;
    std::memcpy(&word, bytes + i, sizeof(word));
    sum += word;
  }
  return sum;
}

inline uint32_t DotPeak(const uint8_t* codes, const int8_t* q, size_t rounds) {
  uint32_t sum = 0;
  for (size_t round = 0; round < rounds; ++round) {
    const int8_t* rows = q + round % kDotTurns * kDotRows * kDotRowBytes;
    for (size_t code = 0; code < kDotCodes; ++code) {
      for (size_t row = 0; row < kDotRows; ++row) {
        for (size_t i = 0; i < kDotRowBytes; ++i) {
          sum += static_cast<uint32_t>(int32_t{codes[code * kDotRowBytes + i]} * int32_t{rows[row * kDotRowBytes + i]});
        }
      }
    }
  }
  return sum;
}

}  // namespace tritwise::kernels::reference
