// Activations, gates and sums as scalar code: the definition that every target equals bit for bit.
#pragma once

#include <cstddef>

#include "format/numeric.h"
#include "kernels/common/reference.h"

namespace tritwise::kernels::reference {

// A NaN stays a NaN under each of them.
inline float Activate(bool fused, ActivationKind kind, float x) {
  if (kind == ActivationKind::kSilu) return Silu(fused, x);
  const float positive = x < 0.0f ? 0.0f : x;
  return kind == ActivationKind::kReluSquared ? positive * positive : positive;
}

inline void ActivateRow(bool fused, const float* x, size_t n, ActivationKind kind, float* y) {
  for (size_t i = 0; i < n; ++i) y[i] = Activate(fused, kind, x[i]);
}

inline void GateRow(bool fused, const float* gate, const float* up, size_t n, ActivationKind kind, float* y) {
  for (size_t i = 0; i < n; ++i) y[i] = Activate(fused, kind, gate[i]) * up[i];
}

inline void AddRow(const float* a, const float* b, size_t n, float* y) {
  for (size_t i = 0; i < n; ++i) y[i] = a[i] + b[i];
}

}  // namespace tritwise::kernels::reference
