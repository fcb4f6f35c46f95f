// Norm of one row in 16 logical lanes. In a file of its own because quantising a row starts with it.
//
// clang-format off
#if defined(TRITWISE_KERNELS_NORM_NORM_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef TRITWISE_KERNELS_NORM_NORM_INL_H_
#undef TRITWISE_KERNELS_NORM_NORM_INL_H_
#else
#define TRITWISE_KERNELS_NORM_NORM_INL_H_
#endif
// clang-format on

#include <cmath>

#include "format/numeric.h"
#include "kernels/common/lanes-inl.h"

HWY_BEFORE_NAMESPACE();
namespace tritwise::kernels {
namespace HWY_NAMESPACE {

HWY_INLINE float SumRow(const float* x, size_t width) {
  F32x16 sum = Zero16();
  for (size_t i = 0; i < width; i += kLanes) sum = Add16(sum, Load16(x + i, width - i));
  return Sum16(sum);
}

// Sum of (x - mean)^2. What is missing at the end counts as zero, so there the mean is missing too.
HWY_INLINE float SumSquares(const float* x, size_t width, float mean) {
  F32x16 sum = Zero16();
  const F32x16 centre = Set16(mean);
  size_t i = 0;
  for (; i + kLanes <= width; i += kLanes) {
    const F32x16 d = Sub16(Load16(x + i), centre);
    sum = MulAdd16(d, d, sum);
  }
  if (i < width) {
    alignas(64) float distance[kLanes] = {};
    for (size_t j = 0; i + j < width; ++j) distance[j] = x[i + j] - mean;
    const F32x16 d = Load16(distance);
    sum = MulAdd16(d, d, sum);
  }
  return Sum16(sum);
}

// y may be x.
HWY_INLINE void NormInto(const float* x, size_t width, NormKind kind, float eps, const float* gain, float* y) {
  float mean = 0.0f;
  if (kind == NormKind::kLayer) mean = SumRow(x, width) / static_cast<float>(width);
  float inverse = 1.0f;
  if (kind != NormKind::kNone) {
    inverse = 1.0f / std::sqrt(SumSquares(x, width, mean) / static_cast<float>(width) + eps);
  }
  const F32x16 centre = Set16(mean);
  const F32x16 factor = Set16(inverse);
  for (size_t i = 0; i < width; i += kLanes) {
    F32x16 value = Load16(x + i, width - i);
    if (kind != NormKind::kNone) value = Mul16(Sub16(value, centre), factor);
    if (gain != nullptr) value = Mul16(value, Load16(gain + i, width - i));
    Store16(value, y + i, width - i);
  }
}

// NOLINTNEXTLINE(google-readability-namespace-comments)
}  // namespace HWY_NAMESPACE
}  // namespace tritwise::kernels
HWY_AFTER_NAMESPACE();

#endif  // TRITWISE_KERNELS_NORM_NORM_INL_H_
