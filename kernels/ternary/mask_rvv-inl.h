// Ternary products by adding and subtracting alone for RISC-V vectors: additions that widen take masks, so activations
// go into 16-bit lanes as they are. A group of trits costs two comparisons, two masked additions and what tells its
// field from the others: 1 in t2, 2 in t5. Code 3 of t2 counts as 0 here, though it should as +2: a block that has any,
// which no packer writes, is corrected trit by trit.
//
// clang-format off
#if defined(TRITWISE_KERNELS_TERNARY_MASK_RVV_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef TRITWISE_KERNELS_TERNARY_MASK_RVV_INL_H_
#undef TRITWISE_KERNELS_TERNARY_MASK_RVV_INL_H_
#else
#define TRITWISE_KERNELS_TERNARY_MASK_RVV_INL_H_
#endif
// clang-format on

#include "kernels/ternary/mask-inl.h"
#include "kernels/ternary/rvv-inl.h"

#if HWY_TARGET == HWY_RVV
HWY_BEFORE_NAMESPACE();
namespace tritwise::kernels {
namespace HWY_NAMESPACE {

// sums + q where `plus`, less q where `minus`.
HWY_INLINE vint16m4_t AddTrits(vint16m4_t sums, vint8m2_t q, vbool4_t plus, vbool4_t minus, size_t n) {
  sums = __riscv_vwadd_wv_i16m4_mu(plus, sums, sums, q, n);
  return __riscv_vwsub_wv_i16m4_mu(minus, sums, sums, q, n);
}

template <class Of>
struct ByMasks;

template <>
struct ByMasks<T2> {
  using Layout = T2;
  static constexpr size_t kMost = 128;
  static HWY_INLINE vuint8m2_t Next(vuint8m2_t bytes, size_t) { return bytes; }
  static HWY_INLINE vint16m4_t Add(vint16m4_t sums, vuint8m2_t bytes, size_t field, vint8m2_t q, size_t n) {
    const vuint8m2_t code = __riscv_vand_vx_u8m2(bytes, static_cast<uint8_t>(3 << 2 * field), n);
    return AddTrits(sums, q, __riscv_vmseq_vx_u8m2_b4(code, static_cast<uint8_t>(2 << 2 * field), n),
                    __riscv_vmseq_vx_u8m2_b4(code, 0, n), n);
  }
};

template <>
struct ByMasks<T5> {
  using Layout = T5;
  static constexpr size_t kMost = 128;
  static HWY_INLINE vuint8m2_t Next(vuint8m2_t bytes, size_t n) {
    return __riscv_vadd_vv_u8m2(__riscv_vadd_vv_u8m2(bytes, bytes, n), bytes, n);
  }
  static HWY_INLINE vint16m4_t Add(vint16m4_t sums, vuint8m2_t bytes, size_t, vint8m2_t q, size_t n) {
    return AddTrits(sums, q, __riscv_vmsgtu_vx_u8m2_b4(bytes, 170, n), __riscv_vmsleu_vx_u8m2_b4(bytes, 85, n), n);
  }
};

// Whether any field of t2 is 3.
HWY_INLINE bool HasThrees(const uint8_t* codes, size_t count) {
  vuint8m8_t threes = __riscv_vmv_v_x_u8m8(0, __riscv_vsetvlmax_e8m8());
  for (size_t at = 0; at < count;) {
    const size_t n = __riscv_vsetvl_e8m8(count - at);
    const vuint8m8_t bytes = __riscv_vle8_v_u8m8(codes + at, n);
    const vuint8m8_t both = __riscv_vand_vv_u8m8(bytes, __riscv_vsrl_vx_u8m8(bytes, 1, n), n);
    threes = __riscv_vor_vv_u8m8_tu(threes, threes, both, n);  // lanes from n on stay
    at += n;
  }
  const size_t all = __riscv_vsetvlmax_e8m8();
  const vbool1_t any = __riscv_vmsne_vx_u8m8_b1(__riscv_vand_vx_u8m8(threes, 0x55, all), 0, all);
  return __riscv_vfirst_m_b1(any, all) >= 0;
}

template <class Of>
HWY_INLINE void MaskBlock(const BlockCodes& block, const ChunkRange& range, const ActivationRow<Of>& row,
                          int32_t* sums) {
  BlockSums<ByMasks<Of>>(block, range.full_chunks, range.last_bytes, row, 0, sums);
  if constexpr (Of::kStorage == Storage::kT2) {
    bool threes = HasThrees(block.chunks, range.full_chunks * kBlockRows * kChunk);
    for (size_t r = 0; r < kBlockRows; ++r) {
      threes = threes || HasThrees(block.last + r * block.last_stride, range.last_bytes);
    }
    if (HWY_LIKELY(!threes)) return;
    for (size_t r = 0; r < kBlockRows; ++r) sums[r] += SumOfThrees<0>(block, r, range, row);
  }
}

// NOLINTNEXTLINE(google-readability-namespace-comments)
}  // namespace HWY_NAMESPACE
}  // namespace tritwise::kernels
HWY_AFTER_NAMESPACE();
#endif  // HWY_TARGET == HWY_RVV

#endif  // TRITWISE_KERNELS_TERNARY_MASK_RVV_INL_H_
