// Ternary products for RISC-V vectors of any length: a widening multiply-add takes bytes to 16-bit lanes of its own,
// one product a lane, so nothing has to be paired or moved. Registers stand in groups: two of bytes, which are half of
// a chunk where a vector has 128 bits and a whole one from 256 bits on, and four of sums. Four such sums, of the rows
// of a block or of as many rows of activations, leave 16 of the 32 registers for bytes. A field's codes are the lowest
// bits of the bytes, or the first digits of the fractions, and the bytes then go on to the next field: of all four rows
// before any goes on again, so that a CPU which runs instructions in order seldom waits for one.
//
// clang-format off
#if defined(TRITWISE_KERNELS_TERNARY_RVV_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef TRITWISE_KERNELS_TERNARY_RVV_INL_H_
#undef TRITWISE_KERNELS_TERNARY_RVV_INL_H_
#else
#define TRITWISE_KERNELS_TERNARY_RVV_INL_H_
#endif
// clang-format on

#include "kernels/common/rvv-inl.h"
#include "kernels/ternary/decode-inl.h"

#if HWY_TARGET == HWY_RVV

HWY_BEFORE_NAMESPACE();
namespace tritwise::kernels {
namespace HWY_NAMESPACE {

// How a group of packed bytes is multiplied, field by field: its codes of a field, and the bytes for the next one. No
// product of a code is larger than kMost.
template <class Layout>
struct ByProducts;

template <>
struct ByProducts<T2> {
  using Layout = T2;
  static constexpr size_t kMost = T2::kLargestCode * 128;
  static HWY_INLINE vuint8m2_t Codes(vuint8m2_t bytes, size_t field, size_t n) {
    return field == 3 ? bytes : __riscv_vand_vx_u8m2(bytes, 3, n);
  }
  static HWY_INLINE vuint8m2_t Next(vuint8m2_t bytes, size_t n) { return __riscv_vsrl_vx_u8m2(bytes, 2, n); }
  static HWY_INLINE vint16m4_t Add(vint16m4_t sums, vuint8m2_t bytes, size_t field, vint8m2_t q, size_t n) {
    return AddProducts(sums, Codes(bytes, field, n), q, n);
  }
};

template <>
struct ByProducts<T5> {
  using Layout = T5;
  static constexpr size_t kMost = T5::kLargestCode * 128;
  static HWY_INLINE vuint8m2_t Codes(vuint8m2_t bytes, size_t, size_t n) { return __riscv_vmulhu_vx_u8m2(bytes, 3, n); }
  static HWY_INLINE vuint8m2_t Next(vuint8m2_t bytes, size_t n) { return __riscv_vmul_vx_u8m2(bytes, 3, n); }
  static HWY_INLINE vint16m4_t Add(vint16m4_t sums, vuint8m2_t bytes, size_t field, vint8m2_t q, size_t n) {
    return AddProducts(sums, Codes(bytes, field, n), q, n);
  }
};

// Bytes of a chunk that are taken at a time.
HWY_INLINE size_t StepBytes() { return __riscv_vsetvl_e8m2(kChunk); }

// How many chunks may go into 16-bit lanes, to each of which a step adds one product a field.
template <class By>
HWY_INLINE size_t SafeChunks(size_t step) {
  constexpr size_t kSteps = 32767 / (By::Layout::kFields * By::kMost);
  static_assert(kSteps >= 2);  // a chunk is two steps of the narrowest vectors
  return kSteps * step / kChunk;
}

// sums[4] += four rows of weights, `stride` apart in a chunk, with one of activations, for as many chunks as are safe.
template <class By>
HWY_INLINE void AddFourRows(const uint8_t* codes, size_t stride, size_t bytes, size_t chunks, const int8_t* q, size_t n,
                            int32_t* sums) {
  using Layout = typename By::Layout;
  vint16m4_t a0 = ZeroSums(n), a1 = ZeroSums(n), a2 = ZeroSums(n), a3 = ZeroSums(n);
  for (; chunks > 0; --chunks, codes += kBlockRows * kChunk, q += Layout::kFields * kChunk) {
    for (size_t j = 0; j < bytes; j += n) {
      vuint8m2_t b0 = __riscv_vle8_v_u8m2(codes + j, n), b1 = __riscv_vle8_v_u8m2(codes + stride + j, n);
      vuint8m2_t b2 = __riscv_vle8_v_u8m2(codes + 2 * stride + j, n);
      vuint8m2_t b3 = __riscv_vle8_v_u8m2(codes + 3 * stride + j, n);
      for (size_t f = 0; f < Layout::kFields; ++f) {
        if (f != 0) {
          b0 = By::Next(b0, n);
          b1 = By::Next(b1, n);
          b2 = By::Next(b2, n);
          b3 = By::Next(b3, n);
        }
        const vint8m2_t x = __riscv_vle8_v_i8m2(q + f * kChunk + j, n);
        a0 = By::Add(a0, b0, f, x, n);
        a1 = By::Add(a1, b1, f, x, n);
        a2 = By::Add(a2, b2, f, x, n);
        a3 = By::Add(a3, b3, f, x, n);
      }
    }
  }
  sums[0] += SumOf(a0, n);
  sums[1] += SumOf(a1, n);
  sums[2] += SumOf(a2, n);
  sums[3] += SumOf(a3, n);
}

// sums[kRows] += one row of weights with kRows of activations, whose chunks begin at q_m + at.
template <class Layout, size_t kRows>
HWY_INLINE void AddOneRow(const uint8_t* codes, size_t bytes, size_t chunks, const int8_t* q0, const int8_t* q1,
                          const int8_t* q2, const int8_t* q3, size_t n, int32_t* sums) {
  using By = ByProducts<Layout>;
  vint16m4_t a0 = ZeroSums(n), a1 = ZeroSums(n), a2 = ZeroSums(n), a3 = ZeroSums(n);
  const size_t end = chunks * Layout::kFields * kChunk;
  for (size_t at = 0; at < end; at += Layout::kFields * kChunk, codes += kBlockRows * kChunk) {
    for (size_t j = 0; j < bytes; j += n) {
      vuint8m2_t b = __riscv_vle8_v_u8m2(codes + j, n);
      for (size_t f = 0; f < Layout::kFields; ++f) {
        if (f != 0) b = By::Next(b, n);
        const vuint8m2_t c = By::Codes(b, f, n);
        const size_t k = at + f * kChunk + j;
        a0 = AddProducts(a0, c, __riscv_vle8_v_i8m2(q0 + k, n), n);
        if constexpr (kRows > 1) a1 = AddProducts(a1, c, __riscv_vle8_v_i8m2(q1 + k, n), n);
        if constexpr (kRows > 2) a2 = AddProducts(a2, c, __riscv_vle8_v_i8m2(q2 + k, n), n);
        if constexpr (kRows > 3) a3 = AddProducts(a3, c, __riscv_vle8_v_i8m2(q3 + k, n), n);
      }
    }
  }
  sums[0] += SumOf(a0, n);
  if constexpr (kRows > 1) sums[1] += SumOf(a1, n);
  if constexpr (kRows > 2) sums[2] += SumOf(a2, n);
  if constexpr (kRows > 3) sums[3] += SumOf(a3, n);
}

// sums[4] = `sum` + the rows of a block with one row of activations.
template <class By>
HWY_INLINE void BlockSums(const BlockCodes& block, size_t full_chunks, size_t last_bytes,
                          const ActivationRow<typename By::Layout>& row, int32_t sum, int32_t* sums) {
  const size_t n = StepBytes();
  const size_t safe = SafeChunks<By>(n);
  for (size_t r = 0; r < kBlockRows; ++r) sums[r] = sum;
  for (size_t chunk = 0; chunk < full_chunks; chunk += safe) {
    AddFourRows<By>(block.chunks + chunk * kBlockRows * kChunk, kChunk, kChunk, HWY_MIN(safe, full_chunks - chunk),
                    row.chunks + chunk * By::Layout::kFields * kChunk, n, sums);
  }
  if (last_bytes != 0) AddFourRows<By>(block.last, block.last_stride, last_bytes, 1, row.last, n, sums);
}

template <class Layout>
HWY_INLINE void BlockOneRow(const BlockCodes& block, size_t full_chunks, size_t last_bytes,
                            const ActivationRow<Layout>& row, int32_t q_sum, int32_t* sums) {
  BlockSums<ByProducts<Layout>>(block, full_chunks, last_bytes, row, -q_sum, sums);
}

// One row of weights after the other, each taken apart once for all rows of activations.
template <class Layout, size_t kRows>
HWY_INLINE void BlockTile(const BlockCodes& block, const ChunkRange& range, const ActivationRow<Layout>* rows,
                          const int32_t* q_sums, int32_t* sums, size_t sums_stride) {
  static_assert(kRows >= 1 && kRows <= 4);
  const size_t n = StepBytes();
  const size_t safe = SafeChunks<ByProducts<Layout>>(n);
  const ActivationRow<Layout>& row1 = rows[kRows > 1 ? 1 : 0];
  const ActivationRow<Layout>& row2 = rows[kRows > 2 ? 2 : 0];
  const ActivationRow<Layout>& row3 = rows[kRows > 3 ? 3 : 0];
  for (size_t r = 0; r < kBlockRows; ++r) {
    int32_t total[kRows];
    for (size_t m = 0; m < kRows; ++m) total[m] = -q_sums[m];
    for (size_t chunk = 0; chunk < range.full_chunks; chunk += safe) {
      const size_t at = chunk * Layout::kFields * kChunk;
      AddOneRow<Layout, kRows>(block.chunks + (chunk * kBlockRows + r) * kChunk, kChunk,
                               HWY_MIN(safe, range.full_chunks - chunk), rows[0].chunks + at, row1.chunks + at,
                               row2.chunks + at, row3.chunks + at, n, total);
    }
    if (range.last_bytes != 0) {
      AddOneRow<Layout, kRows>(block.last + r * block.last_stride, range.last_bytes, 1, rows[0].last, row1.last,
                               row2.last, row3.last, n, total);
    }
    for (size_t m = 0; m < kRows; ++m) sums[m * sums_stride + r] = total[m];
  }
}

// NOLINTNEXTLINE(google-readability-namespace-comments)
}  // namespace HWY_NAMESPACE
}  // namespace tritwise::kernels
HWY_AFTER_NAMESPACE();
#endif  // HWY_TARGET == HWY_RVV

#endif  // TRITWISE_KERNELS_TERNARY_RVV_INL_H_
