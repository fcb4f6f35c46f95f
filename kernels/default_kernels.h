// Which alternative of an operation (kernels.inc) an instruction set takes unless told otherwise. Without an entry it
// is "dot". Every entry says what was measured.
#pragma once

#include <array>
#include <cstdint>

#include "hwy/detect_targets.h"

namespace tritwise::kernels {

struct DefaultKernel {
  int64_t targets;  // bits of Highway's HWY_AVX2 and so on
  const char* operation;
  const char* name;
};

inline constexpr std::array<DefaultKernel, 0> kDefaultKernels = {};

}  // namespace tritwise::kernels
