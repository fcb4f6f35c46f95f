// A ternary linear: round the row, add and subtract activations, scale; a block of rows at a time, so that sums need
// no buffer.
#pragma once

#include "kernels/ternary/reference.h"
#include "kernels/ternary/scalar.h"
#include "runtime/bare/observer.h"
#include "runtime/bare/rounding.h"

namespace tritwise::bare {

struct TernaryLinear {
  Rounding input;
  const uint8_t* codes = nullptr;
  TernaryGeometry geometry;
  const float* scale = nullptr;
  size_t scale_stride = 0;  // 0: one scale for all outputs
  const float* bias = nullptr;
  float* y = nullptr;
};

template <Storage kStorage>
void Run(const TernaryLinear& op, SumsObserver observe) {
  const RoundedRow row = Round(op.input);
  const TernaryGeometry& g = op.geometry;
  for (size_t block = 0; block < g.blocks; ++block) {
    int32_t sums[TernaryBlockRows(kStorage)];
    if constexpr (kStorage == Storage::kLut) {
      kernels::reference::TernaryRow(op.codes, g, row.q, block, block + 1, sums);
    } else {
      kernels::scalar::SumBlock<kStorage>(op.codes + block * g.block_bytes(), g, 0, g.chunks(), row.q, row.sum, sums);
    }
    const size_t n = block * g.block_rows;
    const size_t count = g.rows - n < g.block_rows ? g.rows - n : g.block_rows;
    if (observe != nullptr) observe(sums, count);
    kernels::reference::ScaleSums(sums, count, row.step, op.scale + n * op.scale_stride, op.scale_stride,
                                  op.bias == nullptr ? nullptr : op.bias + n, op.y + n);
  }
}

}  // namespace tritwise::bare
