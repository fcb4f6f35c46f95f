// An attribute for lambdas in inner loops.
#pragma once

#include "hwy/base.h"

// HWY_ATTR, and inlined whatever the compiler thinks of it: GCC leaves lambdas of large functions as calls, which puts
// sums into memory around each of them.
#if HWY_COMPILER_GCC || HWY_COMPILER_CLANG
#define TRITWISE_INLINE_LAMBDA HWY_ATTR __attribute__((always_inline))
#else
#define TRITWISE_INLINE_LAMBDA HWY_ATTR
#endif
