// What a row is divided by: the largest, the mean or the median magnitude of finite elements.
//
// The median needs no memory and no order: halving the range of bit patterns, of which 31 steps are left,
// it counts how many elements are at most as large. The definition is kernels/quantise/reference.h.
//
// clang-format off
#if defined(TRITWISE_KERNELS_QUANTISE_MEASURE_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef TRITWISE_KERNELS_QUANTISE_MEASURE_INL_H_
#undef TRITWISE_KERNELS_QUANTISE_MEASURE_INL_H_
#else
#define TRITWISE_KERNELS_QUANTISE_MEASURE_INL_H_
#endif
// clang-format on

#include <cstring>

#include "format/numeric.h"
#include "kernels/common/lanes-inl.h"

HWY_BEFORE_NAMESPACE();
namespace tritwise::kernels {
namespace HWY_NAMESPACE {

HWY_INLINE float MeanMagnitude(const float* x, size_t n) {
  F32x16 sum = Zero16();
  for (size_t i = 0; i < n; i += kLanes) sum = Add16(sum, Abs16(Load16(x + i, n - i)));
  return Sum16(sum) / static_cast<float>(n);
}

// Elements of magnitude at most `most`.
HWY_INLINE size_t CountUpTo(const float* x, size_t n, float most) {
  F32x16 count = Zero16();
  size_t i = 0;
  for (; i + kLanes <= n; i += kLanes) {
    const F32x16 inside = Map16(
        [most](size_t, VF v) HWY_ATTR {
          const DF d;
          return hn::IfThenElseZero(hn::Le(hn::Abs(v), hn::Set(d, most)), hn::Set(d, 1.0f));
        },
        Load16(x + i));
    count = Add16(count, inside);
  }
  auto total = static_cast<size_t>(Sum16(count));
  for (; i < n; ++i) total += (x[i] < 0.0f ? -x[i] : x[i]) <= most ? 1 : 0;
  return total;
}

// The lower median, or kScaleFloor where that is larger.
HWY_INLINE float MedianMagnitude(const float* x, size_t n) {
  const size_t wanted = (n - 1) / 2 + 1;
  if (CountUpTo(x, n, kScaleFloor) >= wanted) return kScaleFloor;
  uint32_t below = 0;             // too few elements up to here
  uint32_t enough = 0x7F7FFFFFu;  // the largest float
  std::memcpy(&below, &kScaleFloor, sizeof(below));
  while (enough - below > 1) {
    const uint32_t middle = below + (enough - below) / 2;
    float most = 0.0f;
    std::memcpy(&most, &middle, sizeof(most));
    (CountUpTo(x, n, most) >= wanted ? enough : below) = middle;
  }
  float median = 0.0f;
  std::memcpy(&median, &enough, sizeof(median));
  return median;
}

// NOLINTNEXTLINE(google-readability-namespace-comments)
}  // namespace HWY_NAMESPACE
}  // namespace tritwise::kernels
HWY_AFTER_NAMESPACE();

#endif  // TRITWISE_KERNELS_QUANTISE_MEASURE_INL_H_
