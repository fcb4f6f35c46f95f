// Products with plain weights as scalar code: the definition that every target equals bit for bit.
#pragma once

#include <cstddef>
#include <cstdint>

#include "format/narrow_layout.h"
#include "kernels/common/reference.h"

namespace tritwise::kernels::reference {

inline void LinearF32(bool fused, const float* w, size_t cols, const float* x, size_t row_begin, size_t row_end,
                      float* y) {
  for (size_t n = row_begin; n < row_end; ++n) {
    y[n] = Dot(
        fused, cols, [&](size_t k) { return x[k]; }, [&](size_t k) { return w[n * cols + k]; });
  }
}

inline void LinearF16(bool fused, const uint16_t* w, size_t cols, const float* x, size_t row_begin, size_t row_end,
                      float* y) {
  for (size_t n = row_begin; n < row_end; ++n) {
    y[n] = Dot(
        fused, cols, [&](size_t k) { return x[k]; }, [&](size_t k) { return FloatFromHalf(w[n * cols + k]); });
  }
}

inline void LinearI8(const int8_t* w, size_t cols, const int8_t* q, size_t row_begin, size_t row_end, int32_t* sums) {
  for (size_t n = row_begin; n < row_end; ++n) {
    int64_t sum = 0;
    for (size_t k = 0; k < cols; ++k) sum += int32_t{q[k]} * int32_t{w[n * cols + k]};
    sums[n] = static_cast<int32_t>(sum);
  }
}

// The f16 scale of a group of an int6 or int4 matrix, as f32.
inline float NarrowScale(const uint8_t* data, const NarrowGeometry& g, size_t row, size_t group) {
  const uint8_t* block = data + row / kNarrowBlockRows * g.block_bytes;
  const uint8_t* half = block + 2 * (group * kNarrowBlockRows + row % kNarrowBlockRows);
  return FloatFromHalf(static_cast<uint16_t>(half[0] | half[1] << 8));
}

// What element (row, k of the group) is to be multiplied by its scale.
inline int NarrowValue(const uint8_t* data, const NarrowGeometry& g, size_t row, size_t group, size_t k) {
  const uint8_t* block = data + row / kNarrowBlockRows * g.block_bytes;
  const uint8_t* codes = block + g.scale_bytes + group * g.group_bytes;
  return NarrowCode(g.storage, codes, row % kNarrowBlockRows, k) - NarrowOffset(g.storage);
}

// One row of activations, q[padded_cols], with all rows of an int6 or int4 matrix.
inline void LinearNarrow(const uint8_t* data, const NarrowGeometry& g, const int8_t* q, float step, const float* bias,
                         float* y) {
  for (size_t n = 0; n < g.rows; ++n) {
    float total = 0.0f;
    for (size_t group = 0; group < g.groups; ++group) {
      int32_t sum = 0;
      for (size_t k = 0; k < kNarrowGroupCols; ++k) {
        sum += NarrowValue(data, g, n, group, k) * q[group * kNarrowGroupCols + k];
      }
      const float product = static_cast<float>(sum) * NarrowScale(data, g, n, group);
      total = total + product;
    }
    y[n] = total * step;
    if (bias != nullptr) y[n] = y[n] + bias[n];
  }
}

}  // namespace tritwise::kernels::reference
