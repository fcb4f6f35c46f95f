// Ternary products where one instruction multiplies bytes and adds four products to a 32-bit lane.
//
// One row of activations: bound by reading the weights, so the codes are not even shifted down. Codes of t2
// stay at bits 2f and 2f+1, each field has its own sum, and that is an exact multiple of 4^f. A byte of
// t5 is never taken apart where bytes may be unsigned: its digit d_f is (3 b_f - b_(f+1)) / 256, where
// b_(f+1) = 3 b_f mod 256 is what is left, so the sum of d_f q_f is (3 A - B) / 256 with A the sum of
// b_f q_f and B the sum of b_(f+1) q_f: two products for two comparisons and two additions.
// Many rows: bound by the products, so each weight vector is taken apart once for a tile of four rows. The sums of
// a tile are 16 named vectors: in arrays GCC keeps them in memory, which costs half of the speed.
//
// clang-format off
#if defined(TRITWISE_KERNELS_TERNARY_QUAD_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef TRITWISE_KERNELS_TERNARY_QUAD_INL_H_
#undef TRITWISE_KERNELS_TERNARY_QUAD_INL_H_
#else
#define TRITWISE_KERNELS_TERNARY_QUAD_INL_H_
#endif
// clang-format on

#include "kernels/ternary/decode-inl.h"

#if TRITWISE_QUAD_DOT
HWY_BEFORE_NAMESPACE();
namespace tritwise::kernels {
namespace HWY_NAMESPACE {

// The four activations of fields 0 to 3 that belong to one vector of bytes.
struct FourActivations {
  VI8 q0, q1, q2, q3;
};
HWY_INLINE FourActivations LoadFour(const int8_t* q) {
  return {LoadQ(q), LoadQ(q + kChunk), LoadQ(q + 2 * kChunk), LoadQ(q + 3 * kChunk)};
}

// Adds the fields of bytes in t2 where they stand: sum f is 4^f times what it should be, but for the last one
// where it would be a negative byte.
HWY_INLINE void AddFieldsInPlace(VU8 bytes, const FourActivations& q, FourSums* sum) {
  const DU8 d;
  sum->s0 = QuadDot(sum->s0, hn::And(bytes, hn::Set(d, 0x03)), q.q0);
  sum->s1 = QuadDot(sum->s1, hn::And(bytes, hn::Set(d, 0x0C)), q.q1);
  sum->s2 = QuadDot(sum->s2, hn::And(bytes, hn::Set(d, 0x30)), q.q2);
#if TRITWISE_QUAD_DOT_U8
  sum->s3 = QuadDot(sum->s3, hn::And(bytes, hn::Set(d, 0xC0)), q.q3);
#else
  sum->s3 = QuadDot(sum->s3, hn::ShiftRight<6>(bytes), q.q3);
#endif
}

HWY_INLINE VI32 SumOfFields(const FourSums& sum) {
#if TRITWISE_QUAD_DOT_U8
  const VI32 top = hn::ShiftRight<6>(sum.s3);
#else
  const VI32 top = sum.s3;
#endif
  return hn::Add(hn::Add(sum.s0, hn::ShiftRight<2>(sum.s1)), hn::Add(hn::ShiftRight<4>(sum.s2), top));
}

// Sums of one block for one row of activations, one chunk at a time.
template <class Layout>
struct BlockSums;

template <>
struct BlockSums<T2> {
  FourSums row0 = ZeroSums(), row1 = ZeroSums(), row2 = ZeroSums(), row3 = ZeroSums();

  HWY_INLINE BlockSums() {}
  HWY_INLINE void Chunk(const uint8_t* codes, size_t stride, size_t bytes, const int8_t* q) {
    const DU8 d;
    for (size_t j = 0; j < bytes; j += hn::Lanes(d)) {
      const FourActivations four = LoadFour(q + j);
      AddFieldsInPlace(hn::LoadU(d, codes + j), four, &row0);
      AddFieldsInPlace(hn::LoadU(d, codes + stride + j), four, &row1);
      AddFieldsInPlace(hn::LoadU(d, codes + 2 * stride + j), four, &row2);
      AddFieldsInPlace(hn::LoadU(d, codes + 3 * stride + j), four, &row3);
    }
  }
  HWY_INLINE void Store(int32_t minus, int32_t* sums) const {
    StoreSums(SumOfFields(row0), SumOfFields(row1), SumOfFields(row2), SumOfFields(row3), minus, sums);
  }
};

template <>
struct BlockSums<T5> {
  FourSums a = ZeroSums(), b = ZeroSums();  // by row; what they are is said above

  HWY_INLINE BlockSums() {}
  HWY_INLINE void Chunk(const uint8_t* codes, size_t stride, size_t bytes, const int8_t* q) {
    const DU8 d;
    for (size_t j = 0; j < bytes; j += hn::Lanes(d)) {
      AddRow(hn::LoadU(d, codes + j), q + j, &a.s0, &b.s0);
      AddRow(hn::LoadU(d, codes + stride + j), q + j, &a.s1, &b.s1);
      AddRow(hn::LoadU(d, codes + 2 * stride + j), q + j, &a.s2, &b.s2);
      AddRow(hn::LoadU(d, codes + 3 * stride + j), q + j, &a.s3, &b.s3);
    }
  }
  HWY_INLINE void Store(int32_t minus, int32_t* sums) const {
    StoreSums(Row(a.s0, b.s0), Row(a.s1, b.s1), Row(a.s2, b.s2), Row(a.s3, b.s3), minus, sums);
  }

 private:
  static HWY_INLINE void AddRow(VU8 c, const int8_t* q, VI32* a, VI32* b) {
#if TRITWISE_QUAD_DOT_U8
    for (size_t f = 0; f < T5::kFields; ++f) {
      const VI8 qf = LoadQ(q + f * kChunk);
      *a = QuadDot(*a, c, qf);
      c = T5::Triple(c);
      *b = QuadDot(*b, c, qf);
    }
#else
    T5::ForFields(c, [&](size_t f, VU8 code) TRITWISE_INLINE_LAMBDA {
      VI32* sum = f % 2 == 0 ? a : b;
      *sum = QuadDot(*sum, code, LoadQ(q + f * kChunk));
    });
#endif
  }
  static HWY_INLINE VI32 Row(VI32 a, VI32 b) {
#if TRITWISE_QUAD_DOT_U8
    return hn::ShiftRight<8>(hn::Sub(hn::Add(hn::Add(a, a), a), b));
#else
    return hn::Add(a, b);
#endif
  }
};

template <class Layout>
HWY_INLINE void BlockOneRow(const BlockCodes& block, size_t full_chunks, size_t last_bytes,
                            const ActivationRow<Layout>& row, int32_t q_sum, int32_t* sums) {
  BlockSums<Layout> total;
  const uint8_t* codes = block.chunks;
  const int8_t* q = row.chunks;
  for (size_t chunk = 0; chunk < full_chunks; ++chunk) {
    for (size_t r = 0; r < kBlockRows; ++r) PrefetchFar(codes + r * kChunk + kFarPrefetchBytes);
    total.Chunk(codes, kChunk, kChunk, q);
    codes += Layout::kBlockChunkBytes;
    q += Layout::kFields * kChunk;
  }
  if (last_bytes != 0) total.Chunk(block.last, block.last_stride, last_bytes, row.last);
  total.Store(q_sum, sums);
}

// Sums of the four rows of a block for kRows rows of activations. Where kRows is less than four, the others stay
// zero and are not stored.
template <class Layout, size_t kRows>
struct TileSums {
  static_assert(kRows >= 1 && kRows <= 4);
  FourSums m0 = ZeroSums(), m1 = ZeroSums(), m2 = ZeroSums(), m3 = ZeroSums();

  HWY_INLINE TileSums() {}
  // q_m: where the chunk's activations of row m begin.
  HWY_INLINE void Chunk(const uint8_t* codes, size_t stride, size_t bytes, const int8_t* q0, const int8_t* q1,
                        const int8_t* q2, const int8_t* q3) {
    for (size_t j = 0; j < bytes; j += hn::Lanes(DU8())) {
      Layout::ForFieldsOfBlock(codes + j, stride, [&](size_t f, VU8 c0, VU8 c1, VU8 c2, VU8 c3) TRITWISE_INLINE_LAMBDA {
        const auto add = [&](FourSums* sum, const int8_t* row) TRITWISE_INLINE_LAMBDA {
          const VI8 q = LoadQ(row + f * kChunk + j);
          sum->s0 = QuadDot(sum->s0, c0, q);
          sum->s1 = QuadDot(sum->s1, c1, q);
          sum->s2 = QuadDot(sum->s2, c2, q);
          sum->s3 = QuadDot(sum->s3, c3, q);
        };
        add(&m0, q0);
        if constexpr (kRows > 1) add(&m1, q1);
        if constexpr (kRows > 2) add(&m2, q2);
        if constexpr (kRows > 3) add(&m3, q3);
      });
    }
  }
  HWY_INLINE void Store(const int32_t* q_sums, int32_t* sums, size_t stride) const {
    const auto store = [&](const FourSums& sum, size_t m) TRITWISE_INLINE_LAMBDA {
      StoreSums(sum.s0, sum.s1, sum.s2, sum.s3, q_sums[m], sums + m * stride);
    };
    store(m0, 0);
    if constexpr (kRows > 1) store(m1, 1);
    if constexpr (kRows > 2) store(m2, 2);
    if constexpr (kRows > 3) store(m3, 3);
  }
};

template <class Layout, size_t kRows>
HWY_INLINE void BlockTile(const BlockCodes& block, const ChunkRange& range, const ActivationRow<Layout>* rows,
                          const int32_t* q_sums, int32_t* sums, size_t sums_stride) {
  TileSums<Layout, kRows> total;
  const ActivationRow<Layout>& row1 = rows[kRows > 1 ? 1 : 0];
  const ActivationRow<Layout>& row2 = rows[kRows > 2 ? 2 : 0];
  const ActivationRow<Layout>& row3 = rows[kRows > 3 ? 3 : 0];
  const uint8_t* codes = block.chunks;
  for (size_t chunk = 0; chunk < range.full_chunks; ++chunk) {
    if constexpr (Layout::kPrefetch) {
      for (size_t r = 0; r < kBlockRows; ++r) hwy::Prefetch(codes + r * kChunk + kPrefetchBytes);
    }
    const size_t at = chunk * Layout::kFields * kChunk;
    total.Chunk(codes, kChunk, kChunk, rows[0].chunks + at, row1.chunks + at, row2.chunks + at, row3.chunks + at);
    codes += Layout::kBlockChunkBytes;
  }
  if (range.last_bytes != 0) {
    total.Chunk(block.last, block.last_stride, range.last_bytes, rows[0].last, row1.last, row2.last, row3.last);
  }
  total.Store(q_sums, sums, sums_stride);
}

// NOLINTNEXTLINE(google-readability-namespace-comments)
}  // namespace HWY_NAMESPACE
}  // namespace tritwise::kernels
HWY_AFTER_NAMESPACE();
#endif  // TRITWISE_QUAD_DOT

#endif  // TRITWISE_KERNELS_TERNARY_QUAD_INL_H_
