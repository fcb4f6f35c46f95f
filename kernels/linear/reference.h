// Products with plain weights as scalar code: the definition that every target equals bit for bit.
#pragma once

#include <cstddef>
#include <cstdint>

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

}  // namespace tritwise::kernels::reference
