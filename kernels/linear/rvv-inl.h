// Rows of i8 weights times rows of i8 activations for RISC-V vectors of any length: products in 16-bit lanes, two to a
// lane before they are widened. Two fit unless both are -128 times -128, so activations are looked through for -128
// once; no quantiser makes it, and where it is, each product is widened. Ends of rows are shorter vectors, so nothing
// is copied and nothing beyond a row is read. Rows one after another, in the order of memory, also for many rows of
// activations: four rows of weights then are in the nearest cache.
//
// clang-format off
#if defined(TRITWISE_KERNELS_LINEAR_RVV_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef TRITWISE_KERNELS_LINEAR_RVV_INL_H_
#undef TRITWISE_KERNELS_LINEAR_RVV_INL_H_
#else
#define TRITWISE_KERNELS_LINEAR_RVV_INL_H_
#endif
// clang-format on

#include "hwy/highway.h"

#if HWY_TARGET == HWY_RVV
#include <riscv_vector.h>

HWY_BEFORE_NAMESPACE();
namespace tritwise::kernels {
namespace HWY_NAMESPACE {

// Whether no activation is -128.
HWY_INLINE bool PairsFitI8(const int8_t* q, size_t cols) {
  for (size_t k = 0; k < cols;) {
    const size_t n = __riscv_vsetvl_e8m8(cols - k);
    const vbool1_t least = __riscv_vmseq_vx_i8m8_b1(__riscv_vle8_v_i8m8(q + k, n), -128, n);
    if (__riscv_vfirst_m_b1(least, n) >= 0) return false;
    k += n;
  }
  return true;
}

template <bool kPairs>
HWY_INLINE int32_t RowSumI8(const int8_t* w, const int8_t* q, size_t cols) {
  const size_t step = __riscv_vsetvlmax_e8m2();
  vint32m8_t sum = __riscv_vmv_v_x_i32m8(0, step);
  size_t k = 0;
  if constexpr (kPairs) {
    for (; k + 2 * step <= cols; k += 2 * step) {
      const vint16m4_t first =
          __riscv_vwmul_vv_i16m4(__riscv_vle8_v_i8m2(w + k, step), __riscv_vle8_v_i8m2(q + k, step), step);
      const vint8m2_t w1 = __riscv_vle8_v_i8m2(w + k + step, step), q1 = __riscv_vle8_v_i8m2(q + k + step, step);
      sum = __riscv_vwadd_wv_i32m8(sum, __riscv_vwmacc_vv_i16m4(first, w1, q1, step), step);
    }
  }
  while (k < cols) {
    const size_t n = __riscv_vsetvl_e8m2(cols - k);
    const vint16m4_t products = __riscv_vwmul_vv_i16m4(__riscv_vle8_v_i8m2(w + k, n), __riscv_vle8_v_i8m2(q + k, n), n);
    sum = __riscv_vwadd_wv_i32m8_tu(sum, sum, products, n);  // lanes from n on stay
    k += n;
  }
  return __riscv_vmv_x_s_i32m1_i32(__riscv_vredsum_vs_i32m8_i32m1(sum, __riscv_vmv_v_x_i32m1(0, 1), step));
}

HWY_INLINE void RowSumsI8(bool pairs_fit, const int8_t* w, size_t cols, const int8_t* q, size_t row_begin,
                          size_t row_end, int32_t* sums) {
  for (size_t n = row_begin; n < row_end; ++n) {
    sums[n] = pairs_fit ? RowSumI8<true>(w + n * cols, q, cols) : RowSumI8<false>(w + n * cols, q, cols);
  }
}

HWY_INLINE void OneRowI8(const int8_t* w, size_t cols, const int8_t* q, size_t row_begin, size_t row_end,
                         int32_t* sums) {
  RowSumsI8(PairsFitI8(q, cols), w, cols, q, row_begin, row_end, sums);
}

HWY_INLINE void ManyRowsI8(const int8_t* w, size_t cols, const int8_t* q, size_t q_stride, const int32_t*, size_t rows,
                           size_t row_begin, size_t row_end, int32_t* sums, size_t sums_stride) {
  bool pairs_fit = true;
  for (size_t m = 0; m < rows; ++m) pairs_fit = pairs_fit && PairsFitI8(q + m * q_stride, cols);
  for (size_t n = row_begin; n < row_end; n += 4) {
    const size_t end = HWY_MIN(n + 4, row_end);
    for (size_t m = 0; m < rows; ++m) {
      RowSumsI8(pairs_fit, w, cols, q + m * q_stride, n, end, sums + m * sums_stride);
    }
  }
}

// NOLINTNEXTLINE(google-readability-namespace-comments)
}  // namespace HWY_NAMESPACE
}  // namespace tritwise::kernels
HWY_AFTER_NAMESPACE();
#endif  // HWY_TARGET == HWY_RVV

#endif  // TRITWISE_KERNELS_LINEAR_RVV_INL_H_
