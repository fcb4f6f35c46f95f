// Looking sums of two activations up by RISC-V vectors. What is looked up is as elsewhere; but a look-up sees the whole
// vector, so each 128 bits of indices point at their own table, and bytes are widened to 16 bits as they are added: a
// lane is a row, and columns beyond 128 bits are put together at the end of a tile.
//
// clang-format off
#if defined(TRITWISE_KERNELS_TERNARY_LUT_RVV_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef TRITWISE_KERNELS_TERNARY_LUT_RVV_INL_H_
#undef TRITWISE_KERNELS_TERNARY_LUT_RVV_INL_H_
#else
#define TRITWISE_KERNELS_TERNARY_LUT_RVV_INL_H_
#endif
// clang-format on

#include "kernels/ternary/lut-inl.h"

#if HWY_TARGET == HWY_RVV
#include <riscv_vector.h>

HWY_BEFORE_NAMESPACE();
namespace tritwise::kernels {
namespace HWY_NAMESPACE {

// sum + the bytes of a table that `index` names.
HWY_INLINE vuint8m1_t AddFound(vuint8m1_t sum, const uint8_t* table, vuint8m1_t index, size_t n) {
  return __riscv_vadd_vv_u8m1(sum, __riscv_vrgather_vv_u8m1(__riscv_vle8_v_u8m1(table, n), index, n), n);
}

// The sums of 16 rows, of as many columns at a time as a vector has.
HWY_INLINE vuint16m2_t FoldRows(vuint16m2_t sums, size_t n) {
  for (; n > kLutBlockRows; n /= 2) {
    sums = __riscv_vadd_vv_u16m2(sums, __riscv_vslidedown_vx_u16m2(sums, n / 2, n / 2), n / 2);
  }
  return sums;
}

// sums[16] += one tile of one block of rows.
HWY_INLINE void AddLutBlock(const uint8_t* codes, size_t units, const LutTables& tables, int32_t* sums) {
  const size_t n = __riscv_vsetvl_e8m1(kLutUnitBytes);
  // Where the table of each index begins within a vector.
  const vuint8m1_t begin = __riscv_vand_vx_u8m1(__riscv_vid_v_u8m1(n), 0xF0, n);
  vuint16m2_t low_sums = __riscv_vmv_v_x_u16m2(0, n), high_sums = low_sums;
  const uint8_t* table = tables.bytes;
  for (size_t unit = 0; unit < units; ++unit, codes += kLutUnitBytes, table += LutTables::kUnitBytes) {
    vuint8m1_t low = __riscv_vmv_v_x_u8m1(0, n), high = low;  // of four vectors at most: eight look-ups fit a byte
    for (size_t at = 0; at < kLutUnitBytes; at += n) {
      const vuint8m1_t bytes = __riscv_vle8_v_u8m1(codes + at, n);
      const vuint8m1_t first = __riscv_vor_vv_u8m1(__riscv_vand_vx_u8m1(bytes, 15, n), begin, n);
      const vuint8m1_t second = __riscv_vor_vv_u8m1(__riscv_vsrl_vx_u8m1(bytes, 4, n), begin, n);
      low = AddFound(low, table + at, first, n);
      low = AddFound(low, table + kLutUnitBytes + at, second, n);
      high = AddFound(high, table + 2 * kLutUnitBytes + at, first, n);
      high = AddFound(high, table + 3 * kLutUnitBytes + at, second, n);
    }
    low_sums = __riscv_vwaddu_wv_u16m2(low_sums, low, n);
    high_sums = __riscv_vwaddu_wv_u16m2(high_sums, high, n);
  }
  // 32 high + low - bias.
  constexpr size_t kRows = kLutBlockRows;
  const vuint32m4_t high = __riscv_vsll_vx_u32m4(__riscv_vzext_vf2_u32m4(FoldRows(high_sums, n), kRows), 5, kRows);
  const vuint32m4_t both = __riscv_vwaddu_wv_u32m4(high, FoldRows(low_sums, n), kRows);
  const auto bias = static_cast<int32_t>(units * kLutUnitCols / 2) * kLutBias;
  const vint32m4_t before = __riscv_vsub_vx_i32m4(__riscv_vle32_v_i32m4(sums, kRows), bias, kRows);
  __riscv_vse32_v_i32m4(sums, __riscv_vadd_vv_i32m4(before, __riscv_vreinterpret_v_u32m4_i32m4(both), kRows), kRows);
}

// NOLINTNEXTLINE(google-readability-namespace-comments)
}  // namespace HWY_NAMESPACE
}  // namespace tritwise::kernels
HWY_AFTER_NAMESPACE();
#endif  // HWY_TARGET == HWY_RVV

#endif  // TRITWISE_KERNELS_TERNARY_LUT_RVV_INL_H_
