// Products of bytes by RISC-V vectors of any length: a widening multiply-add takes a group of two registers of bytes to
// four of 16-bit lanes, one product a lane. The caller has them summed before a lane can overflow.
//
// clang-format off
#if defined(TRITWISE_KERNELS_COMMON_RVV_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef TRITWISE_KERNELS_COMMON_RVV_INL_H_
#undef TRITWISE_KERNELS_COMMON_RVV_INL_H_
#else
#define TRITWISE_KERNELS_COMMON_RVV_INL_H_
#endif
// clang-format on

#include "hwy/highway.h"

#if HWY_TARGET == HWY_RVV
#include <riscv_vector.h>

HWY_BEFORE_NAMESPACE();
namespace tritwise::kernels {
namespace HWY_NAMESPACE {

// `n` everywhere: how many lanes.
HWY_INLINE vint16m4_t ZeroSums(size_t n) { return __riscv_vmv_v_x_i16m4(0, n); }

HWY_INLINE vint16m4_t AddProducts(vint16m4_t sums, vuint8m2_t codes, vint8m2_t q, size_t n) {
  return __riscv_vwmaccsu_vv_i16m4(sums, q, codes, n);
}

HWY_INLINE int32_t SumOf(vint16m4_t sums, size_t n) {
  return __riscv_vmv_x_s_i32m1_i32(__riscv_vwredsum_vs_i16m4_i32m1(sums, __riscv_vmv_v_x_i32m1(0, 1), n));
}

// NOLINTNEXTLINE(google-readability-namespace-comments)
}  // namespace HWY_NAMESPACE
}  // namespace tritwise::kernels
HWY_AFTER_NAMESPACE();
#endif  // HWY_TARGET == HWY_RVV

#endif  // TRITWISE_KERNELS_COMMON_RVV_INL_H_
