// Attention of several query heads over the same keys and values, the online softmax of
// kernels/attention/reference.h in 16 logical lanes.
//
// Block by block of 64 positions, so that its keys and values come from memory once for all queries. In a block two
// passes: scores, then values. Where 16 lanes are one vector, four queries go together: a key is loaded and made
// float once for four, and 16 sums are under way at a time. Otherwise each query goes alone, four keys at a time. What
// happens to a query does not depend on the others.
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

#include "hwy/cache_control.h"
#include "kernels/attention/attention.h"
#include "kernels/common/inline_lambda.h"
#include "kernels/common/math-inl.h"

// Whether four queries go together: where 16 floats are one vector and there are 32 of them.
#undef TRITWISE_FOUR_QUERIES
#define TRITWISE_FOUR_QUERIES (HWY_TARGET <= HWY_AVX3 && HWY_ARCH_X86)

HWY_BEFORE_NAMESPACE();
namespace tritwise::kernels {
namespace HWY_NAMESPACE {

// Asks for what is needed soon while keys are scored: the values of the same positions and the keys a block on.
// Without it a long cache is read at a fifth of what memory gives.
template <class T>
struct Ahead {
  const T* keys = nullptr;  // null: ask for nothing
  const T* values = nullptr;
  size_t stride = 0;

  // Positions [i, i + 4).
  HWY_INLINE void Ask(size_t i) const {
    if (keys == nullptr) return;
    for (size_t e = i * stride; e < (i + 4) * stride; e += 64 / sizeof(T)) {
      hwy::Prefetch(keys + e);
      hwy::Prefetch(values + e);
    }
  }
};

// query: padded with zeros to whole lanes. scores[0..n).
template <class T>
HWY_INLINE void ScoreBlock(const float* query, const T* keys, size_t stride, size_t n, size_t head_size, float scale,
                           const Ahead<T>& ahead, float* scores) {
  const size_t whole = head_size / kLanes * kLanes;
  const size_t rest = head_size - whole;
  size_t i = 0;
  for (; i + 4 <= n; i += 4) {
    ahead.Ask(i);
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

#if TRITWISE_FOUR_QUERIES
// Four times four sums by name: GCC keeps arrays of them on the stack.
struct Four16 {
  F32x16 x0, x1, x2, x3;
};
HWY_INLINE Four16 ZeroFour16() {
  const F32x16 zero = Zero16();
  return {zero, zero, zero, zero};
}
HWY_INLINE void MulAddFour16(F32x16 a, const Four16& b, Four16* sums) {
  sums->x0 = MulAdd16(a, b.x0, sums->x0);
  sums->x1 = MulAdd16(a, b.x1, sums->x1);
  sums->x2 = MulAdd16(a, b.x2, sums->x2);
  sums->x3 = MulAdd16(a, b.x3, sums->x3);
}

// One step of the tree of Sum16 for two vectors at once. Both consist of groups of kGroup lanes; the result of groups
// of half as many, a's before b's: lane l of a group plus lane l + kGroup/2.
template <size_t kGroup>
HWY_INLINE F32x16 FoldGroups(F32x16 a, F32x16 b) {
  struct alignas(64) Indices {
    int32_t lane[kLanes];
  };
  constexpr auto make = [](size_t upper) {
    Indices indices = {};
    for (size_t i = 0; i < kLanes; ++i) {
      const size_t group = i / (kGroup / 2);
      indices.lane[i] = static_cast<int32_t>(group * kGroup + i % (kGroup / 2) + upper);
    }
    return indices;
  };
  static constexpr Indices kLower = make(0);
  static constexpr Indices kUpper = make(kGroup / 2);
  const DF d;
  const VF lower = hn::TwoTablesLookupLanes(d, a.part[0], b.part[0], hn::SetTableIndices(d, kLower.lane));
  const VF upper = hn::TwoTablesLookupLanes(d, a.part[0], b.part[0], hn::SetTableIndices(d, kUpper.lane));
  return F32x16{{hn::Add(lower, upper)}};
}

// Lane 4m + j: Sum16 of x_j of s_m.
HWY_INLINE F32x16 SumsOfSixteen(const Four16& s0, const Four16& s1, const Four16& s2, const Four16& s3) {
  const auto four = [](const Four16& s) TRITWISE_INLINE_LAMBDA {
    return FoldGroups<8>(FoldGroups<16>(s.x0, s.x1), FoldGroups<16>(s.x2, s.x3));
  };
  return FoldGroups<2>(FoldGroups<4>(four(s0), four(s1)), FoldGroups<4>(four(s2), four(s3)));
}

// scores[m * kAttentionBlock + i] for four queries, kMaxHeadSize elements from one to the next.
template <class T>
HWY_INLINE void ScoreBlockFour(const float* queries, const T* keys, size_t stride, size_t n, size_t head_size,
                               float scale, const Ahead<T>& ahead, float* scores) {
  const size_t whole = head_size / kLanes * kLanes;
  const size_t rest = head_size - whole;
  size_t i = 0;
  for (; i + 4 <= n; i += 4) {
    ahead.Ask(i);
    const T* k0 = keys + i * stride;
    const T* k1 = k0 + stride;
    const T* k2 = k1 + stride;
    const T* k3 = k2 + stride;
    Four16 s0 = ZeroFour16(), s1 = s0, s2 = s0, s3 = s0;
    const auto add = [&](size_t e, const Four16& key) TRITWISE_INLINE_LAMBDA {
      MulAddFour16(Load16(queries + e), key, &s0);
      MulAddFour16(Load16(queries + kMaxHeadSize + e), key, &s1);
      MulAddFour16(Load16(queries + 2 * kMaxHeadSize + e), key, &s2);
      MulAddFour16(Load16(queries + 3 * kMaxHeadSize + e), key, &s3);
    };
    for (size_t e = 0; e < whole; e += kLanes) {
      add(e, {Load16(k0 + e), Load16(k1 + e), Load16(k2 + e), Load16(k3 + e)});
    }
    if (rest != 0) {
      add(whole,
          {Load16(k0 + whole, rest), Load16(k1 + whole, rest), Load16(k2 + whole, rest), Load16(k3 + whole, rest)});
    }
    alignas(64) float sums[kLanes];
    Store16(Mul16(SumsOfSixteen(s0, s1, s2, s3), Set16(scale)), sums);
    for (size_t m = 0; m < 4; ++m) std::memcpy(scores + m * kAttentionBlock + i, sums + 4 * m, 4 * sizeof(float));
  }
  if (i == n) return;
  for (size_t m = 0; m < 4; ++m) {
    ScoreBlock(queries + m * kMaxHeadSize, keys + i * stride, stride, n - i, head_size, scale, Ahead<T>(),
               scores + m * kAttentionBlock + i);
  }
}

// acc + sum of p[i] * value i for four queries, 64 elements at a time; what is left of a head goes query by query.
template <class T>
HWY_INLINE void AccumulateBlockFour(const float* p, const T* values, size_t stride, size_t n, size_t head_size,
                                    const float* corrections, float* acc) {
  size_t e = 0;
  for (; e + 4 * kLanes <= head_size; e += 4 * kLanes) {
    const auto load = [&](size_t m) TRITWISE_INLINE_LAMBDA {
      const float* from = acc + m * kMaxHeadSize + e;
      const F32x16 correction = Set16(corrections[m]);
      return Four16{Mul16(Load16(from), correction), Mul16(Load16(from + kLanes), correction),
                    Mul16(Load16(from + 2 * kLanes), correction), Mul16(Load16(from + 3 * kLanes), correction)};
    };
    Four16 a0 = load(0), a1 = load(1), a2 = load(2), a3 = load(3);
    for (size_t i = 0; i < n; ++i) {
      const T* value = values + i * stride + e;
      const Four16 v = {Load16(value), Load16(value + kLanes), Load16(value + 2 * kLanes), Load16(value + 3 * kLanes)};
      MulAddFour16(Set16(p[i]), v, &a0);
      MulAddFour16(Set16(p[kAttentionBlock + i]), v, &a1);
      MulAddFour16(Set16(p[2 * kAttentionBlock + i]), v, &a2);
      MulAddFour16(Set16(p[3 * kAttentionBlock + i]), v, &a3);
    }
    const auto store = [&](const Four16& a, size_t m) TRITWISE_INLINE_LAMBDA {
      float* to = acc + m * kMaxHeadSize + e;
      Store16(a.x0, to);
      Store16(a.x1, to + kLanes);
      Store16(a.x2, to + 2 * kLanes);
      Store16(a.x3, to + 3 * kLanes);
    };
    store(a0, 0);
    store(a1, 1);
    store(a2, 2);
    store(a3, 3);
  }
  if (e == head_size) return;
  for (size_t m = 0; m < 4; ++m) {
    AccumulateBlock(p + m * kAttentionBlock, values + e, stride, n, head_size - e, Set16(corrections[m]),
                    acc + m * kMaxHeadSize + e);
  }
}
#endif  // TRITWISE_FOUR_QUERIES

HWY_INLINE float LargerOf(float a, float b) { return a > b ? a : b; }

// Where the softmax of a query stands after some blocks.
struct Softmax {
  float largest = -std::numeric_limits<float>::infinity();
  float sum = 0.0f;
};

// Makes probabilities of the scores p[n], not yet divided by their sum. Returns what earlier ones are worth now.
HWY_INLINE float SoftmaxBlock(size_t n, float* p, Softmax* state) {
  float new_largest = state->largest;
  const size_t whole = n / kLanes * kLanes;
  if (whole != 0) {
    F32x16 lanes = Load16(p);
    for (size_t i = kLanes; i < whole; i += kLanes) lanes = Max16(lanes, Load16(p + i));
    new_largest = LargerOf(MaxLane16(lanes), new_largest);
  }
  for (size_t i = whole; i < n; ++i) new_largest = LargerOf(p[i], new_largest);
  const F32x16 centre = Set16(new_largest);
  F32x16 lanes = Zero16();
  for (size_t i = 0; i < n; i += kLanes) {
    Store16(Exp16(Sub16(Load16(p + i, n - i), centre)), p + i);
    lanes = Add16(lanes, Load16(p + i, n - i));  // beyond n there is nothing to count
  }
  const F32x16 correction = Exp16(Set16(state->largest - new_largest));
  state->sum = First16(MulAdd16(Set16(state->sum), correction, Set16(Sum16(lanes))));
  state->largest = new_largest;
  return First16(correction);
}

// One block for up to four queries, the first of which see it longest or shortest, in any order.
template <class T>
HWY_INLINE void AttendBlock(const AttendCache<T>& cache, size_t begin, size_t count, const size_t* seen,
                            const float* queries, bool first_queries, Softmax* states, float* acc) {
  alignas(64) float p[4 * kAttentionBlock];
  const T* keys = cache.keys + begin * cache.stride;
  const T* values = cache.values + begin * cache.stride;
  Ahead<T> ahead;
  if (first_queries) ahead = {keys + kAttentionBlock * cache.stride, values, cache.stride};
  // Of the first `common` positions, what all four see is computed together.
  size_t common = 0;
#if TRITWISE_FOUR_QUERIES
  if (count == 4) {
    common = seen[0];
    for (size_t m = 1; m < 4; ++m) common = seen[m] < common ? seen[m] : common;
  }
  if (common != 0) ScoreBlockFour(queries, keys, cache.stride, common, cache.head_size, cache.scale, ahead, p);
#endif
  float corrections[4];
  for (size_t m = 0; m < count; ++m) {
    if (seen[m] == 0) continue;
    float* row = p + m * kAttentionBlock;
    if (common < seen[m]) {
      ScoreBlock(queries + m * kMaxHeadSize, keys + common * cache.stride, cache.stride, seen[m] - common,
                 cache.head_size, cache.scale, common == 0 && m == 0 ? ahead : Ahead<T>(), row + common);
    }
    if constexpr (sizeof(T) == 1) {
      for (size_t i = 0; i < seen[m]; ++i) row[i] *= cache.key_scales[begin + i];
    }
    corrections[m] = SoftmaxBlock(seen[m], row, states + m);
    if constexpr (sizeof(T) == 1) {
      for (size_t i = 0; i < seen[m]; ++i) row[i] *= cache.value_scales[begin + i];
    }
  }
#if TRITWISE_FOUR_QUERIES
  if (common != 0) AccumulateBlockFour(p, values, cache.stride, common, cache.head_size, corrections, acc);
#endif
  for (size_t m = 0; m < count; ++m) {
    if (common == seen[m]) continue;
    AccumulateBlock(p + m * kAttentionBlock + common, values + common * cache.stride, cache.stride, seen[m] - common,
                    cache.head_size, Set16(common == 0 ? corrections[m] : 1.0f), acc + m * kMaxHeadSize);
  }
}

// T: float, uint16_t (binary16) or int8_t (with scales).
template <class T>
HWY_INLINE void Attend(const AttendQueries& q, const AttendCache<T>& cache) {
  alignas(64) float queries[kMostQueries * kMaxHeadSize];  // padded with zeros to whole lanes
  alignas(64) float acc[kMostQueries * kMaxHeadSize];
  Softmax states[kMostQueries];
  size_t longest = 0;
  for (size_t m = 0; m < q.count; ++m) {
    for (size_t e = 0; e < cache.head_size; e += kLanes) {
      Store16(Load16(q.query[m] + e, cache.head_size - e), queries + m * kMaxHeadSize + e);
      Store16(Zero16(), acc + m * kMaxHeadSize + e);
    }
    longest = q.positions[m] > longest ? q.positions[m] : longest;
  }
  for (size_t begin = 0; begin < longest; begin += kAttentionBlock) {
    for (size_t first = 0; first < q.count; first += 4) {
      const size_t count = q.count - first < 4 ? q.count - first : 4;
      size_t seen[4];
      for (size_t m = 0; m < count; ++m) {
        const size_t positions = q.positions[first + m];
        seen[m] = positions <= begin ? 0 : positions - begin < kAttentionBlock ? positions - begin : kAttentionBlock;
      }
      AttendBlock(cache, begin, count, seen, queries + first * kMaxHeadSize, first == 0, states + first,
                  acc + first * kMaxHeadSize);
    }
  }
  for (size_t m = 0; m < q.count; ++m) {
    const F32x16 divisor = Set16(states[m].sum);
    for (size_t e = 0; e < cache.head_size; e += kLanes) {
      Store16(Div16(Load16(acc + m * kMaxHeadSize + e), divisor), q.y[m] + e, cache.head_size - e);
    }
  }
}

// NOLINTNEXTLINE(google-readability-namespace-comments)
}  // namespace HWY_NAMESPACE
}  // namespace tritwise::kernels
HWY_AFTER_NAMESPACE();

#endif  // TRITWISE_KERNELS_ATTENTION_ATTEND_INL_H_
