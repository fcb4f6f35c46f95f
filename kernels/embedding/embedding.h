// One row of an embedding table as floats. Definition: kernels/embedding/reference.h.
#pragma once

#include <cstddef>
#include <cstdint>

#include "format/narrow_layout.h"
#include "format/ternary_layout.h"

namespace tritwise::kernels {

// y[width] = row[width]; i8: float(code) * scale.
using EmbedF32Fn = void (*)(const float* row, size_t width, float* y);
using EmbedF16Fn = void (*)(const uint16_t* row, size_t width, float* y);
using EmbedI8Fn = void (*)(const int8_t* row, size_t width, float scale, float* y);
// y[geometry.cols] = row `row` of the matrix: float(value) * scale of its group.
using EmbedI6Fn = void (*)(const uint8_t* data, const NarrowGeometry& geometry, size_t row, float* y);
using EmbedI4Fn = EmbedI6Fn;
// The same of a ternary matrix with a scale for each `group_cols` columns, whole chunks: that of group i of row n is
// scales[i*rows + n]. Any byte is a safe weight; code 3 in t2 counts as +2.
using EmbedT2Fn = void (*)(const uint8_t* codes, const TernaryGeometry& geometry, const float* scales,
                           size_t group_cols, size_t row, float* y);
using EmbedT5Fn = EmbedT2Fn;

}  // namespace tritwise::kernels
