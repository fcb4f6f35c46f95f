// Activations, gates and sums, element by element. Definition: kernels/elementwise/reference.h.
#pragma once

#include <cstddef>

#include "format/numeric.h"

namespace tritwise::kernels {

// y = activation(x). y may be x.
using ActivateRowFn = void (*)(const float* x, size_t n, ActivationKind kind, float* y);
// y = activation(gate) * up. y may be gate or up.
using GateRowFn = void (*)(const float* gate, const float* up, size_t n, ActivationKind kind, float* y);
// y = a + b. y may be a or b.
using AddRowFn = void (*)(const float* a, const float* b, size_t n, float* y);

}  // namespace tritwise::kernels
