// Ternary products without a four-way dot product: codes times activations are added up in 16-bit lanes for
// as long as none can overflow, then widened to 32 bits. Vectors stand in variables of their own, never in
// arrays, which GCC keeps in memory. RISC-V vectors: rvv-inl.h.
//
// clang-format off
#if defined(TRITWISE_KERNELS_TERNARY_PAIR_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef TRITWISE_KERNELS_TERNARY_PAIR_INL_H_
#undef TRITWISE_KERNELS_TERNARY_PAIR_INL_H_
#else
#define TRITWISE_KERNELS_TERNARY_PAIR_INL_H_
#endif
// clang-format on

#include "kernels/ternary/decode-inl.h"

#if !TRITWISE_QUAD_DOT && HWY_TARGET != HWY_SCALAR && HWY_TARGET != HWY_RVV
HWY_BEFORE_NAMESPACE();
namespace tritwise::kernels {
namespace HWY_NAMESPACE {

// How many chunks may go into 16-bit lanes: a vector of bytes adds two products of each field to a lane.
template <class Layout>
HWY_INLINE size_t SafeChunks() {
  constexpr size_t kLargestStep = 2 * Layout::kFields * Layout::kLargestCode * 128;
  constexpr size_t kSteps = 32767 / kLargestStep;
  static_assert(kSteps >= 4);  // a chunk is four steps of the narrowest vectors
  return kSteps * hn::Lanes(DU8()) / kChunk;
}

// sum + a vector of packed bytes times a row of activations.
template <class Layout>
HWY_INLINE VI16 Step(VI16 sum, const uint8_t* codes, const int8_t* q) {
  Layout::ForFields(hn::LoadU(DU8(), codes), [&](size_t f, VU8 code) TRITWISE_INLINE_LAMBDA {
    sum = PairDot(sum, code, LoadQ(q + f * kChunk));
  });
  return sum;
}

template <class Layout>
HWY_INLINE void BlockOneRow(const BlockCodes& block, size_t full_chunks, size_t last_bytes,
                            const ActivationRow<Layout>& row, int32_t q_sum, int32_t* sums) {
  const size_t step = hn::Lanes(DU8());
  const size_t safe_chunks = SafeChunks<Layout>();
  VI32 s0 = hn::Zero(DI32()), s1 = s0, s2 = s0, s3 = s0;

  // One chunk, or part of it, of all four rows.
  const auto add_chunk = [&](VI16& a0, VI16& a1, VI16& a2, VI16& a3, const uint8_t* codes, size_t stride, size_t bytes,
                             const int8_t* q) TRITWISE_INLINE_LAMBDA {
    for (size_t j = 0; j < bytes; j += step) {
      a0 = Step<Layout>(a0, codes + j, q + j);
      a1 = Step<Layout>(a1, codes + stride + j, q + j);
      a2 = Step<Layout>(a2, codes + 2 * stride + j, q + j);
      a3 = Step<Layout>(a3, codes + 3 * stride + j, q + j);
    }
  };
  const auto widen = [&](VI16 a0, VI16 a1, VI16 a2, VI16 a3) TRITWISE_INLINE_LAMBDA {
    s0 = WidenAdd(s0, a0);
    s1 = WidenAdd(s1, a1);
    s2 = WidenAdd(s2, a2);
    s3 = WidenAdd(s3, a3);
  };

  const uint8_t* codes = block.chunks;
  const int8_t* q = row.chunks;
  for (size_t chunk = 0; chunk < full_chunks;) {
    const size_t group_end = chunk + safe_chunks < full_chunks ? chunk + safe_chunks : full_chunks;
    VI16 a0 = hn::Zero(DI16()), a1 = a0, a2 = a0, a3 = a0;
    for (; chunk < group_end; ++chunk) {
      for (size_t r = 0; r < kBlockRows; ++r) PrefetchOnce(codes + r * kChunk + kPrefetchBytes);
      add_chunk(a0, a1, a2, a3, codes, kChunk, kChunk, q);
      codes += kBlockRows * kChunk;
      q += Layout::kFields * kChunk;
    }
    widen(a0, a1, a2, a3);
  }
  if (last_bytes != 0) {
    VI16 a0 = hn::Zero(DI16()), a1 = a0, a2 = a0, a3 = a0;
    add_chunk(a0, a1, a2, a3, block.last, block.last_stride, last_bytes, row.last);
    widen(a0, a1, a2, a3);
  }
  StoreSums(s0, s1, s2, s3, q_sum, sums);
}

// One row of weights times kRows rows of activations: a vector is taken apart once for all of them. Where
// kRows is less than four, the rows that are missing repeat the last one and are not stored.
template <class Layout, size_t kRows>
HWY_INLINE void BlockTile(const BlockCodes& block, const ChunkRange& range, const ActivationRow<Layout>* rows,
                          const int32_t* q_sums, int32_t* sums, size_t sums_stride) {
  const size_t full_chunks = range.full_chunks;
  const size_t last_bytes = range.last_bytes;
  static_assert(kRows >= 1 && kRows <= 4);
  const size_t step = hn::Lanes(DU8());
  const size_t safe_chunks = SafeChunks<Layout>();
  const ActivationRow<Layout>* row[4];
  for (size_t m = 0; m < 4; ++m) row[m] = rows + (m < kRows ? m : kRows - 1);

  const auto add_chunk = [&](VI16& a0, VI16& a1, VI16& a2, VI16& a3, const uint8_t* codes, size_t bytes,
                             const int8_t* q0, const int8_t* q1, const int8_t* q2,
                             const int8_t* q3) TRITWISE_INLINE_LAMBDA {
    for (size_t j = 0; j < bytes; j += step) {
      Layout::ForFields(hn::LoadU(DU8(), codes + j), [&](size_t f, VU8 code) TRITWISE_INLINE_LAMBDA {
        const size_t at = f * kChunk + j;
        a0 = PairDot(a0, code, LoadQ(q0 + at));
        if constexpr (kRows > 1) a1 = PairDot(a1, code, LoadQ(q1 + at));
        if constexpr (kRows > 2) a2 = PairDot(a2, code, LoadQ(q2 + at));
        if constexpr (kRows > 3) a3 = PairDot(a3, code, LoadQ(q3 + at));
      });
    }
  };

  for (size_t r = 0; r < kBlockRows; ++r) {
    VI32 s0 = hn::Zero(DI32()), s1 = s0, s2 = s0, s3 = s0;
    const auto widen = [&](VI16 a0, VI16 a1, VI16 a2, VI16 a3) TRITWISE_INLINE_LAMBDA {
      s0 = WidenAdd(s0, a0);
      if constexpr (kRows > 1) s1 = WidenAdd(s1, a1);
      if constexpr (kRows > 2) s2 = WidenAdd(s2, a2);
      if constexpr (kRows > 3) s3 = WidenAdd(s3, a3);
    };
    for (size_t chunk = 0; chunk < full_chunks;) {
      const size_t group_end = chunk + safe_chunks < full_chunks ? chunk + safe_chunks : full_chunks;
      VI16 a0 = hn::Zero(DI16()), a1 = a0, a2 = a0, a3 = a0;
      for (; chunk < group_end; ++chunk) {
        const size_t at = chunk * Layout::kFields * kChunk;
        add_chunk(a0, a1, a2, a3, block.chunks + (chunk * kBlockRows + r) * kChunk, kChunk, row[0]->chunks + at,
                  row[1]->chunks + at, row[2]->chunks + at, row[3]->chunks + at);
      }
      widen(a0, a1, a2, a3);
    }
    if (last_bytes != 0) {
      VI16 a0 = hn::Zero(DI16()), a1 = a0, a2 = a0, a3 = a0;
      add_chunk(a0, a1, a2, a3, block.last + r * block.last_stride, last_bytes, row[0]->last, row[1]->last,
                row[2]->last, row[3]->last);
      widen(a0, a1, a2, a3);
    }
    int32_t with_sum[4];
    StoreSums(s0, s1, s2, s3, 0, with_sum);
    for (size_t m = 0; m < kRows; ++m) sums[m * sums_stride + r] = with_sum[m] - q_sums[m];
  }
}

// NOLINTNEXTLINE(google-readability-namespace-comments)
}  // namespace HWY_NAMESPACE
}  // namespace tritwise::kernels
HWY_AFTER_NAMESPACE();
#endif  // !TRITWISE_QUAD_DOT && HWY_TARGET != HWY_SCALAR && HWY_TARGET != HWY_RVV

#endif  // TRITWISE_KERNELS_TERNARY_PAIR_INL_H_
