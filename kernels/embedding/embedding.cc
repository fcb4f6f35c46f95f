// Rows of an embedding table for every instruction set.
#include "kernels/embedding/embedding.h"

// clang-format off
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/embedding/embedding.cc"
#include "hwy/foreach_target.h"  // IWYU pragma: keep
#include "kernels/common/lanes-inl.h"
// clang-format on

HWY_BEFORE_NAMESPACE();
namespace tritwise::kernels {
namespace HWY_NAMESPACE {
namespace {

void EmbedF32(const float* row, size_t width, float* y) { std::memcpy(y, row, width * sizeof(float)); }

void EmbedF16(const uint16_t* row, size_t width, float* y) {
  for (size_t i = 0; i < width; i += kLanes) Store16(Load16(row + i, width - i), y + i, width - i);
}

void EmbedI8(const int8_t* row, size_t width, float scale, float* y) {
  const F32x16 factor = Set16(scale);
  for (size_t i = 0; i < width; i += kLanes) {
    Store16(Mul16(Load16(row + i, width - i), factor), y + i, width - i);
  }
}

}  // namespace
// NOLINTNEXTLINE(google-readability-namespace-comments)
}  // namespace HWY_NAMESPACE
}  // namespace tritwise::kernels
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace tritwise::kernels {
HWY_EXPORT(EmbedF32);
HWY_EXPORT(EmbedF16);
HWY_EXPORT(EmbedI8);
EmbedF32Fn ResolveEmbedF32() { return HWY_DYNAMIC_POINTER(EmbedF32); }
EmbedF16Fn ResolveEmbedF16() { return HWY_DYNAMIC_POINTER(EmbedF16); }
EmbedI8Fn ResolveEmbedI8() { return HWY_DYNAMIC_POINTER(EmbedI8); }
}  // namespace tritwise::kernels
#endif  // HWY_ONCE
