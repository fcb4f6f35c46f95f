// Products with plain weights for every instruction set. Floats: linear_f-inl.h, integers: linear_i8-inl.h and
// linear_rows_i8-inl.h, or rvv-inl.h.
#include "kernels/linear/linear.h"

// clang-format off
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/linear/linear.cc"
#include "hwy/foreach_target.h"  // IWYU pragma: keep
#include "kernels/common/export.h"
#include "kernels/linear/linear_f-inl.h"
#include "kernels/linear/linear_i8-inl.h"
#include "kernels/linear/linear_rows_i8-inl.h"
#include "kernels/linear/rvv-inl.h"
// clang-format on

HWY_BEFORE_NAMESPACE();
namespace tritwise::kernels {
namespace HWY_NAMESPACE {
namespace {

void LinearF32(const float* w, size_t cols, const float* x, size_t row_begin, size_t row_end, float* y) {
  LinearRows(w, cols, x, row_begin, row_end, y);
}

void LinearF16(const uint16_t* w, size_t cols, const float* x, size_t row_begin, size_t row_end, float* y) {
  LinearRows(w, cols, x, row_begin, row_end, y);
}

void LinearI8(const int8_t* w, size_t cols, const int8_t* q, size_t row_begin, size_t row_end, int32_t* sums) {
  OneRowI8(w, cols, q, row_begin, row_end, sums);
}

void LinearRowsI8(const int8_t* w, size_t cols, const int8_t* q, size_t q_stride, const int32_t* q_sums, size_t rows,
                  size_t row_begin, size_t row_end, int32_t* sums, size_t sums_stride) {
  ManyRowsI8(w, cols, q, q_stride, q_sums, rows, row_begin, row_end, sums, sums_stride);
}

}  // namespace
// NOLINTNEXTLINE(google-readability-namespace-comments)
}  // namespace HWY_NAMESPACE
}  // namespace tritwise::kernels
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace tritwise::kernels {
TRITWISE_EXPORT_KERNEL(LinearF32)
TRITWISE_EXPORT_KERNEL(LinearF16)
TRITWISE_EXPORT_KERNEL(LinearI8)
TRITWISE_EXPORT_KERNEL(LinearRowsI8)
}  // namespace tritwise::kernels
#endif  // HWY_ONCE
