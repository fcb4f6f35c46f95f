// Layer norm and RMS norm of one row. Definition: kernels/norm/reference.h.
#pragma once

#include <cstddef>

#include "format/numeric.h"

namespace tritwise::kernels {

// y[width] = norm(x[width]), times gain[width] where gain is not null. kNone copies. y may be x.
using NormRowFn = void (*)(const float* x, size_t width, NormKind kind, float eps, const float* gain, float* y);

}  // namespace tritwise::kernels
