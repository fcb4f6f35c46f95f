// Ternary products as scalar code: the definition that every target equals exactly.
//
// TritAt() is the layout of format/ternary_layout.h read backwards, one trit at a time; the product then
// adds, subtracts or skips activations. (Code 3 of t2 is never written, but any byte must be safe: it
// counts as +2. Indices beyond 8 of lut count as two zeros.)
#pragma once

#include <cstddef>
#include <cstdint>

#include "format/ternary_layout.h"

namespace tritwise::kernels::reference {

// The byte that holds (row, col), and which of its trits.
struct TritPlace {
  size_t byte = 0;
  size_t field = 0;
};

inline TritPlace PlaceOf(const TernaryGeometry& g, size_t row, size_t col) {
  if (g.storage == Storage::kLut) {
    const LutPlace pair = PlaceOfPair(g, row, col);
    return {pair.byte, pair.shift / 2 + col % 2};
  }
  const size_t fields = TritsPerByte(g.storage);
  const size_t chunk_cols = kTernaryChunkBytes * fields;
  const size_t chunk = col / chunk_cols;
  const size_t chunk_bytes = g.chunk_bytes(chunk);
  const size_t in_chunk = col % chunk_cols;
  const size_t block_start = row / kTernaryBlockRows * g.block_bytes();
  const size_t chunk_start = chunk * kTernaryChunkBytes * kTernaryBlockRows;
  const size_t row_start = row % kTernaryBlockRows * chunk_bytes;
  return {block_start + chunk_start + row_start + in_chunk % chunk_bytes, in_chunk / chunk_bytes};
}

// Trit number `field` of a byte: -1, 0, 1 (2 for code 3 of t2).
inline int TritOf(Storage storage, uint8_t byte, size_t field) {
  if (storage == Storage::kLut) {
    const TritPair pair = PairOfIndex(byte >> (field / 2 * 4) & 15);
    return field % 2 == 0 ? pair.first : pair.second;
  }
  if (storage == Storage::kT2) return ((byte >> (2 * field)) & 3) - 1;
  unsigned fraction = byte;  // of 256, in base 3
  for (size_t f = 0; f < field; ++f) fraction = 3 * fraction & 0xFF;
  return static_cast<int>(3 * fraction >> 8) - 1;
}

inline int TritAt(const uint8_t* codes, const TernaryGeometry& g, size_t row, size_t col) {
  const TritPlace place = PlaceOf(g, row, col);
  return TritOf(g.storage, codes[place.byte], place.field);
}

// Sums of all rows of the blocks [block_begin, block_end), counted from the first of them.
inline void TernaryRow(const uint8_t* codes, const TernaryGeometry& g, const int8_t* q, size_t block_begin,
                       size_t block_end, int32_t* sums) {
  for (size_t row = block_begin * g.block_rows; row < block_end * g.block_rows; ++row, ++sums) {
    *sums = 0;
    for (size_t col = 0; col < g.padded_cols; ++col) *sums += TritAt(codes, g, row, col) * q[col];
  }
}

inline void ScaleSums(const int32_t* sums, size_t n, float step, const float* scale, size_t scale_stride,
                      const float* bias, float* y) {
  for (size_t i = 0; i < n; ++i) {
    y[i] = static_cast<float>(sums[i]) * (step * scale[i * scale_stride]);
    if (bias != nullptr) y[i] = y[i] + bias[i];
  }
}

}  // namespace tritwise::kernels::reference
