// Sums over groups of columns to floats as scalar code: the definition that every target equals bit for bit.
#pragma once

#include <cstddef>
#include <cstdint>

namespace tritwise::kernels::reference {

inline void AddScaledSums(const int32_t* sums, size_t n, const float* scale, float* y) {
  for (size_t i = 0; i < n; ++i) {
    const float product = static_cast<float>(sums[i]) * scale[i];
    y[i] = y[i] + product;
  }
}

inline void FinishRow(size_t n, float step, const float* bias, float* y) {
  for (size_t i = 0; i < n; ++i) {
    y[i] = y[i] * step;
    if (bias != nullptr) y[i] = y[i] + bias[i];
  }
}

}  // namespace tritwise::kernels::reference
