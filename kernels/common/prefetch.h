// Asking for memory ahead of time.
#pragma once

#include "hwy/cache_control.h"

namespace tritwise::kernels {

// For what is read once and then not again for long: weights, with one row of activations. From memory, a Zen 5
// reads int8 rows at 98 % of its bandwidth with this hint and at 88 % with hwy::Prefetch, which also fills the larger
// caches.
inline void PrefetchOnce(const void* p) {
#if HWY_COMPILER_GCC || HWY_COMPILER_CLANG
  __builtin_prefetch(p, 0, 0);
#else
  hwy::Prefetch(static_cast<const char*>(p));
#endif
}

}  // namespace tritwise::kernels
