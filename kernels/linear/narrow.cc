// Products with int6 and int4 weights for every instruction set: narrow-inl.h.
#include "kernels/linear/narrow.h"

// clang-format off
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/linear/narrow.cc"
#include "hwy/foreach_target.h"  // IWYU pragma: keep
#include "kernels/common/export.h"
#include "kernels/linear/narrow-inl.h"
// clang-format on

HWY_BEFORE_NAMESPACE();
namespace tritwise::kernels {
namespace HWY_NAMESPACE {
namespace {

void LinearI6(const uint8_t* data, const NarrowGeometry& geometry, const NarrowRows& rows, size_t block_begin,
              size_t block_end) {
  LinearNarrow<I6Codes>(data, geometry, rows, block_begin, block_end);
}

void LinearI4(const uint8_t* data, const NarrowGeometry& geometry, const NarrowRows& rows, size_t block_begin,
              size_t block_end) {
  LinearNarrow<I4Codes>(data, geometry, rows, block_begin, block_end);
}

}  // namespace
// NOLINTNEXTLINE(google-readability-namespace-comments)
}  // namespace HWY_NAMESPACE
}  // namespace tritwise::kernels
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace tritwise::kernels {
TRITWISE_EXPORT_KERNEL(LinearI6)
TRITWISE_EXPORT_KERNEL(LinearI4)
}  // namespace tritwise::kernels
#endif  // HWY_ONCE
