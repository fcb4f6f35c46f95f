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

inline constexpr std::array<DefaultKernel, 1> kDefaultKernels = {{
    // No product of unsigned with signed bytes there. 2560 x 2560, one thread of a Zen 5: 32 G operations/s instead
    // of 29.
    // (With many rows, where digits are taken apart once for four of them, dot has 46 and mask 30.)
    {HWY_SSE2, "ternary_row_t5", "mask"},
}};

}  // namespace tritwise::kernels
