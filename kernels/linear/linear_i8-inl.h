// Rows of i8 weights times one row of i8 activations, exact in int32. RISC-V vectors: rvv-inl.h.
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

#include "kernels/common/dot-inl.h"
#include "kernels/common/inline_lambda.h"
#include "kernels/common/prefetch.h"
#include "kernels/linear/reference.h"

HWY_BEFORE_NAMESPACE();
namespace tritwise::kernels {
namespace HWY_NAMESPACE {

#if HWY_TARGET == HWY_SCALAR

HWY_INLINE void OneRowI8(const int8_t* w, size_t cols, const int8_t* q, size_t row_begin, size_t row_end,
                         int32_t* sums) {
  reference::LinearI8(w, cols, q, row_begin, row_end, sums);
}

#elif HWY_TARGET != HWY_RVV

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

// How far ahead weights are asked for.
inline constexpr size_t kPrefetchBytesI8 = 4096;

// Rows one after another, in the order of memory: four at a time would be four streams, a tenth slower.
HWY_INLINE void OneRowI8(const int8_t* w, size_t cols, const int8_t* q, size_t row_begin, size_t row_end,
                         int32_t* sums) {
  const size_t step = StepLanesI8();
  const size_t whole = cols - cols % step;
  const size_t rest = cols - whole;
  const int32_t excess = ExcessI8(q, cols);
  const int8_t* w_end = w + row_end * cols;
  alignas(64) int8_t q_rest[64] = {};
  alignas(64) int8_t w_rest[64] = {};
  if (rest != 0) std::memcpy(q_rest, q + whole, rest);

  const auto row_sums = [&](const int8_t* row) TRITWISE_INLINE_LAMBDA {
    VI32 even = hn::Zero(DI32()), odd = even;
    size_t k = 0;
    for (; k + 2 * step <= whole; k += 2 * step) {
      PrefetchOnce(row + k + kPrefetchBytesI8);
      if (step == 64) PrefetchOnce(row + k + step + kPrefetchBytesI8);
      even = StepI8(even, row + k, q + k);
      odd = StepI8(odd, row + k + step, q + k + step);
    }
    if (k < whole) even = StepI8(even, row + k, q + k);
    if (rest != 0) {
      const int8_t* last = row + whole;
      if (static_cast<size_t>(w_end - last) < step) {  // reading on would leave the matrix
        std::memcpy(w_rest, last, rest);
        last = w_rest;
      }
      odd = StepI8(odd, last, q_rest);
    }
    return hn::Add(even, odd);
  };

  size_t n = row_begin;
  for (; n + 4 <= row_end; n += 4) {
    const int8_t* row = w + n * cols;
    const VI32 s0 = row_sums(row);
    const VI32 s1 = row_sums(row + cols);
    const VI32 s2 = row_sums(row + 2 * cols);
    StoreSums(s0, s1, s2, row_sums(row + 3 * cols), excess, sums + n);
  }
  for (; n < row_end; ++n) {
    const VI32 sum = row_sums(w + n * cols);
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
