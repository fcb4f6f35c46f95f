// Rotation, f16 storage and attention for every instruction set. Attention: attend-inl.h; the table of
// cosines and sines, which is not SIMD code: rotary.cc.
#include "kernels/attention/attention.h"

// clang-format off
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/attention/attention.cc"
#include "hwy/foreach_target.h"  // IWYU pragma: keep
#include "kernels/common/export.h"
#include "kernels/attention/attend-inl.h"
// clang-format on

HWY_BEFORE_NAMESPACE();
namespace tritwise::kernels {
namespace HWY_NAMESPACE {
namespace {

void RotateRow(float* x, size_t heads, size_t head_size, const float* cosine, const float* sine) {
  const size_t half = head_size / 2;
  for (size_t head = 0; head < heads; ++head, x += head_size) {
    for (size_t i = 0; i < half; i += kLanes) {
      const F32x16 a = Load16(x + i, half - i);
      const F32x16 b = Load16(x + half + i, half - i);
      const F32x16 c = Load16(cosine + i, half - i);
      const F32x16 s = Load16(sine + i, half - i);
      Store16(MulAdd16(Neg16(b), s, Mul16(a, c)), x + i, half - i);
      Store16(MulAdd16(a, s, Mul16(b, c)), x + half + i, half - i);
    }
  }
}

void StoreRowF16(const float* x, size_t n, uint16_t* y) {
  for (size_t i = 0; i < n; i += kLanes) Store16(Load16(x + i, n - i), y + i, n - i);
}

void AttendF32(const AttendQueries& queries, const AttendCache<float>& cache) { Attend(queries, cache); }
void AttendF16(const AttendQueries& queries, const AttendCache<uint16_t>& cache) { Attend(queries, cache); }
void AttendI8(const AttendQueries& queries, const AttendCache<int8_t>& cache) { Attend(queries, cache); }

}  // namespace
// NOLINTNEXTLINE(google-readability-namespace-comments)
}  // namespace HWY_NAMESPACE
}  // namespace tritwise::kernels
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace tritwise::kernels {
TRITWISE_EXPORT_KERNEL(RotateRow)
TRITWISE_EXPORT_KERNEL(StoreRowF16)
TRITWISE_EXPORT_KERNEL(AttendF32)
TRITWISE_EXPORT_KERNEL(AttendF16)
TRITWISE_EXPORT_KERNEL(AttendI8)
}  // namespace tritwise::kernels
#endif  // HWY_ONCE
