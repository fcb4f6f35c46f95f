// Rotation, f16 storage and attention as scalar code: the definition that every target equals bit for bit.
//
// Attention is the online softmax (arXiv 1805.02867) over blocks of 64 positions, in this order:
//
//   for each block:  s_i = dot(query, key_i) * scale                        dot in 16 lanes; with int8 keys
//                                                                           s_i * key_scale_i
//                    largest' = max(largest, max s_i)                       largest starts at -inf
//                    correction = exp(largest - largest')
//                    p_i = exp(s_i - largest')
//                    sum = sum * correction + (sum of p_i, in 16 lanes)     one multiply-add; sum starts at 0
//                    acc_e = acc_e * correction, then acc_e = p_i * value_i,e + acc_e for i ascending; with int8
//                                                                           values p_i * value_scale_i in place of p_i
//   y_e = acc_e / sum
//
// Blocks are counted from position 0 and no step depends on which rows are computed together, so any
// cutting of a sequence into forward passes, batches or threads gives the same bits.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>

#include "kernels/attention/attention.h"
#include "kernels/common/reference.h"

namespace tritwise::kernels::reference {

inline void RotateRow(bool fused, float* x, size_t heads, size_t head_size, const float* cosine, const float* sine) {
  const size_t half = head_size / 2;
  for (size_t head = 0; head < heads; ++head, x += head_size) {
    for (size_t i = 0; i < half; ++i) {
      const float a = x[i];
      const float b = x[i + half];
      x[i] = MulAdd(fused, -b, sine[i], a * cosine[i]);
      x[i + half] = MulAdd(fused, a, sine[i], b * cosine[i]);
    }
  }
}

inline void StoreRowF16(const float* x, size_t n, uint16_t* y) {
  for (size_t i = 0; i < n; ++i) y[i] = HalfFromFloat(x[i]);
}

inline float ToFloat(float x) { return x; }
inline float ToFloat(uint16_t half) { return FloatFromHalf(half); }
inline float ToFloat(int8_t code) { return code; }

// One query. T: float, uint16_t (binary16) or int8_t (with scales).
template <class T>
void Attend(bool fused, const float* query, const AttendCache<T>& cache, size_t positions, float* y) {
  const size_t head_size = cache.head_size;
  float largest = -std::numeric_limits<float>::infinity();
  float sum = 0.0f;
  float acc[kMaxHeadSize] = {};
  for (size_t begin = 0; begin < positions; begin += kAttentionBlock) {
    const size_t n = std::min(kAttentionBlock, positions - begin);
    float p[kAttentionBlock];
    float new_largest = largest;
    for (size_t i = 0; i < n; ++i) {
      const T* key = cache.keys + (begin + i) * cache.stride;
      p[i] = cache.scale *
             Dot(
                 fused, head_size, [&](size_t e) { return query[e]; }, [&](size_t e) { return ToFloat(key[e]); });
      if (cache.key_scales != nullptr) p[i] *= cache.key_scales[begin + i];
      new_largest = std::max(new_largest, p[i]);
    }
    const float correction = Exp(fused, largest - new_largest);
    for (size_t i = 0; i < n; ++i) p[i] = Exp(fused, p[i] - new_largest);
    sum = MulAdd(fused, sum, correction, Sum(p, n));
    for (size_t i = 0; i < n && cache.value_scales != nullptr; ++i) p[i] *= cache.value_scales[begin + i];
    for (size_t e = 0; e < head_size; ++e) {
      acc[e] *= correction;
      for (size_t i = 0; i < n; ++i) {
        acc[e] = MulAdd(fused, p[i], ToFloat(cache.values[(begin + i) * cache.stride + e]), acc[e]);
      }
    }
    largest = new_largest;
  }
  for (size_t e = 0; e < head_size; ++e) y[e] = acc[e] / sum;
}

}  // namespace tritwise::kernels::reference
