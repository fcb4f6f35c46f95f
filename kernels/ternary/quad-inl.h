// Ternary products where one instruction multiplies bytes and adds four products to a 32-bit lane.
//
// One row of activations: bound by reading the weights, so the codes are not even shifted down. Codes of t2
// stay at bits 2f and 2f+1, each field has its own sum, and that is an exact multiple of 4^f. A byte of
// t5 is never taken apart where bytes may be unsigned: its digit d_f is (3 b_f - b_(f+1)) / 256, where
// b_(f+1) = 3 b_f mod 256 is what is left, so the sum of d_f q_f is (3 A - B) / 256 with A the sum of
// b_f q_f and B the sum of b_(f+1) q_f: two products for two comparisons and two additions.
// Many rows: bound by the products, so each weight vector is taken apart once for a tile of them.
//
// clang-format off
#if defined(TRITWISE_KERNELS_TERNARY_QUAD_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef TRITWISE_KERNELS_TERNARY_QUAD_INL_H_
#undef TRITWISE_KERNELS_TERNARY_QUAD_INL_H_
#else
#define TRITWISE_KERNELS_TERNARY_QUAD_INL_H_
#endif
// clang-format on

#include "hwy/cache_control.h"
#include "kernels/ternary/decode-inl.h"

#if TRITWISE_QUAD_DOT
HWY_BEFORE_NAMESPACE();
namespace tritwise::kernels {
namespace HWY_NAMESPACE {

// How far ahead the one-row kernels ask for weights. From memory, one thread of a Zen 5, t2: 115 G weights/s with
// 0.5 KiB, 130 with 2, 150 with 4, 160 with 8.
inline constexpr size_t kPrefetchBytes = 8192;

// Sums of one block for one row of activations, one chunk at a time.
template <class Layout>
struct QuadSums;

template <>
struct QuadSums<T2> {
  VI32 sum[kBlockRows][T2::kFields];

  // Written out because an implicit constructor would not be compiled for the target.
  HWY_INLINE QuadSums() {
    for (auto& row : sum) {
      for (VI32& field : row) field = hn::Zero(DI32());
    }
  }
  HWY_INLINE void Chunk(const uint8_t* codes, size_t stride, size_t bytes, const int8_t* q) {
    const DU8 d;
    for (size_t j = 0; j < bytes; j += hn::Lanes(d)) {
      const VI8 q0 = LoadQ(q + j);
      const VI8 q1 = LoadQ(q + kChunk + j);
      const VI8 q2 = LoadQ(q + 2 * kChunk + j);
      const VI8 q3 = LoadQ(q + 3 * kChunk + j);
      for (size_t r = 0; r < kBlockRows; ++r) {
        const VU8 c = hn::LoadU(d, codes + r * stride + j);
        sum[r][0] = QuadDot(sum[r][0], hn::And(c, hn::Set(d, 0x03)), q0);
        sum[r][1] = QuadDot(sum[r][1], hn::And(c, hn::Set(d, 0x0C)), q1);
        sum[r][2] = QuadDot(sum[r][2], hn::And(c, hn::Set(d, 0x30)), q2);
#if TRITWISE_QUAD_DOT_U8
        sum[r][3] = QuadDot(sum[r][3], hn::And(c, hn::Set(d, 0xC0)), q3);
#else
        sum[r][3] = QuadDot(sum[r][3], hn::ShiftRight<6>(c), q3);  // 0xC0 would be a negative byte
#endif
      }
    }
  }
  HWY_INLINE VI32 Row(size_t r) const {
    VI32 top = sum[r][3];
#if TRITWISE_QUAD_DOT_U8
    top = hn::ShiftRight<6>(top);
#endif
    return hn::Add(hn::Add(sum[r][0], hn::ShiftRight<2>(sum[r][1])), hn::Add(hn::ShiftRight<4>(sum[r][2]), top));
  }
};

template <>
struct QuadSums<T5> {
  VI32 a[kBlockRows], b[kBlockRows];

  HWY_INLINE QuadSums() {
    for (size_t r = 0; r < kBlockRows; ++r) a[r] = b[r] = hn::Zero(DI32());
  }
  HWY_INLINE void Chunk(const uint8_t* codes, size_t stride, size_t bytes, const int8_t* q) {
    const DU8 d;
    for (size_t j = 0; j < bytes; j += hn::Lanes(d)) {
      for (size_t r = 0; r < kBlockRows; ++r) {
        VU8 c = hn::LoadU(d, codes + r * stride + j);
#if TRITWISE_QUAD_DOT_U8
        for (size_t f = 0; f < T5::kFields; ++f) {
          const VI8 qf = LoadQ(q + f * kChunk + j);
          a[r] = QuadDot(a[r], c, qf);
          c = T5::Triple(c);
          b[r] = QuadDot(b[r], c, qf);
        }
#else
        T5::ForFields(c, [&](size_t f, VU8 code) HWY_ATTR {
          VI32& sum = f % 2 == 0 ? a[r] : b[r];
          sum = QuadDot(sum, code, LoadQ(q + f * kChunk + j));
        });
#endif
      }
    }
  }
  HWY_INLINE VI32 Row(size_t r) const {
#if TRITWISE_QUAD_DOT_U8
    const VI32 triple = hn::Add(hn::Add(a[r], a[r]), a[r]);
    return hn::ShiftRight<8>(hn::Sub(triple, b[r]));
#else
    return hn::Add(a[r], b[r]);
#endif
  }
};

template <class Layout>
HWY_INLINE void BlockOneRow(const BlockCodes& block, size_t full_chunks, size_t last_bytes,
                            const ActivationRow<Layout>& row, int32_t q_sum, int32_t* sums) {
  QuadSums<Layout> total;
  const uint8_t* codes = block.chunks;
  const int8_t* q = row.chunks;
  for (size_t chunk = 0; chunk < full_chunks; ++chunk) {
    for (size_t r = 0; r < kBlockRows; ++r) hwy::Prefetch(codes + r * kChunk + kPrefetchBytes);
    total.Chunk(codes, kChunk, kChunk, q);
    codes += kBlockRows * kChunk;
    q += Layout::kFields * kChunk;
  }
  if (last_bytes != 0) total.Chunk(block.last, block.last_stride, last_bytes, row.last);
  StoreSums(total.Row(0), total.Row(1), total.Row(2), total.Row(3), q_sum, sums);
}

// Four rows of weights times kRows rows of activations, one chunk.
template <class Layout, size_t kRows>
HWY_INLINE void TileChunk(VI32 (&sum)[kRows][kBlockRows], const uint8_t* codes, size_t stride, size_t bytes,
                          const int8_t* const (&q)[kRows]) {
  const DU8 d;
  for (size_t j = 0; j < bytes; j += hn::Lanes(d)) {
    for (size_t r = 0; r < kBlockRows; ++r) {
      Layout::ForFields(hn::LoadU(d, codes + r * stride + j), [&](size_t f, VU8 code) HWY_ATTR {
        for (size_t m = 0; m < kRows; ++m) sum[m][r] = QuadDot(sum[m][r], code, LoadQ(q[m] + f * kChunk + j));
      });
    }
  }
}

template <class Layout, size_t kRows>
HWY_INLINE void BlockTile(const BlockCodes& block, size_t full_chunks, size_t last_bytes,
                          const ActivationRow<Layout>* rows, const int32_t* q_sums, int32_t* sums, size_t sums_stride) {
  VI32 total[kRows][kBlockRows];
  const int8_t* q[kRows];
  for (size_t m = 0; m < kRows; ++m) {
    q[m] = rows[m].chunks;
    for (size_t r = 0; r < kBlockRows; ++r) total[m][r] = hn::Zero(DI32());
  }
  const uint8_t* codes = block.chunks;
  for (size_t chunk = 0; chunk < full_chunks; ++chunk) {
    TileChunk<Layout, kRows>(total, codes, kChunk, kChunk, q);
    codes += kBlockRows * kChunk;
    for (size_t m = 0; m < kRows; ++m) q[m] += Layout::kFields * kChunk;
  }
  if (last_bytes != 0) {
    for (size_t m = 0; m < kRows; ++m) q[m] = rows[m].last;
    TileChunk<Layout, kRows>(total, block.last, block.last_stride, last_bytes, q);
  }
  for (size_t m = 0; m < kRows; ++m) {
    StoreSums(total[m][0], total[m][1], total[m][2], total[m][3], q_sums[m], sums + m * sums_stride);
  }
}

// NOLINTNEXTLINE(google-readability-namespace-comments)
}  // namespace HWY_NAMESPACE
}  // namespace tritwise::kernels
HWY_AFTER_NAMESPACE();
#endif  // TRITWISE_QUAD_DOT

#endif  // TRITWISE_KERNELS_TERNARY_QUAD_INL_H_
