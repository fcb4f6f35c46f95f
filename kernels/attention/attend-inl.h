// Attention of one query head, the online softmax of kernels/attention/reference.h in 16 logical lanes.
//
// Two passes over a block of 64 positions: scores (four keys at a time share the loads of the query), then
// values (64 elements of the accumulator at a time stay in registers over the block). Nothing here knows
// how many queries there are; a version for many rows may reorder them, not what happens to one of them.
//
// clang-format off
#if defined(TRITWISE_KERNELS_ATTENTION_ATTEND_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef TRITWISE_KERNELS_ATTENTION_ATTEND_INL_H_
#undef TRITWISE_KERNELS_ATTENTION_ATTEND_INL_H_
#else
#define TRITWISE_KERNELS_ATTENTION_ATTEND_INL_H_
#endif
// clang-format on

#include <limits>

#include "kernels/attention/attention.h"
#include "kernels/common/math-inl.h"

HWY_BEFORE_NAMESPACE();
namespace tritwise::kernels {
namespace HWY_NAMESPACE {

// query: padded with zeros to whole lanes. scores[0..n).
template <class T>
HWY_INLINE void ScoreBlock(const float* query, const T* keys, size_t stride, size_t n, size_t head_size, float scale,
                           float* scores) {
  const size_t whole = head_size / kLanes * kLanes;
  const size_t rest = head_size - whole;
  size_t i = 0;
  for (; i + 4 <= n; i += 4) {
    const T* k0 = keys + i * stride;
    const T* k1 = k0 + stride;
    const T* k2 = k1 + stride;
    const T* k3 = k2 + stride;
    F32x16 s0 = Zero16(), s1 = Zero16(), s2 = Zero16(), s3 = Zero16();
    for (size_t e = 0; e < whole; e += kLanes) {
      const F32x16 qe = Load16(query + e);
      s0 = MulAdd16(qe, Load16(k0 + e), s0);
      s1 = MulAdd16(qe, Load16(k1 + e), s1);
      s2 = MulAdd16(qe, Load16(k2 + e), s2);
      s3 = MulAdd16(qe, Load16(k3 + e), s3);
    }
    if (rest != 0) {
      const F32x16 qe = Load16(query + whole);
      s0 = MulAdd16(qe, Load16(k0 + whole, rest), s0);
      s1 = MulAdd16(qe, Load16(k1 + whole, rest), s1);
      s2 = MulAdd16(qe, Load16(k2 + whole, rest), s2);
      s3 = MulAdd16(qe, Load16(k3 + whole, rest), s3);
    }
    StoreSums16(s0, s1, s2, s3, scores + i);
    for (size_t j = 0; j < 4; ++j) scores[i + j] *= scale;
  }
  for (; i < n; ++i) {
    const T* key = keys + i * stride;
    F32x16 sum = Zero16();
    for (size_t e = 0; e < head_size; e += kLanes) {
      sum = MulAdd16(Load16(query + e), Load16(key + e, head_size - e), sum);
    }
    scores[i] = scale * Sum16(sum);
  }
}

// acc = acc * correction + sum of p[i] * value i, in ascending order of i.
template <class T>
HWY_INLINE void AccumulateBlock(const float* p, const T* values, size_t stride, size_t n, size_t head_size,
                                F32x16 correction, float* acc) {
  size_t e = 0;
  for (; e + 4 * kLanes <= head_size; e += 4 * kLanes) {
    F32x16 a0 = Mul16(Load16(acc + e), correction);
    F32x16 a1 = Mul16(Load16(acc + e + kLanes), correction);
    F32x16 a2 = Mul16(Load16(acc + e + 2 * kLanes), correction);
    F32x16 a3 = Mul16(Load16(acc + e + 3 * kLanes), correction);
    for (size_t i = 0; i < n; ++i) {
      const T* value = values + i * stride + e;
      const F32x16 pi = Set16(p[i]);
      a0 = MulAdd16(pi, Load16(value), a0);
      a1 = MulAdd16(pi, Load16(value + kLanes), a1);
      a2 = MulAdd16(pi, Load16(value + 2 * kLanes), a2);
      a3 = MulAdd16(pi, Load16(value + 3 * kLanes), a3);
    }
    Store16(a0, acc + e);
    Store16(a1, acc + e + kLanes);
    Store16(a2, acc + e + 2 * kLanes);
    Store16(a3, acc + e + 3 * kLanes);
  }
  for (; e < head_size; e += kLanes) {
    F32x16 a = Mul16(Load16(acc + e), correction);
    for (size_t i = 0; i < n; ++i) {
      a = MulAdd16(Set16(p[i]), Load16(values + i * stride + e, head_size - e), a);
    }
    Store16(a, acc + e);
  }
}

// T: float or uint16_t (binary16).
template <class T>
HWY_INLINE void Attend(const float* query, const T* keys, const T* values, size_t stride, size_t positions,
                       size_t head_size, float scale, float* y) {
  alignas(64) float padded_query[kMaxHeadSize];
  alignas(64) float acc[kMaxHeadSize];
  alignas(64) float p[kAttentionBlock];
  for (size_t e = 0; e < head_size; e += kLanes) {
    Store16(Load16(query + e, head_size - e), padded_query + e);
    Store16(Zero16(), acc + e);
  }
  float largest = -std::numeric_limits<float>::infinity();
  float sum = 0.0f;
  for (size_t begin = 0; begin < positions; begin += kAttentionBlock) {
    const size_t n = positions - begin < kAttentionBlock ? positions - begin : kAttentionBlock;
    ScoreBlock(padded_query, keys + begin * stride, stride, n, head_size, scale, p);
    float new_largest = largest;
    for (size_t i = 0; i < n; ++i) new_largest = p[i] > new_largest ? p[i] : new_largest;

    const F32x16 centre = Set16(new_largest);
    F32x16 lanes = Zero16();
    for (size_t i = 0; i < n; i += kLanes) {
      Store16(Exp16(Sub16(Load16(p + i, n - i), centre)), p + i);
      lanes = Add16(lanes, Load16(p + i, n - i));  // beyond n there is nothing to count
    }
    const F32x16 correction = Exp16(Set16(largest - new_largest));
    sum = First16(MulAdd16(Set16(sum), correction, Set16(Sum16(lanes))));
    AccumulateBlock(p, values + begin * stride, stride, n, head_size, correction, acc);
    largest = new_largest;
  }
  const F32x16 divisor = Set16(sum);
  for (size_t e = 0; e < head_size; e += kLanes) {
    Store16(Div16(Load16(acc + e), divisor), y + e, head_size - e);
  }
}

// NOLINTNEXTLINE(google-readability-namespace-comments)
}  // namespace HWY_NAMESPACE
}  // namespace tritwise::kernels
HWY_AFTER_NAMESPACE();

#endif  // TRITWISE_KERNELS_ATTENTION_ATTEND_INL_H_
