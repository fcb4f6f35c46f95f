// Blocks of 16 rows of int6 or int4 weights times rows of i8 activations: lanes are rows.
//
// A unit of 64 bytes, or a slice of it where vectors are narrower, meets four activations repeated in all lanes,
// so sums stay in their lanes from the first product to the last. One row of activations is bound by reading the
// weights, which lie in one stream; for several rows the codes are taken apart once for a tile of them. The products of
// RISC-V vectors: narrow_rvv-inl.h.
//
// clang-format off
#if defined(TRITWISE_KERNELS_LINEAR_NARROW_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef TRITWISE_KERNELS_LINEAR_NARROW_INL_H_
#undef TRITWISE_KERNELS_LINEAR_NARROW_INL_H_
#else
#define TRITWISE_KERNELS_LINEAR_NARROW_INL_H_
#endif
// clang-format on

#include <cstring>

#include "hwy/cache_control.h"
#include "kernels/common/dot-inl.h"
#include "kernels/common/inline_lambda.h"
#include "kernels/common/lanes-inl.h"
#include "kernels/linear/narrow.h"
#include "kernels/linear/narrow_rvv-inl.h"

HWY_BEFORE_NAMESPACE();
namespace tritwise::kernels {
namespace HWY_NAMESPACE {

// How far ahead weights are asked for, as the ternary kernels do.
inline constexpr size_t kNarrowPrefetchBytes = TRITWISE_QUAD_DOT ? 8192 : 2048;

struct I4Codes {
  static constexpr Storage kStorage = Storage::kI4;

#if HWY_TARGET != HWY_SCALAR && HWY_TARGET != HWY_RVV
  // op(k, codes of columns k..k+3, of k+4..k+7) for a slice of a group's units.
  template <class Op>
  static HWY_INLINE void ForColumns(const uint8_t* codes, Op op) {
    const DU8 d;
    const hn::Repartition<uint16_t, DU8> d16;  // shifts of bytes are rare; the mask takes off what came along
    const VU8 nibble = hn::Set(d, 0x0F);
    for (size_t k = 0; k < kNarrowGroupCols; k += 8) {
      const VU8 unit = hn::LoadU(d, codes + k / 8 * kNarrowUnitBytes);
      op(k, hn::And(unit, nibble), hn::And(hn::BitCast(d, hn::ShiftRight<4>(hn::BitCast(d16, unit))), nibble));
    }
  }
#endif
};

struct I6Codes {
  static constexpr Storage kStorage = Storage::kI6;

#if HWY_TARGET != HWY_SCALAR && HWY_TARGET != HWY_RVV
  template <class Op>
  static HWY_INLINE void ForColumns(const uint8_t* codes, Op op) {
    const DU8 d;
    const hn::Repartition<uint16_t, DU8> d16;
    const VU8 nibble = hn::Set(d, 0x0F);
    const VU8 upper = hn::Set(d, 0x30);
    for (size_t k = 0; k < kNarrowGroupCols; k += 16, codes += 3 * kNarrowUnitBytes) {
      const VU8 first = hn::LoadU(d, codes);
      const VU8 second = hn::LoadU(d, codes + kNarrowUnitBytes);
      const VU8 top = hn::LoadU(d, codes + 2 * kNarrowUnitBytes);
      const auto top16 = hn::BitCast(d16, top);
      op(k, hn::Or(hn::And(first, nibble), hn::And(hn::BitCast(d, hn::ShiftLeft<4>(top16)), upper)),
         hn::Or(hn::And(hn::BitCast(d, hn::ShiftRight<4>(hn::BitCast(d16, first))), nibble),
                hn::And(hn::BitCast(d, hn::ShiftLeft<2>(top16)), upper)));
      op(k + 8, hn::Or(hn::And(second, nibble), hn::And(top, upper)),
         hn::Or(hn::And(hn::BitCast(d, hn::ShiftRight<4>(hn::BitCast(d16, second))), nibble),
                hn::And(hn::BitCast(d, hn::ShiftRight<2>(top16)), upper)));
    }
  }
#endif
};

#if HWY_TARGET == HWY_SCALAR

// sums[16*r + lane] = sum over one group's columns of code * activation, for kRows rows, less minus[r].
template <class Codes, size_t kRows>
HWY_INLINE void GroupProducts(const uint8_t* codes, const int8_t* const (&q)[kRows], const int32_t (&minus)[kRows],
                              int32_t* sums) {
  for (size_t lane = 0; lane < kNarrowBlockRows; ++lane) {
    for (size_t r = 0; r < kRows; ++r) sums[r * kNarrowBlockRows + lane] = -minus[r];
    for (size_t k = 0; k < kNarrowGroupCols; ++k) {
      const int code = NarrowCode(Codes::kStorage, codes, lane, k);
      for (size_t r = 0; r < kRows; ++r) sums[r * kNarrowBlockRows + lane] += code * q[r][k];
    }
  }
}

#elif HWY_TARGET != HWY_RVV

// Four activations in every 32-bit lane.
HWY_INLINE VI8 FourOf(const int8_t* q) {
  int32_t four;
  std::memcpy(&four, q, sizeof(four));
  return hn::BitCast(DI8(), hn::Set(DI32(), four));
}

// sum + the four products of a and p and the four of b and q in each 32-bit lane, for codes 0..63: without a four-way
// dot product, four of them fit 16 bits (4 * 63 * 128 = 32256).
HWY_INLINE VI32 LaneDot(VI32 sum, VU8 a, VI8 p, VU8 b, VI8 q) {
#if TRITWISE_QUAD_DOT
  return QuadDot(QuadDot(sum, a, p), b, q);
#elif HWY_TARGET_IS_NEON
  const int8x16_t c = hn::BitCast(DI8(), a).raw;
  const int8x16_t e = hn::BitCast(DI8(), b).raw;
  // Bytes 0..7 belong to lanes 0 and 1, bytes 8..15 to lanes 2 and 3.
  const int16x8_t low = vmlal_s8(vmull_s8(vget_low_s8(c), vget_low_s8(p.raw)), vget_low_s8(e), vget_low_s8(q.raw));
  const int16x8_t high = vmlal_s8(vmull_s8(vget_high_s8(c), vget_high_s8(p.raw)), vget_high_s8(e), vget_high_s8(q.raw));
  const int16x4_t low_pairs = vpadd_s16(vget_low_s16(low), vget_high_s16(low));
  const int16x4_t high_pairs = vpadd_s16(vget_low_s16(high), vget_high_s16(high));
  return VI32(vpadalq_s16(sum.raw, vcombine_s16(low_pairs, high_pairs)));
#else
  const VI16 pairs =
      hn::Add(hn::SatWidenMulPairwiseAdd(DI16(), a, p), hn::SatWidenMulPairwiseAdd(DI16(), b, q));  // never saturates
  return hn::Add(sum, hn::SumsOf2(pairs));
#endif
}

template <class Codes, size_t kRows>
HWY_INLINE void GroupProducts(const uint8_t* codes, const int8_t* const (&q)[kRows], const int32_t (&minus)[kRows],
                              int32_t* sums) {
  static_assert(kRows >= 1 && kRows <= 4);
  const DI32 d;
  const size_t step = hn::Lanes(DU8());
  // Where there are fewer than four rows, the last is named again and not stored.
  const int8_t* q1 = q[kRows > 1 ? 1 : 0];
  const int8_t* q2 = q[kRows > 2 ? 2 : 0];
  const int8_t* q3 = q[kRows > 3 ? 3 : 0];
  for (size_t j = 0; j < kNarrowUnitBytes; j += step) {
    VI32 s0 = hn::Zero(d), s1 = s0, s2 = s0, s3 = s0;
    Codes::ForColumns(codes + j, [&](size_t k, VU8 a, VU8 b) TRITWISE_INLINE_LAMBDA {
      s0 = LaneDot(s0, a, FourOf(q[0] + k), b, FourOf(q[0] + k + 4));
      if constexpr (kRows > 1) s1 = LaneDot(s1, a, FourOf(q1 + k), b, FourOf(q1 + k + 4));
      if constexpr (kRows > 2) s2 = LaneDot(s2, a, FourOf(q2 + k), b, FourOf(q2 + k + 4));
      if constexpr (kRows > 3) s3 = LaneDot(s3, a, FourOf(q3 + k), b, FourOf(q3 + k + 4));
    });
    int32_t* out = sums + j / 4;
    hn::StoreU(hn::Sub(s0, hn::Set(d, minus[0])), d, out);
    if constexpr (kRows > 1) hn::StoreU(hn::Sub(s1, hn::Set(d, minus[1])), d, out + kNarrowBlockRows);
    if constexpr (kRows > 2) hn::StoreU(hn::Sub(s2, hn::Set(d, minus[2])), d, out + 2 * kNarrowBlockRows);
    if constexpr (kRows > 3) hn::StoreU(hn::Sub(s3, hn::Set(d, minus[3])), d, out + 3 * kNarrowBlockRows);
  }
}

#endif  // HWY_TARGET == HWY_SCALAR

// One block of weights times the rows m to m + kRows - 1.
template <class Codes, size_t kRows>
HWY_INLINE void NarrowTile(const uint8_t* data, const NarrowGeometry& g, const NarrowRows& rows, size_t block,
                           size_t m) {
  const uint8_t* scales = data + block * g.block_bytes;
  const uint8_t* codes = scales + g.scale_bytes;
  alignas(64) float total[kRows][kNarrowBlockRows] = {};
  alignas(64) int32_t sums[kRows * kNarrowBlockRows];
  const int8_t* q[kRows];
  for (size_t r = 0; r < kRows; ++r) q[r] = rows.q + (m + r) * rows.q_stride;

  for (size_t group = 0; group < g.groups; ++group) {
    if (m == 0) {  // later tiles find the block in the cache
      for (size_t i = 0; i < g.group_bytes; i += kNarrowUnitBytes) hwy::Prefetch(codes + i + kNarrowPrefetchBytes);
    }
    int32_t minus[kRows];
    for (size_t r = 0; r < kRows; ++r) {
      minus[r] = NarrowOffset(Codes::kStorage) * rows.q_sums[group * rows.q_sums_stride + m + r];
    }
    GroupProducts<Codes, kRows>(codes, q, minus, sums);
    const F32x16 scale = Load16(reinterpret_cast<const uint16_t*>(scales) + group * kNarrowBlockRows);
    for (size_t r = 0; r < kRows; ++r) {
      const F32x16 product = Mul16(Load16(sums + r * kNarrowBlockRows), scale);
      Store16(Add16(Load16(total[r]), product), total[r]);
      q[r] += kNarrowGroupCols;
    }
    codes += g.group_bytes;
  }

  const size_t n = block * kNarrowBlockRows;
  const size_t count = g.rows - n;
  for (size_t r = 0; r < kRows; ++r) {
    F32x16 y = Mul16(Load16(total[r]), Set16(rows.steps[m + r]));
    if (rows.bias != nullptr) y = Add16(y, Load16(rows.bias + n, count));
    Store16(y, rows.y + (m + r) * rows.y_stride + n, count);
  }
}

template <class Codes>
HWY_INLINE void LinearNarrow(const uint8_t* data, const NarrowGeometry& g, const NarrowRows& rows, size_t block_begin,
                             size_t block_end) {
  for (size_t block = block_begin; block < block_end; ++block) {
    for (size_t m = 0; m < rows.rows; m += 4) {
      switch (rows.rows - m) {
        case 1:
          NarrowTile<Codes, 1>(data, g, rows, block, m);
          break;
        case 2:
          NarrowTile<Codes, 2>(data, g, rows, block, m);
          break;
        case 3:
          NarrowTile<Codes, 3>(data, g, rows, block, m);
          break;
        default:
          NarrowTile<Codes, 4>(data, g, rows, block, m);
      }
    }
  }
}

// NOLINTNEXTLINE(google-readability-namespace-comments)
}  // namespace HWY_NAMESPACE
}  // namespace tritwise::kernels
HWY_AFTER_NAMESPACE();

#endif  // TRITWISE_KERNELS_LINEAR_NARROW_INL_H_
