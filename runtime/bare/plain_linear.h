// Linears with f32, f16, int8, int6, int4 or ternary weights of groups of columns: one struct for each way to multiply.
#pragma once

#include "kernels/grouped/reference.h"
#include "kernels/linear/reference.h"
#include "kernels/ternary/reference.h"
#include "kernels/ternary/scalar.h"
#include "runtime/bare/rounding.h"

namespace tritwise::bare {

// Weight: float or uint16_t (binary16).
template <class Weight>
struct FloatLinear {
  const Weight* weight = nullptr;
  size_t rows = 0;
  size_t cols = 0;
  const float* bias = nullptr;
  const float* x = nullptr;
  float* y = nullptr;
};

inline void Run(const FloatLinear<float>& op) {
  kernels::reference::LinearF32(kFused, op.weight, op.cols, op.x, 0, op.rows, op.y);
  if (op.bias != nullptr) kernels::reference::AddRow(op.y, op.bias, op.rows, op.y);
}

inline void Run(const FloatLinear<uint16_t>& op) {
  kernels::reference::LinearF16(kFused, op.weight, op.cols, op.x, 0, op.rows, op.y);
  if (op.bias != nullptr) kernels::reference::AddRow(op.y, op.bias, op.rows, op.y);
}

struct Int8Linear {
  Rounding input;
  const int8_t* weight = nullptr;
  size_t rows = 0;
  const float* scales = nullptr;  // [rows]
  const float* bias = nullptr;
  float* y = nullptr;
};

inline void Run(const Int8Linear& op) {
  const RoundedRow row = Round(op.input);
  const size_t cols = op.input.cols;
  for (size_t n = 0; n < op.rows; ++n) {
    int32_t sum = 0;
    kernels::reference::LinearI8(op.weight + n * cols, cols, row.q, 0, 1, &sum);
    kernels::reference::ScaleSums(&sum, 1, row.step, op.scales + n, 1, op.bias == nullptr ? nullptr : op.bias + n,
                                  op.y + n);
  }
}

struct NarrowLinear {
  Rounding input;
  const uint8_t* data = nullptr;
  NarrowGeometry geometry;
  const float* bias = nullptr;
  float* y = nullptr;
};

inline void Run(const NarrowLinear& op) {
  const RoundedRow row = Round(op.input);
  kernels::reference::LinearNarrow(op.data, op.geometry, row.q, row.step, op.bias, op.y);
}

struct GroupedTernaryLinear {
  Rounding input;
  const uint8_t* codes = nullptr;
  TernaryGeometry geometry;
  size_t group_cols = 0;          // whole chunks
  const float* scales = nullptr;  // [groups, rows]
  const float* bias = nullptr;
  float* y = nullptr;
};

template <Storage kStorage>
void Run(const GroupedTernaryLinear& op) {
  const RoundedRow row = Round(op.input);
  const TernaryGeometry& g = op.geometry;
  const size_t group_chunks = op.group_cols / TernaryChunkCols(kStorage);
  for (size_t n = 0; n < g.rows; ++n) op.y[n] = 0.0f;
  for (size_t begin = 0; begin < g.chunks(); begin += group_chunks) {
    const size_t end = g.chunks() - begin < group_chunks ? g.chunks() : begin + group_chunks;
    const size_t first = begin * TernaryChunkCols(kStorage);
    const size_t stop = end == g.chunks() ? g.padded_cols : end * TernaryChunkCols(kStorage);
    int32_t q_sum = 0;
    for (size_t k = first; k < stop; ++k) q_sum += row.q[k];
    const float* scales = op.scales + first / op.group_cols * g.rows;
    for (size_t block = 0; block < g.blocks; ++block) {
      int32_t sums[kTernaryBlockRows];
      kernels::scalar::SumBlock<kStorage>(op.codes + block * g.block_bytes(), g, begin, end, row.q + first, q_sum,
                                          sums);
      const size_t n = block * kTernaryBlockRows;
      const size_t count = g.rows - n < kTernaryBlockRows ? g.rows - n : kTernaryBlockRows;
      kernels::reference::AddScaledSums(sums, count, scales + n, op.y + n);
    }
  }
  kernels::reference::FinishRow(g.rows, row.step, op.bias, op.y);
}

}  // namespace tritwise::bare
