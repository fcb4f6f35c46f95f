// One row of an embedding table as floats, as scalar code: the definition that every target equals bit for bit.
#pragma once

#include <cstddef>
#include <cstdint>

#include "kernels/common/reference.h"

namespace tritwise::kernels::reference {

inline void EmbedF32(const float* row, size_t width, float* y) {
  for (size_t i = 0; i < width; ++i) y[i] = row[i];
}

inline void EmbedF16(const uint16_t* row, size_t width, float* y) {
  for (size_t i = 0; i < width; ++i) y[i] = FloatFromHalf(row[i]);
}

inline void EmbedI8(const int8_t* row, size_t width, float scale, float* y) {
  for (size_t i = 0; i < width; ++i) y[i] = static_cast<float>(row[i]) * scale;
}

}  // namespace tritwise::kernels::reference
