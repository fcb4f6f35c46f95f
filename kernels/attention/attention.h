// Rotary positions, the key/value cache's number format, and attention of one query head over a
// sequence. Definition: kernels/attention/reference.h.
#pragma once

#include <cstddef>
#include <cstdint>

namespace tritwise::kernels {

// Cosine and sine of position * frequency[i] for `pairs` frequencies. The product is rounded to f32; the
// functions are ours, in double, the same bits everywhere, NaN for angles beyond 2^27. Not a SIMD kernel: called
// once a row and forward.
void RotaryTable(int32_t position, const float* frequency, size_t pairs, float* cosine, float* sine);

// Turns `heads` heads of `head_size` floats that lie next to each other, in place: with h = head_size/2,
// (x[i], x[i+h]) becomes (x[i]*cos - x[i+h]*sin, x[i+h]*cos + x[i]*sin), each a product, then one fused
// multiply-add.
using RotateRowFn = void (*)(float* x, size_t heads, size_t head_size, const float* cosine, const float* sine);

// f32 to f16 bits, to nearest even.
using StoreRowF16Fn = void (*)(const float* x, size_t n, uint16_t* y);

// One query head over `positions` keys and values: y[head_size] = softmax(scale * q.k) . v. Key p is
// keys + p*stride, value p is values + p*stride (elements). Summed over blocks of 64 positions counted
// from 0, so that the result does not depend on how a sequence was cut into forward passes. y may be query.
using AttendF32Fn = void (*)(const float* query, const float* keys, const float* values, size_t stride,
                             size_t positions, size_t head_size, float scale, float* y);
using AttendF16Fn = void (*)(const float* query, const uint16_t* keys, const uint16_t* values, size_t stride,
                             size_t positions, size_t head_size, float scale, float* y);

// Positions a block of the softmax has.
inline constexpr size_t kAttentionBlock = 64;

// Largest head_size the attention kernels take.
inline constexpr size_t kMaxHeadSize = 512;

RotateRowFn ResolveRotateRow();
StoreRowF16Fn ResolveStoreRowF16();
AttendF32Fn ResolveAttendF32();
AttendF16Fn ResolveAttendF16();

}  // namespace tritwise::kernels
