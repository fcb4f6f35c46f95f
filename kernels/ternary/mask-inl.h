// Ternary products by adding and subtracting alone: trits are compared, an activation is added where the trit is +1 and
// subtracted where it is -1. No product of any kind.
//
// Sums of activations do not fit bytes, and 16-bit lanes would halve a vector. So an activation is split once a row
// into two bytes of its own, q = 16 high + low, both within -8..8: 15 of either fit a byte. After three vectors of
// codes (12 trits in t2, 15 in t5) the bytes are widened by SumsOf8, eight to a 64-bit lane. Instructions that a
// vector of trits of one row costs in t2, beside loading:
//   AVX-512     3 for the two masks, 4 masked additions: 7 for 64 trits, 0.11 each
//   AVX2, SSE4  2 for the trit's sign, 2 that negate, clear or keep by it, 2 additions: 6 for 32 (16), 0.19
//   others      3 for the two masks, 4 "and", 4 additions: 11 for 16, 0.69; RISC-V vectors: mask_rvv-inl.h
// and widening about a tenth more. t5 has 5 for the two masks or 5 for the sign, its digits taken apart.
//
// Code 3 of t2, which no packer writes, counts as +2 by definition. Here it counts as kThree; the codes pass by a
// check (3 instructions a vector of bytes), and a block that has any is corrected trit by trit.
//
// clang-format off
#if defined(TRITWISE_KERNELS_TERNARY_MASK_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef TRITWISE_KERNELS_TERNARY_MASK_INL_H_
#undef TRITWISE_KERNELS_TERNARY_MASK_INL_H_
#else
#define TRITWISE_KERNELS_TERNARY_MASK_INL_H_
#endif
// clang-format on

#include <utility>

#include "kernels/common/inline_lambda.h"
#include "kernels/ternary/decode-inl.h"

// Whether bytes can be negated, cleared or kept by the signs of others, and whether additions can be masked.
#undef TRITWISE_BYTE_SIGN
#undef TRITWISE_MASKED_ADD
#if HWY_TARGET == HWY_AVX2 || HWY_TARGET == HWY_SSE4
#define TRITWISE_BYTE_SIGN 1
#define TRITWISE_MASKED_ADD 0
#else
#define TRITWISE_BYTE_SIGN 0
#define TRITWISE_MASKED_ADD (HWY_ARCH_X86 && HWY_TARGET <= HWY_AVX3)
#endif

HWY_BEFORE_NAMESPACE();
namespace tritwise::kernels {
namespace HWY_NAMESPACE {

// One chunk of a block and of a row of activations: its codes, `stride` apart from row to row, and how many bytes a row
// has.
template <class Layout>
struct ChunkParts {
  HWY_INLINE ChunkParts(const BlockCodes& block, const ChunkRange& range, const ActivationRow<Layout>& row,
                        size_t chunk) {
    const bool full = chunk < range.full_chunks;
    codes = full ? block.chunks + chunk * kBlockRows * kChunk : block.last;
    stride = full ? kChunk : block.last_stride;
    bytes = full ? kChunk : range.last_bytes;
    q = full ? row.chunks + chunk * Layout::kFields * kChunk : row.last;
  }

  const uint8_t* codes;
  size_t stride;
  size_t bytes;
  const int8_t* q;
};

// op(code, activation) for every trit of row r of a block.
template <class Layout, class Op>
HWY_INLINE void ForTritsOfRow(const BlockCodes& block, size_t r, const ChunkRange& range,
                              const ActivationRow<Layout>& row, Op op) {
  for (size_t chunk = 0; chunk < range.chunks(); ++chunk) {
    const ChunkParts<Layout> at(block, range, row, chunk);
    for (size_t j = 0; j < at.bytes; ++j) {
      Layout::ForFieldsOfByte(at.codes[r * at.stride + j],
                              [&](size_t f, int32_t code) { op(code, int32_t{at.q[f * kChunk + j]}); });
    }
  }
}

// What code 3 counts for beyond kThree, in row r of a block.
template <int32_t kThree, class Layout>
HWY_NOINLINE int32_t SumOfThrees(const BlockCodes& block, size_t r, const ChunkRange& range,
                                 const ActivationRow<Layout>& row) {
  int32_t sum = 0;
  ForTritsOfRow(block, r, range, row, [&](int32_t code, int32_t activation) {
    for (int32_t i = kThree; code == 3 && i < 2; ++i) sum += activation;
  });
  return sum;
}

#if HWY_TARGET == HWY_SCALAR

template <class Layout>
HWY_INLINE int32_t MaskRow(const BlockCodes& block, size_t r, const ChunkRange& range,
                           const ActivationRow<Layout>& row) {
  int32_t sum = 0;
  ForTritsOfRow(block, r, range, row, [&](int32_t code, int32_t activation) {
    // Once for the lower bit of the code, twice for the upper one, less once; without a branch, which would be
    // mispredicted every other time.
    sum += (activation & -(code & 1)) + ((activation + activation) & -(code >> 1)) - activation;
  });
  return sum;
}

template <class Layout>
HWY_INLINE void MaskBlock(const BlockCodes& block, const ChunkRange& range, const ActivationRow<Layout>& row,
                          int32_t* sums) {
  for (size_t r = 0; r < kBlockRows; ++r) sums[r] = MaskRow(block, r, range, row);
}

#elif HWY_TARGET != HWY_RVV

using DU64 = hn::Repartition<uint64_t, DU8>;
using VU64 = hn::Vec<DU64>;

// Vectors of codes whose parts of activations fit a byte: 15 trits.
template <class Layout>
inline constexpr size_t kSafeVectors = 15 / Layout::kFields;

// What a chunk's split activations take: 64 low parts, then 64 high ones, for each field.
template <class Layout>
inline constexpr size_t kPartsBytes = Layout::kFields * 2 * kChunk;

template <class Layout>
HWY_INLINE void SplitActivations(const ActivationRow<Layout>& row, const ChunkRange& range, int8_t* parts) {
  const DI8 d;
  for (size_t chunk = 0; chunk < range.chunks(); ++chunk) {
    const int8_t* q = chunk < range.full_chunks ? row.chunks + chunk * Layout::kFields * kChunk : row.last;
    for (size_t f = 0; f < Layout::kFields; ++f, parts += 2 * kChunk) {
      for (size_t j = 0; j < kChunk; j += hn::Lanes(d)) {
        const VI8 x = LoadQ(q + f * kChunk + j);
        const VI8 eight = hn::Set(d, 8);
        const VI8 low = hn::Sub(hn::Xor(hn::And(x, hn::Set(d, 15)), eight), eight);
        const VI8 carry = hn::VecFromMask(d, hn::Lt(low, hn::Zero(d)));  // -1 where 16 was taken off
        hn::StoreU(low, d, parts + j);
        hn::StoreU(hn::Sub(hn::ShiftRight<4>(x), carry), d, parts + kChunk + j);
      }
    }
  }
}

// op(0), op(1), ..., each a constant.
template <class Op, size_t... F>
HWY_INLINE void ForEachIndex(std::index_sequence<F...>, Op op) {
  (op(std::integral_constant<size_t, F>()), ...);
}

#if TRITWISE_BYTE_SIGN
// q where trit > 0, -q where trit < 0, 0 where it is 0.
HWY_INLINE VI8 BySign(VI8 q, VI8 trit) {
#if HWY_TARGET == HWY_AVX2
  return VI8{_mm256_sign_epi8(q.raw, trit.raw)};
#else
  return VI8{_mm_sign_epi8(q.raw, trit.raw)};
#endif
}
HWY_INLINE VI8 AddTrits(VI8 sum, VI8 q, VI8 trit) { return hn::Add(sum, BySign(q, trit)); }
#else
using MI8 = hn::Mask<DI8>;
HWY_INLINE VI8 AddTrits(VI8 sum, VI8 q, MI8 plus, MI8 minus) {
#if TRITWISE_MASKED_ADD
  sum = hn::MaskedAddOr(sum, plus, sum, q);
  return hn::MaskedSubOr(sum, minus, sum, q);
#else
  return hn::Sub(hn::Add(sum, hn::IfThenElseZero(plus, q)), hn::IfThenElseZero(minus, q));
#endif
}
#endif

// How the trits of a vector of bytes are told apart. Begin() makes of bytes what Field() reads, Next() goes on to the
// next field. Field() calls op(trit) or op(plus, minus), as AddTrits wants it.
template <class Layout>
struct Trits;

template <>
struct Trits<T2> {
  static constexpr int32_t kThree = TRITWISE_BYTE_SIGN ? 1 : 0;

  static HWY_INLINE VU8 Begin(VU8 bytes) { return bytes; }
  static HWY_INLINE VU8 Next(VU8 bytes) { return bytes; }
  template <size_t kField, class Op>
  static HWY_INLINE void Field(VU8 bytes, Op op) {
    const DU8 d;
#if TRITWISE_BYTE_SIGN
    if constexpr (kField < 3) {
      const VU8 code = hn::And(bytes, hn::Set(d, uint8_t{3} << (2 * kField)));
      op(hn::BitCast(DI8(), hn::Sub(code, hn::Set(d, uint8_t{1} << (2 * kField)))));
    } else {  // 2 << 6 would be negative
      const hn::Repartition<uint16_t, DU8> du16;
      const VU8 code = hn::And(hn::BitCast(d, hn::ShiftRight<6>(hn::BitCast(du16, bytes))), hn::Set(d, 3));
      op(hn::BitCast(DI8(), hn::Sub(code, hn::Set(d, 1))));
    }
#else
    const VI8 code = hn::BitCast(DI8(), hn::And(bytes, hn::Set(d, uint8_t{3} << (2 * kField))));
    op(hn::Eq(code, hn::Set(DI8(), static_cast<int8_t>(2 << (2 * kField)))), hn::Eq(code, hn::Zero(DI8())));
#endif
  }
  // The lowest bit of each field that is 3.
  static HWY_INLINE VU8 Threes(VU8 bytes) {
    const hn::Repartition<uint16_t, DU8> du16;
    return hn::And(bytes, hn::BitCast(DU8(), hn::ShiftRight<1>(hn::BitCast(du16, bytes))));
  }
  static HWY_INLINE bool HasThrees(VU8 threes) {
    const DU8 d;
    return !hn::AllFalse(d, hn::Ne(hn::And(threes, hn::Set(d, 0x55)), hn::Zero(d)));
  }
};

template <>
struct Trits<T5> {
  static constexpr int32_t kThree = 2;  // there is no such code

  // With the highest bit turned over, so that signed comparisons are of unsigned bytes; three times that has it turned
  // over too.
  static HWY_INLINE VU8 Begin(VU8 bytes) { return hn::Xor(bytes, hn::Set(DU8(), 0x80)); }
  static HWY_INLINE VU8 Next(VU8 bytes) { return T5::Triple(bytes); }
  template <size_t kField, class Op>
  static HWY_INLINE void Field(VU8 bytes, Op op) {
    const DI8 d;
    const VI8 fraction = hn::BitCast(d, bytes);
    const auto plus = hn::Gt(fraction, hn::Set(d, int8_t{170 - 128}));
    const auto minus = hn::Lt(fraction, hn::Set(d, int8_t{86 - 128}));
#if TRITWISE_BYTE_SIGN
    op(hn::Sub(hn::VecFromMask(d, minus), hn::VecFromMask(d, plus)));
#else
    op(plus, minus);
#endif
  }
  static HWY_INLINE VU8 Threes(VU8) { return hn::Zero(DU8()); }
  static HWY_INLINE bool HasThrees(VU8) { return false; }
};

// sum + 16 high + low, eight bytes to a lane; each time kWidenBias too much in every lane, which keeps lanes positive.
inline constexpr int32_t kWidenBias = 8 * 128 * (16 + 1);
HWY_INLINE VU64 WidenParts(VU64 sum, VI8 low, VI8 high) {
  const VI8 bias = hn::Set(DI8(), -128);
  const VU64 lows = hn::SumsOf8(hn::BitCast(DU8(), hn::Xor(low, bias)));
  const VU64 highs = hn::SumsOf8(hn::BitCast(DU8(), hn::Xor(high, bias)));
  return hn::Add(hn::Add(sum, lows), hn::ShiftLeft<4>(highs));
}
HWY_INLINE int32_t BiasOf(size_t widenings) { return static_cast<int32_t>(widenings * hn::Lanes(DU64())) * kWidenBias; }

// sums[4] = the four rows of a block with one row of activations, in a range of chunks. `parts`: the row's activations
// of that range, split.
template <class Layout>
HWY_INLINE void MaskBlock(const BlockCodes& block, const ChunkRange& range, const ActivationRow<Layout>& row,
                          const int8_t* parts, int32_t* sums) {
  using Of = Trits<Layout>;
  const DU8 d;
  const VI8 zero = hn::Zero(DI8());
  VI8 low0 = zero, low1 = zero, low2 = zero, low3 = zero;
  VI8 high0 = zero, high1 = zero, high2 = zero, high3 = zero;
  VU64 sum0 = hn::Zero(DU64()), sum1 = sum0, sum2 = sum0, sum3 = sum0;
  VU8 threes = hn::Zero(d);
  size_t vectors = 0;
  size_t widenings = 0;
  const auto widen = [&]() TRITWISE_INLINE_LAMBDA {
    sum0 = WidenParts(sum0, low0, high0);
    sum1 = WidenParts(sum1, low1, high1);
    sum2 = WidenParts(sum2, low2, high2);
    sum3 = WidenParts(sum3, low3, high3);
    low0 = low1 = low2 = low3 = zero;
    high0 = high1 = high2 = high3 = zero;
    vectors = 0;
    ++widenings;
  };
  for (size_t chunk = 0; chunk < range.chunks(); ++chunk, parts += kPartsBytes<Layout>) {
    const ChunkParts<Layout> at(block, range, row, chunk);
    const uint8_t* codes = at.codes;
    const size_t stride = at.stride;
    for (size_t r = 0; r < kBlockRows; ++r) PrefetchOnce(codes + r * kChunk + kPrefetchBytes);
    for (size_t j = 0; j < at.bytes; j += hn::Lanes(d)) {
      const VU8 bytes0 = hn::LoadU(d, codes + j), bytes1 = hn::LoadU(d, codes + stride + j);
      const VU8 bytes2 = hn::LoadU(d, codes + 2 * stride + j), bytes3 = hn::LoadU(d, codes + 3 * stride + j);
      threes = hn::Or(hn::Or(hn::Or(threes, Of::Threes(bytes0)), Of::Threes(bytes1)),
                      hn::Or(Of::Threes(bytes2), Of::Threes(bytes3)));
      VU8 b0 = Of::Begin(bytes0), b1 = Of::Begin(bytes1), b2 = Of::Begin(bytes2), b3 = Of::Begin(bytes3);
      ForEachIndex(std::make_index_sequence<Layout::kFields>(), [&](auto field) TRITWISE_INLINE_LAMBDA {
        constexpr size_t kField = field;
        const VI8 low = LoadQ(parts + 2 * kField * kChunk + j);
        const VI8 high = LoadQ(parts + (2 * kField + 1) * kChunk + j);
        const auto add = [&](VI8& low_sum, VI8& high_sum, VU8& b) TRITWISE_INLINE_LAMBDA {
          Of::template Field<kField>(b, [&](auto... trit) TRITWISE_INLINE_LAMBDA {
            low_sum = AddTrits(low_sum, low, trit...);
            high_sum = AddTrits(high_sum, high, trit...);
          });
          b = Of::Next(b);
        };
        add(low0, high0, b0);
        add(low1, high1, b1);
        add(low2, high2, b2);
        add(low3, high3, b3);
      });
      if (++vectors == kSafeVectors<Layout>) widen();
    }
  }
  if (vectors != 0) widen();
  const DI32 d32;
  StoreSums(hn::BitCast(d32, sum0), hn::BitCast(d32, sum1), hn::BitCast(d32, sum2), hn::BitCast(d32, sum3),
            BiasOf(widenings), sums);
  if (HWY_UNLIKELY(Of::HasThrees(threes))) {
    for (size_t r = 0; r < kBlockRows; ++r) sums[r] += SumOfThrees<Of::kThree>(block, r, range, row);
  }
}

#endif  // HWY_TARGET == HWY_SCALAR

// NOLINTNEXTLINE(google-readability-namespace-comments)
}  // namespace HWY_NAMESPACE
}  // namespace tritwise::kernels
HWY_AFTER_NAMESPACE();

#endif  // TRITWISE_KERNELS_TERNARY_MASK_INL_H_
