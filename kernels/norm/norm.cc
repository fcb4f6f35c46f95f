// NormRow for every instruction set. The algorithm is in norm-inl.h.
#include "kernels/norm/norm.h"

#include "kernels/common/export.h"

// clang-format off
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/norm/norm.cc"
#include "hwy/foreach_target.h"  // IWYU pragma: keep
#include "kernels/norm/norm-inl.h"
// clang-format on

HWY_BEFORE_NAMESPACE();
namespace tritwise::kernels {
namespace HWY_NAMESPACE {
namespace {

void NormRow(const float* x, size_t width, NormKind kind, float eps, const float* gain, float* y) {
  NormInto(x, width, kind, eps, gain, y);
}

}  // namespace
// NOLINTNEXTLINE(google-readability-namespace-comments)
}  // namespace HWY_NAMESPACE
}  // namespace tritwise::kernels
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace tritwise::kernels {
TRITWISE_EXPORT_KERNEL(NormRow)
}  // namespace tritwise::kernels
#endif  // HWY_ONCE
