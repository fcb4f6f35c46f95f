// Rows of f32 or f16 weights times one row of floats. Four weight rows at a time share the loads of x; each
// row sums in its own 16 lanes, so the grouping does not show in the result.
//
// clang-format off
#if defined(TRITWISE_KERNELS_LINEAR_LINEAR_F_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef TRITWISE_KERNELS_LINEAR_LINEAR_F_INL_H_
#undef TRITWISE_KERNELS_LINEAR_LINEAR_F_INL_H_
#else
#define TRITWISE_KERNELS_LINEAR_LINEAR_F_INL_H_
#endif
// clang-format on

#include "kernels/common/lanes-inl.h"

HWY_BEFORE_NAMESPACE();
namespace tritwise::kernels {
namespace HWY_NAMESPACE {

// W: float or uint16_t (binary16).
template <class W>
void LinearRows(const W* w, size_t cols, const float* x, size_t row_begin, size_t row_end, float* y) {
  const size_t whole = cols / kLanes * kLanes;
  const size_t rest = cols - whole;
  size_t n = row_begin;
  for (; n + 4 <= row_end; n += 4) {
    const W* w0 = w + n * cols;
    const W* w1 = w0 + cols;
    const W* w2 = w1 + cols;
    const W* w3 = w2 + cols;
    F32x16 s0 = Zero16(), s1 = Zero16(), s2 = Zero16(), s3 = Zero16();
    for (size_t k = 0; k < whole; k += kLanes) {
      const F32x16 xk = Load16(x + k);
      s0 = MulAdd16(xk, Load16(w0 + k), s0);
      s1 = MulAdd16(xk, Load16(w1 + k), s1);
      s2 = MulAdd16(xk, Load16(w2 + k), s2);
      s3 = MulAdd16(xk, Load16(w3 + k), s3);
    }
    if (rest != 0) {
      const F32x16 xk = Load16(x + whole, rest);
      s0 = MulAdd16(xk, Load16(w0 + whole, rest), s0);
      s1 = MulAdd16(xk, Load16(w1 + whole, rest), s1);
      s2 = MulAdd16(xk, Load16(w2 + whole, rest), s2);
      s3 = MulAdd16(xk, Load16(w3 + whole, rest), s3);
    }
    StoreSums16(s0, s1, s2, s3, y + n);
  }
  for (; n < row_end; ++n) {
    F32x16 sum = Zero16();
    for (size_t k = 0; k < cols; k += kLanes) {
      sum = MulAdd16(Load16(x + k, cols - k), Load16(w + n * cols + k, cols - k), sum);
    }
    y[n] = Sum16(sum);
  }
}

// NOLINTNEXTLINE(google-readability-namespace-comments)
}  // namespace HWY_NAMESPACE
}  // namespace tritwise::kernels
HWY_AFTER_NAMESPACE();

#endif  // TRITWISE_KERNELS_LINEAR_LINEAR_F_INL_H_
