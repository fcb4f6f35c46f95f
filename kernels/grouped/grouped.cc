// Sums over groups of columns to floats, for every instruction set.
#include "kernels/grouped/grouped.h"

#include "kernels/common/export.h"

// clang-format off
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/grouped/grouped.cc"
#include "hwy/foreach_target.h"  // IWYU pragma: keep
#include "kernels/common/lanes-inl.h"
// clang-format on

HWY_BEFORE_NAMESPACE();
namespace tritwise::kernels {
namespace HWY_NAMESPACE {
namespace {

void AddScaledSums(const int32_t* sums, size_t n, const float* scale, float* y) {
  for (size_t i = 0; i < n; i += kLanes) {
    const F32x16 product = Mul16(Load16(sums + i, n - i), Load16(scale + i, n - i));
    Store16(Add16(Load16(y + i, n - i), product), y + i, n - i);
  }
}

void FinishRow(size_t n, float step, const float* bias, float* y) {
  const F32x16 factor = Set16(step);
  for (size_t i = 0; i < n; i += kLanes) {
    F32x16 value = Mul16(Load16(y + i, n - i), factor);
    if (bias != nullptr) value = Add16(value, Load16(bias + i, n - i));
    Store16(value, y + i, n - i);
  }
}

}  // namespace
// NOLINTNEXTLINE(google-readability-namespace-comments)
}  // namespace HWY_NAMESPACE
}  // namespace tritwise::kernels
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace tritwise::kernels {
TRITWISE_EXPORT_KERNEL(AddScaledSums)
TRITWISE_EXPORT_KERNEL(FinishRow)
}  // namespace tritwise::kernels
#endif  // HWY_ONCE
