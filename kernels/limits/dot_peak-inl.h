// Chains of byte products, each independent of the others, so that the multiplier alone limits them.
//
// The sums of 12 chains (8 without a four-way dot product, where there are fewer registers; four on RVV, each in four
// registers) stand in variables of their own, never in arrays: vectors without a fixed size (RVV) cannot be in any.
//
// clang-format off
#if defined(TRITWISE_KERNELS_LIMITS_DOT_PEAK_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef TRITWISE_KERNELS_LIMITS_DOT_PEAK_INL_H_
#undef TRITWISE_KERNELS_LIMITS_DOT_PEAK_INL_H_
#else
#define TRITWISE_KERNELS_LIMITS_DOT_PEAK_INL_H_
#endif
// clang-format on

#include "kernels/common/dot-inl.h"
#include "kernels/common/rvv-inl.h"
#include "kernels/limits/reference.h"

HWY_BEFORE_NAMESPACE();
namespace tritwise::kernels {
namespace HWY_NAMESPACE {

#if HWY_TARGET == HWY_SCALAR

HWY_INLINE uint32_t DotChains(const uint8_t* codes, const int8_t* q, size_t rounds) {
  return reference::DotPeak(codes, q, rounds);
}

#else

static_assert(kDotCodes == 4 && kDotRows == 6);

#if HWY_TARGET == HWY_RVV

// A 16-bit lane takes a product of at most 3 * 128 a row.
inline constexpr size_t kDotSafeRounds = 32767 / (kDotRows * 3 * 128);

HWY_INLINE uint32_t DotChains(const uint8_t* codes, const int8_t* q, size_t rounds) {
  const size_t n = __riscv_vsetvl_e8m2(kDotRowBytes);
  uint32_t total = 0;
  for (size_t j = 0; j < kDotRowBytes; j += n) {
    const vuint8m2_t c0 = __riscv_vle8_v_u8m2(codes + j, n);
    const vuint8m2_t c1 = __riscv_vle8_v_u8m2(codes + kDotRowBytes + j, n);
    const vuint8m2_t c2 = __riscv_vle8_v_u8m2(codes + 2 * kDotRowBytes + j, n);
    const vuint8m2_t c3 = __riscv_vle8_v_u8m2(codes + 3 * kDotRowBytes + j, n);
    for (size_t begin = 0; begin < rounds; begin += kDotSafeRounds) {
      const size_t end = HWY_MIN(rounds, begin + kDotSafeRounds);
      vint16m4_t a0 = ZeroSums(n), a1 = ZeroSums(n), a2 = ZeroSums(n), a3 = ZeroSums(n);
      for (size_t round = begin; round < end; ++round) {
        const int8_t* rows = q + round % kDotTurns * kDotRows * kDotRowBytes + j;
        for (size_t row = 0; row < kDotRows; ++row, rows += kDotRowBytes) {
          const vint8m2_t x = __riscv_vle8_v_i8m2(rows, n);
          a0 = AddProducts(a0, c0, x, n);
          a1 = AddProducts(a1, c1, x, n);
          a2 = AddProducts(a2, c2, x, n);
          a3 = AddProducts(a3, c3, x, n);
        }
      }
      total += static_cast<uint32_t>(SumOf(a0, n)) + static_cast<uint32_t>(SumOf(a1, n)) +
               static_cast<uint32_t>(SumOf(a2, n)) + static_cast<uint32_t>(SumOf(a3, n));
    }
  }
  return total;
}

#else

HWY_INLINE uint32_t SumLanes(VI32 v) { return static_cast<uint32_t>(hn::ReduceSum(DI32(), v)); }

#if TRITWISE_QUAD_DOT

HWY_INLINE uint32_t DotChains(const uint8_t* codes, const int8_t* q, size_t rounds) {
  const DU8 d;
  uint32_t total = 0;
  // A vector's width of all rows at a time: codes stay in registers.
  for (size_t j = 0; j < kDotRowBytes; j += hn::Lanes(d)) {
    const VU8 c0 = hn::LoadU(d, codes + j);
    const VU8 c1 = hn::LoadU(d, codes + kDotRowBytes + j);
    const VU8 c2 = hn::LoadU(d, codes + 2 * kDotRowBytes + j);
    const VU8 c3 = hn::LoadU(d, codes + 3 * kDotRowBytes + j);
    VI32 a0 = hn::Zero(DI32()), a1 = a0, a2 = a0, a3 = a0;
    VI32 b0 = a0, b1 = a0, b2 = a0, b3 = a0;
    VI32 e0 = a0, e1 = a0, e2 = a0, e3 = a0;
    for (size_t round = 0; round < rounds; ++round) {
      const int8_t* rows = q + round % kDotTurns * kDotRows * kDotRowBytes + j;
      for (size_t row = 0; row < kDotRows; row += 3, rows += 3 * kDotRowBytes) {
        const VI8 q0 = LoadQ(rows);
        a0 = QuadDot(a0, c0, q0);
        a1 = QuadDot(a1, c1, q0);
        a2 = QuadDot(a2, c2, q0);
        a3 = QuadDot(a3, c3, q0);
        const VI8 q1 = LoadQ(rows + kDotRowBytes);
        b0 = QuadDot(b0, c0, q1);
        b1 = QuadDot(b1, c1, q1);
        b2 = QuadDot(b2, c2, q1);
        b3 = QuadDot(b3, c3, q1);
        const VI8 q2 = LoadQ(rows + 2 * kDotRowBytes);
        e0 = QuadDot(e0, c0, q2);
        e1 = QuadDot(e1, c1, q2);
        e2 = QuadDot(e2, c2, q2);
        e3 = QuadDot(e3, c3, q2);
      }
    }
    total += SumLanes(
        hn::Add(hn::Add(hn::Add(a0, a1), hn::Add(a2, a3)),
                hn::Add(hn::Add(hn::Add(b0, b1), hn::Add(b2, b3)), hn::Add(hn::Add(e0, e1), hn::Add(e2, e3)))));
  }
  return total;
}

#else

// A 16-bit lane takes two products of at most 3 * 128 a step; a chain takes three steps a round.
inline constexpr size_t kDotSafeRounds = 32767 / (3 * 2 * 3 * 128);

HWY_INLINE uint32_t DotChains(const uint8_t* codes, const int8_t* q, size_t rounds) {
  const DU8 d;
  uint32_t total = 0;
  for (size_t j = 0; j < kDotRowBytes; j += hn::Lanes(d)) {
    const VU8 c0 = hn::LoadU(d, codes + j);
    const VU8 c1 = hn::LoadU(d, codes + kDotRowBytes + j);
    const VU8 c2 = hn::LoadU(d, codes + 2 * kDotRowBytes + j);
    const VU8 c3 = hn::LoadU(d, codes + 3 * kDotRowBytes + j);
    VI32 sum = hn::Zero(DI32());
    for (size_t begin = 0; begin < rounds; begin += kDotSafeRounds) {
      const size_t end = HWY_MIN(rounds, begin + kDotSafeRounds);
      VI16 a0 = hn::Zero(DI16()), a1 = a0, a2 = a0, a3 = a0;
      VI16 b0 = a0, b1 = a0, b2 = a0, b3 = a0;
      for (size_t round = begin; round < end; ++round) {
        const int8_t* rows = q + round % kDotTurns * kDotRows * kDotRowBytes + j;
        for (size_t row = 0; row < kDotRows; row += 2, rows += 2 * kDotRowBytes) {
          const VI8 q0 = LoadQ(rows);
          a0 = PairDot(a0, c0, q0);
          a1 = PairDot(a1, c1, q0);
          a2 = PairDot(a2, c2, q0);
          a3 = PairDot(a3, c3, q0);
          const VI8 q1 = LoadQ(rows + kDotRowBytes);
          b0 = PairDot(b0, c0, q1);
          b1 = PairDot(b1, c1, q1);
          b2 = PairDot(b2, c2, q1);
          b3 = PairDot(b3, c3, q1);
        }
      }
      sum = WidenAdd(WidenAdd(WidenAdd(WidenAdd(sum, a0), a1), a2), a3);
      sum = WidenAdd(WidenAdd(WidenAdd(WidenAdd(sum, b0), b1), b2), b3);
    }
    total += SumLanes(sum);
  }
  return total;
}

#endif  // TRITWISE_QUAD_DOT
#endif  // HWY_TARGET == HWY_RVV
#endif  // HWY_TARGET == HWY_SCALAR

// NOLINTNEXTLINE(google-readability-namespace-comments)
}  // namespace HWY_NAMESPACE
}  // namespace tritwise::kernels
HWY_AFTER_NAMESPACE();

#endif  // TRITWISE_KERNELS_LIMITS_DOT_PEAK_INL_H_
