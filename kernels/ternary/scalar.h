// Ternary products in plain C++, byte by byte, for a CPU without vectors or an operating system.
//
// A byte is taken apart once, and four weight rows share each activation that is loaded. The reference
// (kernels/ternary/reference.h) looks for every trit on its own and is many times slower; both give the same integers.
// Needs the freestanding headers alone.
#pragma once

#include <cstddef>
#include <cstdint>

#include "format/ternary_layout.h"

namespace tritwise::kernels::scalar {

// op(field, code 0..2; t2 also 3) for each trit of a byte.
template <Storage kStorage, class Op>
inline void ForFieldsOfByte(unsigned byte, Op op) {
  static_assert(kStorage == Storage::kT2 || kStorage == Storage::kT5);
  for (size_t f = 0; f < TritsPerByte(kStorage); ++f) {
    if constexpr (kStorage == Storage::kT2) {
      op(f, static_cast<int32_t>(byte >> (2 * f) & 3));
    } else {
      byte = 3 * (byte & 0xFF);
      op(f, static_cast<int32_t>(byte >> 8));
    }
  }
}

// The four rows of one block with the columns of chunks [chunk_begin, chunk_end). `q` and `q_sum`, its sum, are of
// these columns.
template <Storage kStorage>
inline void SumBlock(const uint8_t* block, const TernaryGeometry& g, size_t chunk_begin, size_t chunk_end,
                     const int8_t* q, int32_t q_sum, int32_t (&sums)[kTernaryBlockRows]) {
  const uint8_t* codes = block + chunk_begin * kTernaryBlockRows * kTernaryChunkBytes;
  int32_t total[kTernaryBlockRows] = {};
  for (size_t chunk = chunk_begin; chunk < chunk_end; ++chunk) {
    const size_t bytes = g.chunk_bytes(chunk);
    for (size_t j = 0; j < bytes; ++j) {
      for (size_t r = 0; r < kTernaryBlockRows; ++r) {
        ForFieldsOfByte<kStorage>(codes[r * bytes + j],
                                  [&](size_t f, int32_t code) { total[r] += code * q[f * bytes + j]; });
      }
    }
    codes += kTernaryBlockRows * bytes;
    q += TritsPerByte(kStorage) * bytes;
  }
  for (size_t r = 0; r < kTernaryBlockRows; ++r) sums[r] = total[r] - q_sum;
}

}  // namespace tritwise::kernels::scalar
