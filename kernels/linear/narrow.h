// Products of quantised activations with int6 and int4 matrices. Definition: kernels/linear/reference.h; layout:
// format/narrow_layout.h.
#pragma once

#include <cstddef>
#include <cstdint>

#include "format/narrow_layout.h"

namespace tritwise::kernels {

// Rows of activations, and where their products go. Row m is q + m*q_stride (bytes), zeros from the matrix's columns up
// to its padded ones; the sum of its codes in group i is q_sums[i*q_sums_stride + m] (kernels/grouped/grouped.h).
struct NarrowRows {
  size_t rows = 0;
  const int8_t* q = nullptr;
  size_t q_stride = 0;
  const int32_t* q_sums = nullptr;
  size_t q_sums_stride = 0;
  const float* steps = nullptr;  // value of one code of each row
  const float* bias = nullptr;   // of all outputs, or null
  float* y = nullptr;            // output n of row m is y[m*y_stride + n]
  size_t y_stride = 0;
};

// Outputs of the row blocks [block_begin, block_end) for all rows: for each group of columns in ascending order the
// exact int32 sum, as f32, times the group's scale, added up in f32; the total times the row's step; plus bias.
// The bits do not depend on how many rows there are. Any byte is a safe code, any two a safe scale.
using LinearI6Fn = void (*)(const uint8_t* data, const NarrowGeometry& geometry, const NarrowRows& rows,
                            size_t block_begin, size_t block_end);
using LinearI4Fn = LinearI6Fn;

LinearI6Fn ResolveLinearI6();
LinearI4Fn ResolveLinearI4();

}  // namespace tritwise::kernels
