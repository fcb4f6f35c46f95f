// Rows of i8 weights times one row of i8 activations, exact in int32.
//
// With VNNI the weights are made unsigned by adding 128, and 128 times the sum of the activations is
// taken off again; intermediate sums may wrap around, the result does not. A row's last vector is read
// whole where the matrix goes on behind it (the activations there are zeros in a buffer), and copied only
// at the very end of what the caller vouches for.
//
// clang-format off
#if defined(TRITWISE_KERNELS_LINEAR_LINEAR_I8_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef TRITWISE_KERNELS_LINEAR_LINEAR_I8_INL_H_
#undef TRITWISE_KERNELS_LINEAR_LINEAR_I8_INL_H_
#else
#define TRITWISE_KERNELS_LINEAR_LINEAR_I8_INL_H_
#endif
// clang-format on

#include <cstring>

#include "hwy/cache_control.h"
#include "kernels/common/dot-inl.h"
#include "kernels/linear/reference.h"

HWY_BEFORE_NAMESPACE();
namespace tritwise::kernels {
namespace HWY_NAMESPACE {

#if HWY_TARGET == HWY_SCALAR

HWY_INLINE void LinearRowsI8(const int8_t* w, size_t cols, const int8_t* q, size_t row_begin, size_t row_end,
                             int32_t* sums) {
  reference::LinearI8(w, cols, q, row_begin, row_end, sums);
}

#else

// How many columns StepI8 takes.
HWY_INLINE size_t StepLanesI8() {
#if TRITWISE_QUAD_DOT || HWY_TARGET_IS_NEON
  return hn::Lanes(DI8());
#else
  return hn::Lanes(DI16());
#endif
}

// sum + products of the next columns, any values. With TRITWISE_QUAD_DOT_U8 of w + 128.
HWY_INLINE VI32 StepI8(VI32 sum, const int8_t* w, const int8_t* q) {
#if TRITWISE_QUAD_DOT_U8
  const VU8 shifted = hn::BitCast(DU8(), hn::Xor(hn::LoadU(DI8(), w), hn::Set(DI8(), int8_t{-128})));
  return QuadDot(sum, shifted, LoadQ(q));
#elif TRITWISE_QUAD_DOT
  return QuadDot(sum, hn::BitCast(DU8(), hn::LoadU(DI8(), w)), LoadQ(q));
#elif HWY_TARGET_IS_NEON
  const int8x16_t a = vld1q_s8(w);
  const int8x16_t b = vld1q_s8(q);
  const int32x4_t low = vpadalq_s16(sum.raw, vmull_s8(vget_low_s8(a), vget_low_s8(b)));
  return VI32(vpadalq_s16(low, vmull_s8(vget_high_s8(a), vget_high_s8(b))));
#else
  const hn::Rebind<int8_t, DI16> half;
  const VI16 a = hn::PromoteTo(DI16(), hn::LoadU(half, w));
  const VI16 b = hn::PromoteTo(DI16(), hn::LoadU(half, q));
  return hn::Add(sum, hn::WidenMulPairwiseAdd(DI32(), a, b));
#endif
}

// What StepI8 counts too much over a whole row, for 128 added to every weight.
HWY_INLINE int32_t ExcessI8(const int8_t* q, size_t cols) {
#if TRITWISE_QUAD_DOT_U8
  int32_t sum = 0;
  for (size_t k = 0; k < cols; ++k) sum += q[k];
  return 128 * sum;
#else
  (void)q;
  (void)cols;
  return 0;
#endif
}

HWY_INLINE void LinearRowsI8(const int8_t* w, size_t cols, const int8_t* q, size_t row_begin, size_t row_end,
                             int32_t* sums) {
  const size_t step = StepLanesI8();
  const size_t whole = cols - cols % step;
  const size_t rest = cols - whole;
  const int32_t excess = ExcessI8(q, cols);
  const int8_t* w_end = w + row_end * cols;
  alignas(64) int8_t q_rest[64] = {};
  alignas(64) int8_t w_rest[64] = {};
  if (rest != 0) std::memcpy(q_rest, q + whole, rest);

  // The end of one row, by the buffer where reading on would leave the matrix.
  const auto last_step = [&](VI32 sum, const int8_t* w_last) HWY_ATTR {
    if (static_cast<size_t>(w_end - w_last) < step) {
      std::memcpy(w_rest, w_last, rest);
      w_last = w_rest;
    }
    return StepI8(sum, w_last, q_rest);
  };

  size_t n = row_begin;
  for (; n + 4 <= row_end; n += 4) {
    const int8_t* w0 = w + n * cols;
    const int8_t* w1 = w0 + cols;
    const int8_t* w2 = w1 + cols;
    const int8_t* w3 = w2 + cols;
    VI32 s0 = hn::Zero(DI32()), s1 = s0, s2 = s0, s3 = s0;
    for (size_t k = 0; k < whole; k += step) {
      // The next four rows: they stand right behind these, so that four streams go through memory as one.
      hwy::Prefetch(w0 + k + 4 * cols);
      hwy::Prefetch(w1 + k + 4 * cols);
      hwy::Prefetch(w2 + k + 4 * cols);
      hwy::Prefetch(w3 + k + 4 * cols);
      s0 = StepI8(s0, w0 + k, q + k);
      s1 = StepI8(s1, w1 + k, q + k);
      s2 = StepI8(s2, w2 + k, q + k);
      s3 = StepI8(s3, w3 + k, q + k);
    }
    if (rest != 0) {
      s0 = last_step(s0, w0 + whole);
      s1 = last_step(s1, w1 + whole);
      s2 = last_step(s2, w2 + whole);
      s3 = last_step(s3, w3 + whole);
    }
    StoreSums(s0, s1, s2, s3, excess, sums + n);
  }
  for (; n < row_end; ++n) {
    const int8_t* row = w + n * cols;
    VI32 sum = hn::Zero(DI32());
    for (size_t k = 0; k < whole; k += step) sum = StepI8(sum, row + k, q + k);
    if (rest != 0) sum = last_step(sum, row + whole);
    int32_t one[4];
    StoreSums(sum, sum, sum, sum, excess, one);
    sums[n] = one[0];
  }
}

#endif  // HWY_TARGET == HWY_SCALAR

// NOLINTNEXTLINE(google-readability-namespace-comments)
}  // namespace HWY_NAMESPACE
}  // namespace tritwise::kernels
HWY_AFTER_NAMESPACE();

#endif  // TRITWISE_KERNELS_LINEAR_LINEAR_I8_INL_H_
