// Byte vectors and the one thing that instruction sets disagree about: multiplying bytes and adding the
// products up exactly.
//
//   TRITWISE_QUAD_DOT      1 where one instruction adds four products of bytes to each 32-bit lane (AVX-512
//                          VNNI, NEON with dot product); QuadDot() is that instruction.
//   TRITWISE_QUAD_DOT_U8   1 where its first factor is an unsigned byte, so that 128..255 count as such.
//   TRITWISE_T5_LOOKUP     1 where a table of 256 bytes can be looked up for a whole vector (AVX-512 VBMI).
//   PairDot()              everywhere but on HWY_SCALAR and RVV (rvv-inl.h): products of codes 0..3 with signed bytes,
//                          added up in 16-bit lanes, two products to a lane. The caller widens before a lane can
//                          overflow.
//
// Highway's own SumOfMulQuadAccumulate is used only where it is that one instruction: elsewhere it widens
// to 32 bits at once, which costs several times as much.
//
// clang-format off
#if defined(TRITWISE_KERNELS_COMMON_DOT_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef TRITWISE_KERNELS_COMMON_DOT_INL_H_
#undef TRITWISE_KERNELS_COMMON_DOT_INL_H_
#else
#define TRITWISE_KERNELS_COMMON_DOT_INL_H_
#endif
// clang-format on

#include <cstddef>
#include <cstdint>

#include "hwy/highway.h"

#undef TRITWISE_QUAD_DOT
#undef TRITWISE_QUAD_DOT_U8
#undef TRITWISE_T5_LOOKUP
#if HWY_ARCH_X86 && HWY_TARGET <= HWY_AVX3_DL
#define TRITWISE_QUAD_DOT 1
#define TRITWISE_QUAD_DOT_U8 1
#define TRITWISE_T5_LOOKUP 1
#elif HWY_TARGET_IS_NEON && (HWY_TARGET == HWY_NEON_BF16 || defined(__ARM_FEATURE_DOTPROD))
// Highway knows no NEON with dot product but without bf16 (Cortex-A76, A78): there the compiler's flags say it.
#define TRITWISE_QUAD_DOT 1
#define TRITWISE_QUAD_DOT_U8 0
#define TRITWISE_T5_LOOKUP 0
#else
#define TRITWISE_QUAD_DOT 0
#define TRITWISE_QUAD_DOT_U8 0
#define TRITWISE_T5_LOOKUP 0
#endif

HWY_BEFORE_NAMESPACE();
namespace tritwise::kernels {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

#if HWY_TARGET != HWY_SCALAR

using DU8 = hn::CappedTag<uint8_t, 64>;
using DI8 = hn::RebindToSigned<DU8>;
using DI16 = hn::RepartitionToWide<DI8>;
using DI32 = hn::RepartitionToWide<DI16>;
using VU8 = hn::Vec<DU8>;
using VI8 = hn::Vec<DI8>;
using VI16 = hn::Vec<DI16>;
using VI32 = hn::Vec<DI32>;

#if TRITWISE_QUAD_DOT
// sum + four products a lane. codes below 128, or any where TRITWISE_QUAD_DOT_U8.
HWY_INLINE VI32 QuadDot(VI32 sum, VU8 codes, VI8 q) {
#if TRITWISE_QUAD_DOT_U8 && HWY_COMPILER_GCC_ACTUAL
  // The instruction itself: given the intrinsic, GCC reads q from memory again for every use and moves sums
  // to the stack, which costs a quarter of the speed.
  asm("vpdpbusd %2, %1, %0" : "+v"(sum.raw) : "v"(codes.raw), "v"(q.raw));
  return sum;
#elif TRITWISE_QUAD_DOT_U8
  return hn::SumOfMulQuadAccumulate(DI32(), codes, q, sum);
#else
  return VI32(vdotq_s32(sum.raw, hn::BitCast(DI8(), codes).raw, q.raw));
#endif
}
#endif  // TRITWISE_QUAD_DOT

#if TRITWISE_QUAD_DOT
// Four sums by name: in arrays GCC keeps them in memory, which costs half of the speed.
struct FourSums {
  VI32 s0, s1, s2, s3;
};

// Written out because an implicit constructor would not be compiled for the target.
HWY_INLINE FourSums ZeroSums() {
  const VI32 zero = hn::Zero(DI32());
  return {zero, zero, zero, zero};
}
#endif  // TRITWISE_QUAD_DOT

#if HWY_TARGET != HWY_RVV
// sum + two products a lane, for codes 0..3. Which two depends on the target.
HWY_INLINE VI16 PairDot(VI16 sum, VU8 codes, VI8 q) {
#if HWY_TARGET_IS_NEON && HWY_ARCH_ARM_A64
  const int8x16_t c = hn::BitCast(DI8(), codes).raw;
  return VI16(vmlal_high_s8(vmlal_s8(sum.raw, vget_low_s8(c), vget_low_s8(q.raw)), c, q.raw));
#elif HWY_TARGET_IS_NEON
  const int8x16_t c = hn::BitCast(DI8(), codes).raw;
  const int16x8_t low = vmlal_s8(sum.raw, vget_low_s8(c), vget_low_s8(q.raw));
  return VI16(vmlal_s8(low, vget_high_s8(c), vget_high_s8(q.raw)));
#else
  return hn::Add(sum, hn::SatWidenMulPairwiseAdd(DI16(), codes, q));  // |pair| <= 768: does not saturate
#endif
}

// sum + the 16-bit lanes, two to a lane.
HWY_INLINE VI32 WidenAdd(VI32 sum, VI16 lanes) { return hn::Add(sum, hn::SumsOf2(lanes)); }

// Adds the upper half to the lower until four lanes are left.
template <class V>
HWY_INLINE hn::Vec<hn::FixedTag<int32_t, 4>> FoldSums(V v) {
  using D = hn::DFromV<V>;
  if constexpr (HWY_MAX_LANES_D(D) > 4) {
    const hn::Half<D> half;
    return FoldSums(hn::Add(hn::LowerHalf(half, v), hn::UpperHalf(half, v)));
  } else {
    return v;
  }
}

// out[r] = sum of the lanes of s_r, less `minus`. Together, because four sums cost about as much as one.
HWY_INLINE void StoreSums(VI32 s0, VI32 s1, VI32 s2, VI32 s3, int32_t minus, int32_t* out) {
  const DI32 d;
  const VI32 s02 = hn::Add(hn::InterleaveLower(d, s0, s2), hn::InterleaveUpper(d, s0, s2));
  const VI32 s13 = hn::Add(hn::InterleaveLower(d, s1, s3), hn::InterleaveUpper(d, s1, s3));
  const VI32 all = hn::Add(hn::InterleaveLower(d, s02, s13), hn::InterleaveUpper(d, s02, s13));
  const hn::FixedTag<int32_t, 4> d4;
  hn::StoreU(hn::Sub(FoldSums(all), hn::Set(d4, minus)), d4, out);
}
#endif  // HWY_TARGET != HWY_RVV

HWY_INLINE VI8 LoadQ(const int8_t* q) { return hn::LoadU(DI8(), q); }

#endif  // HWY_TARGET != HWY_SCALAR

// NOLINTNEXTLINE(google-readability-namespace-comments)
}  // namespace HWY_NAMESPACE
}  // namespace tritwise::kernels
HWY_AFTER_NAMESPACE();

#endif  // TRITWISE_KERNELS_COMMON_DOT_INL_H_
