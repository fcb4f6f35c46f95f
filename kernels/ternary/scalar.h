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

// One sum and one weight byte for each row of a block: names, because arrays end up in memory.
struct BlockSums {
  int32_t row0 = 0;
  int32_t row1 = 0;
  int32_t row2 = 0;
  int32_t row3 = 0;
};
struct BlockBytes {
  unsigned row0 = 0;
  unsigned row1 = 0;
  unsigned row2 = 0;
  unsigned row3 = 0;
};

// Trit number kField of a byte as its code, 0..2; t2 also 3. Of t5 fields are taken in order: `byte` is what is left.
template <Storage kStorage, size_t kField>
inline int32_t TakeCode(unsigned& byte) {
  static_assert(kStorage == Storage::kT2 || kStorage == Storage::kT5);
  if constexpr (kStorage == Storage::kT2) return static_cast<int32_t>(byte >> (2 * kField) & 3);
  byte = 3 * (byte & 0xFF);
  return static_cast<int32_t>(byte >> 8);
}

// Fields kField and up of a byte of each row. Every step is written out by the compiler: loops over four or five
// trits cost as much again as the sums.
template <Storage kStorage, size_t kField = 0>
inline void AddFields(BlockBytes bytes, const int8_t* q, size_t stride, BlockSums& sums) {
  const int32_t activation = *q;
  sums.row0 += TakeCode<kStorage, kField>(bytes.row0) * activation;
  sums.row1 += TakeCode<kStorage, kField>(bytes.row1) * activation;
  sums.row2 += TakeCode<kStorage, kField>(bytes.row2) * activation;
  sums.row3 += TakeCode<kStorage, kField>(bytes.row3) * activation;
  if constexpr (kField + 1 < TritsPerByte(kStorage)) AddFields<kStorage, kField + 1>(bytes, q + stride, stride, sums);
}

// One chunk of a block: `bytes` of each row, `stride` apart, with activations whose fields are q_stride apart.
template <Storage kStorage>
inline void AddChunk(const uint8_t* codes, size_t stride, size_t bytes, const int8_t* q, size_t q_stride,
                     BlockSums& sums) {
  for (size_t j = 0; j < bytes; ++j) {
    const uint8_t* at = codes + j;
    AddFields<kStorage>({at[0], at[stride], at[2 * stride], at[3 * stride]}, q + j, q_stride, sums);
  }
}

// Codes are trits + 1: the sum of the activations comes off.
inline void StoreSums(const BlockSums& total, int32_t q_sum, int32_t* sums) {
  sums[0] = total.row0 - q_sum;
  sums[1] = total.row1 - q_sum;
  sums[2] = total.row2 - q_sum;
  sums[3] = total.row3 - q_sum;
}

// The four rows of one block with the columns of chunks [chunk_begin, chunk_end). `q` and `q_sum`, its sum, are of
// these columns.
template <Storage kStorage>
inline void SumBlock(const uint8_t* block, const TernaryGeometry& g, size_t chunk_begin, size_t chunk_end,
                     const int8_t* q, int32_t q_sum, int32_t (&sums)[kTernaryBlockRows]) {
  const uint8_t* codes = block + chunk_begin * kTernaryBlockRows * kTernaryChunkBytes;
  BlockSums total;
  for (size_t chunk = chunk_begin; chunk < chunk_end; ++chunk) {
    const size_t bytes = g.chunk_bytes(chunk);
    AddChunk<kStorage>(codes, bytes, bytes, q, bytes, total);
    codes += kTernaryBlockRows * bytes;
    q += TritsPerByte(kStorage) * bytes;
  }
  StoreSums(total, q_sum, sums);
}

}  // namespace tritwise::kernels::scalar
