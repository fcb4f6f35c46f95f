// Ternary products by looking up sums: for each pair of columns the nine sums q0 t0 + q1 t1 are made once for a row of
// activations, by additions, and each index of the weights looks its own up. No product of any kind.
//
// A vector of bytes looks up within 128 bits: 16 rows of a block, which share a table. A sum is within -256..254. With
// 256 added it is 32 high + low, low in 0..31 and high in 0..15, and there is a table of bytes for either. So eight of
// each can be added up within bytes before they are widened to 16 bits; low and high bytes of a 16-bit sum, the
// obvious way, would have to be widened at every look-up. Instructions for four vectors of bytes, beside loading:
//   12 to take indices apart, 16 look-ups, 14 additions, 6 to widen: 48,
// 0.09 a weight with 256 bits, 0.19 with 128. The sums of a tile of 1024 columns fit 16 bits: at most 512 * 31.
//
// Tables take 16 bytes a column, those of a tile 16 KiB: they stay in the first-level cache while the tile's part of
// all blocks passes by. Where bytes cannot be looked up (SSE2, no vectors), a table has 16-bit sums and is read for
// one index after the other. RISC-V vectors: the same tables, looked up by lut_rvv-inl.h.
//
// clang-format off
#if defined(TRITWISE_KERNELS_TERNARY_LUT_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef TRITWISE_KERNELS_TERNARY_LUT_INL_H_
#undef TRITWISE_KERNELS_TERNARY_LUT_INL_H_
#else
#define TRITWISE_KERNELS_TERNARY_LUT_INL_H_
#endif
// clang-format on

#include <cstring>

#include "format/ternary_layout.h"
#include "kernels/common/dot-inl.h"
#include "kernels/common/prefetch.h"

#undef TRITWISE_BYTE_LOOKUP
#if HWY_TARGET == HWY_SCALAR || HWY_TARGET == HWY_EMU128 || HWY_TARGET == HWY_SSE2
#define TRITWISE_BYTE_LOOKUP 0
#else
#define TRITWISE_BYTE_LOOKUP 1
#endif

HWY_BEFORE_NAMESPACE();
namespace tritwise::kernels {
namespace HWY_NAMESPACE {

inline constexpr size_t kLutEntries = 16;  // of a table; those behind the ninth are zero
inline constexpr size_t kLutPrefetchBytes = 16384;
inline constexpr int16_t kLutBias = 256;  // what a looked-up sum is too large by

#if !TRITWISE_BYTE_LOOKUP

struct LutTables {
  int16_t sum[kLutTileCols / 2][kLutEntries];

  HWY_INLINE void Make(const int8_t* q, size_t units) {
    std::memset(sum, 0, units * kLutUnitCols / 2 * sizeof(sum[0]));
    for (size_t pair = 0; pair < units * kLutUnitCols / 2; ++pair) {
      const int q0 = q[2 * pair];
      const int q1 = q[2 * pair + 1];
      int16_t* s = sum[pair];
      s[0] = static_cast<int16_t>(-q0 - q1);
      s[1] = static_cast<int16_t>(-q1);
      s[2] = static_cast<int16_t>(q0 - q1);
      s[3] = static_cast<int16_t>(-q0);
      s[5] = static_cast<int16_t>(q0);
      s[6] = static_cast<int16_t>(q1 - q0);
      s[7] = static_cast<int16_t>(q1);
      s[8] = static_cast<int16_t>(q0 + q1);
    }
  }
};

// sums[16] += one tile of one block of rows.
HWY_INLINE void AddLutBlock(const uint8_t* codes, size_t units, const LutTables& tables, int32_t* sums) {
  for (size_t quad = 0; quad < units * kLutUnitCols / 4; ++quad, codes += kLutBlockRows) {
    const int16_t* low = tables.sum[2 * quad];
    const int16_t* high = tables.sum[2 * quad + 1];
    for (size_t r = 0; r < kLutBlockRows; ++r) sums[r] += low[codes[r] & 15] + high[codes[r] >> 4];
  }
}

#else

// The tables of a unit are 256 bytes: the low parts of its pairs 0, 2, 4, 6 (low nibbles), of 1, 3, 5, 7, and the high
// parts in the same order. So what is looked up with byte i of a unit begins 16 floor(i / 16) behind each.
struct LutTables {
  static constexpr size_t kUnitBytes = 4 * kLutUnitBytes;
  alignas(64) uint8_t bytes[kLutTileCols / kLutUnitCols * kUnitBytes];

  HWY_INLINE void Make(const int8_t* q, size_t units) {
    for (size_t pair = 0; pair < units * kLutUnitCols / 2; ++pair, q += 2) {
      const size_t in_unit = pair % 8;
      uint8_t* table = bytes + pair / 8 * kUnitBytes + in_unit % 2 * kLutUnitBytes + in_unit / 2 * kLutEntries;
      MakePair(q[0], q[1], table, table + 2 * kLutUnitBytes);
    }
  }

 private:
  static HWY_INLINE void MakePair(int q0, int q1, uint8_t* low, uint8_t* high) {
    // Trits of the first eight indices: whether they are there, and whether they are negative.
    alignas(16) static constexpr int16_t kThere0[8] = {-1, 0, -1, -1, 0, -1, -1, 0};
    alignas(16) static constexpr int16_t kMinus0[8] = {-1, 0, 0, -1, 0, 0, -1, 0};
    alignas(16) static constexpr int16_t kThere1[8] = {-1, -1, -1, 0, 0, 0, -1, -1};
    alignas(16) static constexpr int16_t kMinus1[8] = {-1, -1, -1, 0, 0, 0, 0, 0};
    const hn::FixedTag<int16_t, 8> d;
    const auto part = [d](int value, const int16_t* there, const int16_t* minus) HWY_ATTR {
      const auto m = hn::Load(d, minus);
      const auto turned = hn::Sub(hn::Xor(hn::Set(d, static_cast<int16_t>(value)), m), m);
      return hn::And(turned, hn::Load(d, there));
    };
    const auto sum = hn::Add(hn::Add(part(q0, kThere0, kMinus0), part(q1, kThere1, kMinus1)), hn::Set(d, kLutBias));
    const hn::Rebind<uint8_t, decltype(d)> d8;
    hn::StoreU(hn::DemoteTo(d8, hn::And(sum, hn::Set(d, 31))), d8, low);
    hn::StoreU(hn::DemoteTo(d8, hn::ShiftRight<5>(sum)), d8, high);
    std::memset(low + 8, 0, 8);
    std::memset(high + 8, kLutBias >> 5, 8);
    low[8] = static_cast<uint8_t>((q0 + q1 + kLutBias) & 31);
    high[8] = static_cast<uint8_t>((q0 + q1 + kLutBias) >> 5);
  }
};

#if HWY_TARGET != HWY_RVV
using DU16 = hn::RepartitionToWide<DU8>;
using VU16 = hn::Vec<DU16>;

// low, high += what the indices of a vector of bytes stand for.
HWY_INLINE void LookUp(const uint8_t* codes, const uint8_t* tables, VU8& low, VU8& high) {
  const DU8 d;
  const VU8 bytes = hn::LoadU(d, codes);
  const VU8 mask = hn::Set(d, 15);
  const VU8 first = hn::And(bytes, mask);
  const VU8 second = hn::And(hn::BitCast(d, hn::ShiftRight<4>(hn::BitCast(DU16(), bytes))), mask);
  low = hn::Add(low, hn::TableLookupBytes(hn::LoadU(d, tables), first));
  low = hn::Add(low, hn::TableLookupBytes(hn::LoadU(d, tables + kLutUnitBytes), second));
  high = hn::Add(high, hn::TableLookupBytes(hn::LoadU(d, tables + 2 * kLutUnitBytes), first));
  high = hn::Add(high, hn::TableLookupBytes(hn::LoadU(d, tables + 3 * kLutUnitBytes), second));
}

// Adds the upper half to the lower until eight lanes of 16 bits are left.
template <class V>
HWY_INLINE auto FoldToEight(V v) {
  using D = hn::DFromV<V>;
  if constexpr (HWY_MAX_LANES_D(D) > 8) {
    const hn::Half<D> half;
    return FoldToEight(hn::Add(hn::LowerHalf(half, v), hn::UpperHalf(half, v)));
  } else {
    return v;
  }
}

// The 16-bit sums of bytes, even and odd rows apart. Even ones wrap around: until the end they have 256 times the odd
// ones in them.
HWY_INLINE void Widen(VU8 bytes, VU16& both, VU16& odd) {
  const VU16 words = hn::BitCast(DU16(), bytes);
  both = hn::Add(both, words);
  odd = hn::Add(odd, hn::ShiftRight<8>(words));
}

// sums[16] += 32 high + low - bias.
HWY_INLINE void AddLutSums(VU16 low_even, VU16 low_odd, VU16 high_even, VU16 high_odd, int32_t bias, int32_t* sums) {
  const hn::FixedTag<uint16_t, 8> d;
  const hn::FixedTag<int32_t, 4> d32;
  const auto le = FoldToEight(low_even), lo = FoldToEight(low_odd);
  const auto he = FoldToEight(high_even), ho = FoldToEight(high_odd);
  const auto add = [d32, bias](auto low, auto high, int32_t* out) HWY_ATTR {
    const auto value = hn::Sub(hn::Add(hn::ShiftLeft<5>(high), low), hn::Set(d32, bias));
    hn::StoreU(hn::Add(hn::LoadU(d32, out), value), d32, out);
  };
  const auto low0 = hn::InterleaveLower(d, le, lo), low8 = hn::InterleaveUpper(d, le, lo);
  const auto high0 = hn::InterleaveLower(d, he, ho), high8 = hn::InterleaveUpper(d, he, ho);
  add(hn::PromoteLowerTo(d32, low0), hn::PromoteLowerTo(d32, high0), sums);
  add(hn::PromoteUpperTo(d32, low0), hn::PromoteUpperTo(d32, high0), sums + 4);
  add(hn::PromoteLowerTo(d32, low8), hn::PromoteLowerTo(d32, high8), sums + 8);
  add(hn::PromoteUpperTo(d32, low8), hn::PromoteUpperTo(d32, high8), sums + 12);
}

// sums[16] += one tile of one block of rows.
HWY_INLINE void AddLutBlock(const uint8_t* codes, size_t units, const LutTables& tables, int32_t* sums) {
  const size_t n = hn::Lanes(DU8());
  VU16 low_both = hn::Zero(DU16()), low_odd = low_both, high_both = low_both, high_odd = low_both;
  const uint8_t* table = tables.bytes;
  const uint8_t* end = codes + units * kLutUnitBytes;
  for (; static_cast<size_t>(end - codes) >= 4 * n; codes += 4 * n, table += 16 * n) {
    for (size_t line = 0; line < 4 * n; line += kLutUnitBytes) hwy::Prefetch(codes + line + kLutPrefetchBytes);
    VU8 low = hn::Zero(DU8()), high = low;
    for (size_t at = 0; at < 4 * n; at += n) {
      LookUp(codes + at, table + at / kLutUnitBytes * LutTables::kUnitBytes + at % kLutUnitBytes, low, high);
    }
    Widen(low, low_both, low_odd);
    Widen(high, high_both, high_odd);
  }
  for (size_t at = 0; codes + at != end; at += n) {
    VU8 low = hn::Zero(DU8()), high = low;
    LookUp(codes + at, table + at / kLutUnitBytes * LutTables::kUnitBytes + at % kLutUnitBytes, low, high);
    Widen(low, low_both, low_odd);
    Widen(high, high_both, high_odd);
  }
  const auto pairs = static_cast<int32_t>(units * kLutUnitCols / 2);
  AddLutSums(hn::Sub(low_both, hn::ShiftLeft<8>(low_odd)), low_odd, hn::Sub(high_both, hn::ShiftLeft<8>(high_odd)),
             high_odd, pairs * kLutBias, sums);
}
#endif  // HWY_TARGET != HWY_RVV

#endif  // TRITWISE_BYTE_LOOKUP

// NOLINTNEXTLINE(google-readability-namespace-comments)
}  // namespace HWY_NAMESPACE
}  // namespace tritwise::kernels
HWY_AFTER_NAMESPACE();

#endif  // TRITWISE_KERNELS_TERNARY_LUT_INL_H_
