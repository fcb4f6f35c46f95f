// Activations, gates and sums for every instruction set.
#include "kernels/elementwise/elementwise.h"

#include "kernels/common/export.h"

// clang-format off
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/elementwise/elementwise.cc"
#include "hwy/foreach_target.h"  // IWYU pragma: keep
#include "kernels/common/math-inl.h"
// clang-format on

HWY_BEFORE_NAMESPACE();
namespace tritwise::kernels {
namespace HWY_NAMESPACE {
namespace {

// max(x, 0) that lets NaN through.
HWY_INLINE F32x16 Relu16(F32x16 x) {
  return Map16(
      [](size_t, VF u) HWY_ATTR {
        const VF zero = hn::Zero(DF());
        return hn::IfThenZeroElse(hn::Lt(u, zero), u);
      },
      x);
}

HWY_INLINE F32x16 Activate16(F32x16 x, ActivationKind kind) {
  if (kind == ActivationKind::kSilu) return Silu16(x);
  const F32x16 positive = Relu16(x);
  return kind == ActivationKind::kReluSquared ? Mul16(positive, positive) : positive;
}

void ActivateRow(const float* x, size_t n, ActivationKind kind, float* y) {
  for (size_t i = 0; i < n; i += kLanes) Store16(Activate16(Load16(x + i, n - i), kind), y + i, n - i);
}

void GateRow(const float* gate, const float* up, size_t n, ActivationKind kind, float* y) {
  for (size_t i = 0; i < n; i += kLanes) {
    Store16(Mul16(Activate16(Load16(gate + i, n - i), kind), Load16(up + i, n - i)), y + i, n - i);
  }
}

void AddRow(const float* a, const float* b, size_t n, float* y) {
  for (size_t i = 0; i < n; i += kLanes) Store16(Add16(Load16(a + i, n - i), Load16(b + i, n - i)), y + i, n - i);
}

}  // namespace
// NOLINTNEXTLINE(google-readability-namespace-comments)
}  // namespace HWY_NAMESPACE
}  // namespace tritwise::kernels
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace tritwise::kernels {
TRITWISE_EXPORT_KERNEL(ActivateRow)
TRITWISE_EXPORT_KERNEL(GateRow)
TRITWISE_EXPORT_KERNEL(AddRow)
}  // namespace tritwise::kernels
#endif  // HWY_ONCE
