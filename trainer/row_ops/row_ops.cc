// Dispatch of the training loops to the machine's instruction set.
#include "trainer/row_ops/row_ops.h"

// clang-format off
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "trainer/row_ops/row_ops.cc"
#include "hwy/foreach_target.h"  // IWYU pragma: keep
#include "trainer/row_ops/convert-inl.h"
#include "trainer/row_ops/gradient-inl.h"
// clang-format on

#if HWY_ONCE
namespace tritwise {

#define TRITWISE_ROW_OP(Name, Return, Parameters, Arguments) \
  HWY_EXPORT(Name##T);                                       \
  Return Name Parameters { return HWY_DYNAMIC_DISPATCH(Name##T) Arguments; }
#include "trainer/row_ops/row_ops.inc"
#undef TRITWISE_ROW_OP

}  // namespace tritwise
#endif  // HWY_ONCE
