// exp and silu of 16 lanes, ours on every target: no libm in a forward pass, so the bits do not depend on
// one. Definitions, step by step the same: kernels/common/reference.h.
//
// clang-format off
#if defined(TRITWISE_KERNELS_COMMON_MATH_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef TRITWISE_KERNELS_COMMON_MATH_INL_H_
#undef TRITWISE_KERNELS_COMMON_MATH_INL_H_
#else
#define TRITWISE_KERNELS_COMMON_MATH_INL_H_
#endif
// clang-format on

#include "kernels/common/lanes-inl.h"

HWY_BEFORE_NAMESPACE();
namespace tritwise::kernels {
namespace HWY_NAMESPACE {

// Ties to even, |x| < 2^22. Not hn::Round: on a target without vectors that one rounds 0.49999997 up.
HWY_INLINE VF RoundSmall(VF x) {
  const VF magic = hn::Set(DF(), 12582912.0f);
  return hn::Sub(hn::Add(x, magic), magic);
}

HWY_INLINE VF Exp1(VF x) {
  const DF d;
  const VF inside = hn::Min(hn::Max(x, hn::Set(d, -104.0f)), hn::Set(d, 89.0f));
  const VF n = RoundSmall(hn::Mul(inside, hn::Set(d, 1.44269504f)));
  VF r = MulAdd1(n, hn::Set(d, -0.693359375f), inside);
  r = MulAdd1(n, hn::Set(d, 2.12194440e-4f), r);
  VF p = hn::Set(d, 1.0f / 5040.0f);
  p = MulAdd1(p, r, hn::Set(d, 1.0f / 720.0f));
  p = MulAdd1(p, r, hn::Set(d, 1.0f / 120.0f));
  p = MulAdd1(p, r, hn::Set(d, 1.0f / 24.0f));
  p = MulAdd1(p, r, hn::Set(d, 1.0f / 6.0f));
  p = MulAdd1(p, r, hn::Set(d, 0.5f));
  const VF y = hn::Add(hn::Set(d, 1.0f), MulAdd1(p, hn::Mul(r, r), r));

  const DI di;
  const auto exponent = hn::NearestInt(n);  // is an integer; ConvertTo (rtz) stops qemu 7.2 for RISC-V
  const auto half = hn::ShiftRight<1>(exponent);
  const auto bias = hn::Set(di, 127);
  const VF first = hn::BitCast(d, hn::ShiftLeft<23>(hn::Add(half, bias)));
  const VF second = hn::BitCast(d, hn::ShiftLeft<23>(hn::Add(hn::Sub(exponent, half), bias)));
  return hn::IfThenElse(hn::Eq(x, x), hn::Mul(hn::Mul(y, first), second), x);  // a NaN stays one
}

HWY_INLINE F32x16 Exp16(F32x16 x) {
  return Map16([](size_t, VF u) HWY_ATTR { return Exp1(u); }, x);
}

HWY_INLINE F32x16 Silu16(F32x16 x) { return Div16(x, Add16(Set16(1.0f), Exp16(Neg16(x)))); }

// NOLINTNEXTLINE(google-readability-namespace-comments)
}  // namespace HWY_NAMESPACE
}  // namespace tritwise::kernels
HWY_AFTER_NAMESPACE();

#endif  // TRITWISE_KERNELS_COMMON_MATH_INL_H_
