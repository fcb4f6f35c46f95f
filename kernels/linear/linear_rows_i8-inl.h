// Rows of i8 weights times several rows of i8 activations: with a four-way dot product four by four, so that a weight
// is loaded (and made unsigned) once for four rows of activations; elsewhere four rows of weights, which then are in
// the nearest cache, with one row of activations after the other. RISC-V vectors: rvv-inl.h.
//
// clang-format off
#if defined(TRITWISE_KERNELS_LINEAR_LINEAR_ROWS_I8_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef TRITWISE_KERNELS_LINEAR_LINEAR_ROWS_I8_INL_H_
#undef TRITWISE_KERNELS_LINEAR_LINEAR_ROWS_I8_INL_H_
#else
#define TRITWISE_KERNELS_LINEAR_LINEAR_ROWS_I8_INL_H_
#endif
// clang-format on

#include <cstring>

#include "kernels/linear/linear_i8-inl.h"

HWY_BEFORE_NAMESPACE();
namespace tritwise::kernels {
namespace HWY_NAMESPACE {

#if TRITWISE_QUAD_DOT

// Where four rows stand, of weights or of activations.
struct FourRowsI8 {
  const int8_t* r0;
  const int8_t* r1;
  const int8_t* r2;
  const int8_t* r3;
};

// The last columns of four rows, fewer than a vector has, with zeros behind.
struct FourRestsI8 {
  HWY_INLINE FourRowsI8 Take(const FourRowsI8& rows, size_t at, size_t count) {
    std::memcpy(bytes, rows.r0 + at, count);
    std::memcpy(bytes + 64, rows.r1 + at, count);
    std::memcpy(bytes + 128, rows.r2 + at, count);
    std::memcpy(bytes + 192, rows.r3 + at, count);
    return {bytes, bytes + 64, bytes + 128, bytes + 192};
  }
  alignas(64) int8_t bytes[4 * 64] = {};
};

// Weights as the first factor of QuadDot.
HWY_INLINE VU8 LoadWeightsI8(const int8_t* w) {
  const DI8 d;
#if TRITWISE_QUAD_DOT_U8
  return hn::BitCast(DU8(), hn::Xor(hn::LoadU(d, w), hn::Set(d, int8_t{-128})));
#else
  return hn::BitCast(DU8(), hn::LoadU(d, w));
#endif
}

// Sums of four rows of weights for each of four rows of activations.
struct TileSumsI8 {
  FourSums m0 = ZeroSums(), m1 = ZeroSums(), m2 = ZeroSums(), m3 = ZeroSums();

  HWY_INLINE TileSumsI8() {}
  HWY_INLINE void Step(const FourRowsI8& w, const FourRowsI8& q, size_t k) {
    const VU8 w0 = LoadWeightsI8(w.r0 + k);
    const VU8 w1 = LoadWeightsI8(w.r1 + k);
    const VU8 w2 = LoadWeightsI8(w.r2 + k);
    const VU8 w3 = LoadWeightsI8(w.r3 + k);
    const auto add = [&](FourSums* sum, const int8_t* row) TRITWISE_INLINE_LAMBDA {
      const VI8 x = LoadQ(row + k);
      sum->s0 = QuadDot(sum->s0, w0, x);
      sum->s1 = QuadDot(sum->s1, w1, x);
      sum->s2 = QuadDot(sum->s2, w2, x);
      sum->s3 = QuadDot(sum->s3, w3, x);
    };
    add(&m0, q.r0);
    add(&m1, q.r1);
    add(&m2, q.r2);
    add(&m3, q.r3);
  }
};

// Rows [n, n + w_count) of weights with rows [m, m + q_count) of activations, at most four each: where there are fewer,
// the last one stands in for those that are missing.
HWY_INLINE void TileI8(const int8_t* w, size_t w_count, size_t cols, const int8_t* q, size_t q_stride,
                       const int32_t* q_sums, size_t q_count, bool ask_ahead, int32_t* sums, size_t sums_stride) {
  const auto four = [](const int8_t* rows, size_t stride, size_t count) {
    return FourRowsI8{rows, rows + stride * (count > 1 ? 1 : 0), rows + stride * (count > 2 ? 2 : count - 1),
                      rows + stride * (count - 1)};
  };
  const FourRowsI8 w_rows = four(w, cols, w_count);
  const FourRowsI8 q_rows = four(q, q_stride, q_count);
  const size_t step = hn::Lanes(DU8());
  const size_t whole = cols / step * step;
  TileSumsI8 total;
  for (size_t k = 0; k < whole; k += step) {
    if (ask_ahead) {
      hwy::Prefetch(w_rows.r0 + k + 4 * cols);
      hwy::Prefetch(w_rows.r1 + k + 4 * cols);
      hwy::Prefetch(w_rows.r2 + k + 4 * cols);
      hwy::Prefetch(w_rows.r3 + k + 4 * cols);
    }
    total.Step(w_rows, q_rows, k);
  }
  if (whole != cols) {
    FourRestsI8 w_rest, q_rest;
    total.Step(w_rest.Take(w_rows, whole, cols - whole), q_rest.Take(q_rows, whole, cols - whole), 0);
  }
  const auto store = [&](const FourSums& sum, size_t m) TRITWISE_INLINE_LAMBDA {
    if (m >= q_count) return;
#if TRITWISE_QUAD_DOT_U8
    const int32_t excess = 128 * q_sums[m];
#else
    (void)q_sums;
    const int32_t excess = 0;
#endif
    int32_t all[4];
    StoreSums(sum.s0, sum.s1, sum.s2, sum.s3, excess, all);
    std::memcpy(sums + m * sums_stride, all, w_count * sizeof(int32_t));
  };
  store(total.m0, 0);
  store(total.m1, 1);
  store(total.m2, 2);
  store(total.m3, 3);
}
#endif  // TRITWISE_QUAD_DOT

#if HWY_TARGET != HWY_RVV
HWY_INLINE void ManyRowsI8(const int8_t* w, size_t cols, const int8_t* q, size_t q_stride, const int32_t* q_sums,
                           size_t rows, size_t row_begin, size_t row_end, int32_t* sums, size_t sums_stride) {
  for (size_t n = row_begin; n < row_end; n += 4) {
    const size_t w_count = row_end - n < 4 ? row_end - n : 4;
#if TRITWISE_QUAD_DOT
    for (size_t m = 0; m < rows; m += 4) {
      TileI8(w + n * cols, w_count, cols, q + m * q_stride, q_stride, q_sums + m, rows - m < 4 ? rows - m : 4, m == 0,
             sums + m * sums_stride + n, sums_stride);
    }
#else
    (void)q_sums;
    for (size_t m = 0; m < rows; ++m) {
      OneRowI8(w + n * cols, cols, q + m * q_stride, 0, w_count, sums + m * sums_stride + n);
    }
#endif
  }
}
#endif  // HWY_TARGET != HWY_RVV

// NOLINTNEXTLINE(google-readability-namespace-comments)
}  // namespace HWY_NAMESPACE
}  // namespace tritwise::kernels
HWY_AFTER_NAMESPACE();

#endif  // TRITWISE_KERNELS_LINEAR_LINEAR_ROWS_I8_INL_H_
