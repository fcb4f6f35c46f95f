// Products of quantised activations with ternary matrices: sums of added, subtracted and skipped
// activations, exact in int32. Definition: kernels/ternary/reference.h; layouts: format/ternary_layout.h.
#pragma once

#include <cstddef>
#include <cstdint>

#include "format/ternary_layout.h"

namespace tritwise::kernels {

// One row of activations q[padded_cols] with the row blocks [block_begin, block_end) of the matrix: row r of block b
// is sums[(b - block_begin) * block_rows + r], with all rows of a block even where the matrix has fewer. `q_sum` is
// the sum of q. Any byte is a safe weight; code 3 in t2 counts as +2, an index beyond 8 in lut as two zeros.
using TernaryRowT2Fn = void (*)(const uint8_t* codes, const TernaryGeometry& geometry, const int8_t* q, int32_t q_sum,
                                size_t block_begin, size_t block_end, int32_t* sums);
using TernaryRowT5Fn = TernaryRowT2Fn;
using TernaryRowLutFn = TernaryRowT2Fn;
// By additions and subtractions alone (kernels.inc: alternatives).
using TernaryRowT2MaskFn = TernaryRowT2Fn;
using TernaryRowT5MaskFn = TernaryRowT5Fn;

// The same for `rows` rows of activations: row m is q + m*q_stride (bytes) with sum q_sums[m], its result
// sums + m*sums_stride (int32s). Same integers as calling the one-row kernel for each row. Nothing need be
// aligned, but where q and q_stride are multiples of 64 many rows are up to twice as fast (AVX-512).
using TernaryRowsT2Fn = void (*)(const uint8_t* codes, const TernaryGeometry& geometry, const int8_t* q,
                                 size_t q_stride, const int32_t* q_sums, size_t rows, size_t block_begin,
                                 size_t block_end, int32_t* sums, size_t sums_stride);
using TernaryRowsT5Fn = TernaryRowsT2Fn;
using TernaryRowsLutFn = TernaryRowsT2Fn;
using TernaryRowsT2MaskFn = TernaryRowsT2Fn;
using TernaryRowsT5MaskFn = TernaryRowsT5Fn;

// Blocks that are best asked for at a time: their sums stay in the first-level cache until they are scaled (32 KiB),
// but of many rows they are so many that activations are not read again for every few weights (lut has larger blocks,
// whose tables of activations take long to make). The sums of them all never get fewer with more rows.
inline size_t TernaryTileSums(const TernaryGeometry& geometry, size_t rows) {
  const size_t least = rows * geometry.block_rows * (geometry.storage == Storage::kLut ? 32 : 16);
  return least < 8192 ? 8192 : least;
}
inline size_t TernaryTileBlocks(const TernaryGeometry& geometry, size_t rows) {
  return TernaryTileSums(geometry, rows) / (rows * geometry.block_rows);
}

// y[n] = float(sums[n]) * (step * scale[n * scale_stride]) + bias[n]; scale_stride 0: one scale for all; bias may be
// null. The product of the two scales is rounded to f32 once, then multiplied; the bias is added last.
using ScaleSumsFn = void (*)(const int32_t* sums, size_t n, float step, const float* scale, size_t scale_stride,
                             const float* bias, float* y);

}  // namespace tritwise::kernels
