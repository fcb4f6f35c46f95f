// One row of an embedding table as floats, as scalar code: the definition that every target equals bit for bit.
#pragma once

#include <cstddef>
#include <cstdint>

#include "kernels/common/reference.h"
#include "kernels/linear/reference.h"
#include "kernels/ternary/reference.h"

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

inline void EmbedNarrow(const uint8_t* data, const NarrowGeometry& g, size_t row, float* y) {
  for (size_t i = 0; i < g.cols; ++i) {
    const size_t group = i / kNarrowGroupCols;
    y[i] =
        static_cast<float>(NarrowValue(data, g, row, group, i % kNarrowGroupCols)) * NarrowScale(data, g, row, group);
  }
}

inline void EmbedTernary(const uint8_t* codes, const TernaryGeometry& g, const float* scales, size_t group_cols,
                         size_t row, float* y) {
  for (size_t i = 0; i < g.cols; ++i) {
    y[i] = static_cast<float>(TritAt(codes, g, row, i)) * scales[i / group_cols * g.rows + row];
  }
}

}  // namespace tritwise::kernels::reference
