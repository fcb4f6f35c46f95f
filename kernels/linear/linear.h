// Products with plain weights: f32 and f16 as floats, i8 as integers. Definition: kernels/linear/reference.h.
#pragma once

#include <cstddef>
#include <cstdint>

namespace tritwise::kernels {

// y[n] = sum over k of x[k] * w[n*cols + k], for n in [row_begin, row_end): fused multiply-adds in 16
// lanes, combined in the fixed tree. No bias.
using LinearF32Fn = void (*)(const float* w, size_t cols, const float* x, size_t row_begin, size_t row_end, float* y);
// f16 as its 16 bits.
using LinearF16Fn = void (*)(const uint16_t* w, size_t cols, const float* x, size_t row_begin, size_t row_end,
                             float* y);
// sums[n] = sum over k of q[k] * w[n*cols + k], exact for any values up to 131,071 columns (one more, all -128
// times -128, would be 2^31), and beyond that as long as the sum fits.
using LinearI8Fn = void (*)(const int8_t* w, size_t cols, const int8_t* q, size_t row_begin, size_t row_end,
                            int32_t* sums);

// The same for `rows` rows of activations: row m is q + m*q_stride with sum q_sums[m], its result sums + m*sums_stride
// (int32s). Where there is a four-way dot product, weights are loaded once for four rows.
using LinearRowsI8Fn = void (*)(const int8_t* w, size_t cols, const int8_t* q, size_t q_stride, const int32_t* q_sums,
                                size_t rows, size_t row_begin, size_t row_end, int32_t* sums, size_t sums_stride);

LinearF32Fn ResolveLinearF32();
LinearF16Fn ResolveLinearF16();
LinearI8Fn ResolveLinearI8();
LinearRowsI8Fn ResolveLinearRowsI8();

}  // namespace tritwise::kernels
