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

// Positions a block of the softmax has.
inline constexpr size_t kAttentionBlock = 64;

// Largest head_size the attention kernels take.
inline constexpr size_t kMaxHeadSize = 512;

// Most query heads of one call.
inline constexpr size_t kMostQueries = 16;

// Query heads that look at the keys and values of one head of one sequence: heads of a group, neighbouring rows, or
// both. Query i sees `positions[i]` >= 1 positions from 0 on.
struct AttendQueries {
  size_t count = 0;  // 1..kMostQueries
  const float* query[kMostQueries];
  float* y[kMostQueries];  // may be the query's own place, not another's
  size_t positions[kMostQueries];
};

// Keys and values in the cache's number format T: key p is keys + p*stride, value p values + p*stride (elements).
// int8: times key_scales[p] and value_scales[p].
template <class T>
struct AttendCache {
  const T* keys = nullptr;
  const T* values = nullptr;
  const float* key_scales = nullptr;
  const float* value_scales = nullptr;
  size_t stride = 0;
  size_t head_size = 0;
  float scale = 0.0f;
};

// y_i[head_size] = softmax(scale * q_i.k) . v for each query. Summed over blocks of 64 positions counted from 0, so
// that a result depends neither on how a sequence was cut into forward passes nor on the other queries of the call.
using AttendF32Fn = void (*)(const AttendQueries& queries, const AttendCache<float>& cache);
using AttendF16Fn = void (*)(const AttendQueries& queries, const AttendCache<uint16_t>& cache);
using AttendI8Fn = void (*)(const AttendQueries& queries, const AttendCache<int8_t>& cache);

RotateRowFn ResolveRotateRow();
StoreRowF16Fn ResolveStoreRowF16();
AttendF32Fn ResolveAttendF32();
AttendF16Fn ResolveAttendF16();
AttendI8Fn ResolveAttendI8();

}  // namespace tritwise::kernels
