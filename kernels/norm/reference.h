// Layer norm and RMS norm of one row, as scalar code: the definition that every target equals bit for bit.
//
// Two passes for the layer norm (mean, then squared distances from it): one pass over squares would lose
// the small variance of a row with a large mean. The row is multiplied by the reciprocal of the
// standard deviation, rounded once, as trainers do; dividing each element would cost more and differ.
#pragma once

#include <cstddef>

#include "format/numeric.h"
#include "kernels/common/reference.h"

namespace tritwise::kernels::reference {

inline void NormRow(bool fused, const float* x, size_t width, NormKind kind, float eps, const float* gain, float* y) {
  float mean = 0.0f;
  if (kind == NormKind::kLayer) mean = Sum(x, width) / static_cast<float>(width);
  float inverse = 1.0f;
  if (kind != NormKind::kNone) {
    const auto centred = [&](size_t i) { return x[i] - mean; };
    const float squares = Dot(fused, width, centred, centred);
    inverse = 1.0f / SquareRoot(squares / static_cast<float>(width) + eps);
  }
  for (size_t i = 0; i < width; ++i) {
    float value = kind == NormKind::kNone ? x[i] : (x[i] - mean) * inverse;
    if (gain != nullptr) value = value * gain[i];
    y[i] = value;
  }
}

}  // namespace tritwise::kernels::reference
