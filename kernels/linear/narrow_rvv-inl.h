// Groups of int6 or int4 weights times rows of i8 activations for RISC-V vectors: each byte of a unit has a 16-bit lane
// that takes the products of all of a group's columns, 16 of them. Nibbles fit (16 * 15 * 128 = 30720); of int6 the
// upper two bits have lanes of their own. The four lanes of a row are added up at the end of the group. One row of
// activations after the other: taking codes apart costs less than the products.
//
// clang-format off
#if defined(TRITWISE_KERNELS_LINEAR_NARROW_RVV_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef TRITWISE_KERNELS_LINEAR_NARROW_RVV_INL_H_
#undef TRITWISE_KERNELS_LINEAR_NARROW_RVV_INL_H_
#else
#define TRITWISE_KERNELS_LINEAR_NARROW_RVV_INL_H_
#endif
// clang-format on

#include <cstring>

#include "format/narrow_layout.h"
#include "kernels/common/rvv-inl.h"

#if HWY_TARGET == HWY_RVV
HWY_BEFORE_NAMESPACE();
namespace tritwise::kernels {
namespace HWY_NAMESPACE {

// Four activations, again and again.
HWY_INLINE vint8m2_t Repeat(int32_t four, size_t n) {
  return __riscv_vreinterpret_v_i32m2_i8m2(__riscv_vmv_v_x_i32m2(four, n / 4));
}

// The sums of four lanes each.
HWY_INLINE vint32m2_t SumFours(vint16m4_t lanes, size_t n) {
  const vint32m4_t twos = __riscv_vreinterpret_v_i16m4_i32m4(lanes);
  const vint32m4_t sums =
      __riscv_vwadd_vv_i32m4(__riscv_vnsra_wx_i16m2(twos, 0, n / 2), __riscv_vnsra_wx_i16m2(twos, 16, n / 2), n / 2);
  const vint64m4_t fours = __riscv_vreinterpret_v_i32m4_i64m4(sums);
  return __riscv_vadd_vv_i32m2(__riscv_vnsra_wx_i32m2(fours, 0, n / 4), __riscv_vnsra_wx_i32m2(fours, 32, n / 4),
                               n / 4);
}

// lanes + a unit of nibbles, or `n` bytes of it, times eight activations.
HWY_INLINE vint16m4_t AddNibbles(vint16m4_t lanes, const uint8_t* codes, const int32_t* fours, size_t n) {
  const vuint8m2_t unit = __riscv_vle8_v_u8m2(codes, n);
  lanes = AddProducts(lanes, __riscv_vand_vx_u8m2(unit, 15, n), Repeat(fours[0], n), n);
  return AddProducts(lanes, __riscv_vsrl_vx_u8m2(unit, 4, n), Repeat(fours[1], n), n);
}

// lanes + a unit of four pairs of bits times 16 activations.
HWY_INLINE vint16m4_t AddPairs(vint16m4_t lanes, const uint8_t* codes, const int32_t* fours, size_t n) {
  vuint8m2_t unit = __riscv_vle8_v_u8m2(codes, n);
  for (size_t i = 0; i < 4; ++i) {
    lanes = AddProducts(lanes, __riscv_vand_vx_u8m2(unit, 3, n), Repeat(fours[i], n), n);
    unit = __riscv_vsrl_vx_u8m2(unit, 2, n);
  }
  return lanes;
}

// One group's codes times a row of activations, for the rows to which `n` bytes of a unit belong.
template <Storage kStorage>
HWY_INLINE vint32m2_t GroupSums(const uint8_t* codes, const int32_t* fours, size_t n) {
  vint16m4_t lanes = ZeroSums(n);
  if constexpr (kStorage == Storage::kI4) {
    for (size_t k = 0; k < kNarrowGroupCols; k += 8, codes += kNarrowUnitBytes, fours += 2) {
      lanes = AddNibbles(lanes, codes, fours, n);
    }
    return SumFours(lanes, n);
  } else {
    vint16m4_t upper = lanes;
    for (size_t k = 0; k < kNarrowGroupCols; k += 16, codes += 3 * kNarrowUnitBytes, fours += 4) {
      lanes = AddNibbles(lanes, codes, fours, n);
      lanes = AddNibbles(lanes, codes + kNarrowUnitBytes, fours + 2, n);
      upper = AddPairs(upper, codes + 2 * kNarrowUnitBytes, fours, n);
    }
    const vint32m2_t sixteens = __riscv_vsll_vx_i32m2(SumFours(upper, n), 4, n / 4);
    return __riscv_vadd_vv_i32m2(SumFours(lanes, n), sixteens, n / 4);
  }
}

// sums[16 * r + lane] = sum over one group's columns of code * activation, for kRows rows, less minus[r].
template <class Codes, size_t kRows>
HWY_INLINE void GroupProducts(const uint8_t* codes, const int8_t* const (&q)[kRows], const int32_t (&minus)[kRows],
                              int32_t* sums) {
  const size_t n = __riscv_vsetvl_e8m2(kNarrowUnitBytes);
  for (size_t r = 0; r < kRows; ++r, sums += kNarrowBlockRows) {
    int32_t fours[kNarrowGroupCols / 4];
    std::memcpy(fours, q[r], sizeof(fours));
    for (size_t j = 0; j < kNarrowUnitBytes; j += n) {
      const vint32m2_t all = GroupSums<Codes::kStorage>(codes + j, fours, n);
      __riscv_vse32_v_i32m2(sums + j / 4, __riscv_vsub_vx_i32m2(all, minus[r], n / 4), n / 4);
    }
  }
}

// NOLINTNEXTLINE(google-readability-namespace-comments)
}  // namespace HWY_NAMESPACE
}  // namespace tritwise::kernels
HWY_AFTER_NAMESPACE();
#endif  // HWY_TARGET == HWY_RVV

#endif  // TRITWISE_KERNELS_LINEAR_NARROW_RVV_INL_H_
