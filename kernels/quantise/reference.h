// Norm and quantisation of one row, as scalar code: the definition that every target equals bit for bit.
//
//   xn = norm(x) * gain          m = max(measure(|xn|), kScaleFloor): maximum, mean or median
//   q = clamp(round half to even(xn * (range / m)), lowest, 127)          step = m / range
//
// An xn that is not finite becomes q = 0, takes no part in m, and makes step NaN: the integers are defined
// for any input, and what is computed from them is still NaN, as float arithmetic would have it.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "format/numeric.h"
#include "kernels/norm/reference.h"
#include "kernels/quantise/quantise.h"

namespace tritwise::kernels::reference {

inline float Measure(const float* x, size_t n, ActivationMeasure measure) {
  std::vector<float> magnitudes(n);
  for (size_t i = 0; i < n; ++i) magnitudes[i] = std::fabs(x[i]);
  if (measure == ActivationMeasure::kAbsMax) return *std::max_element(magnitudes.begin(), magnitudes.end());
  if (measure == ActivationMeasure::kAbsMean) return Sum(magnitudes.data(), n) / static_cast<float>(n);
  std::sort(magnitudes.begin(), magnitudes.end());
  return magnitudes[(n - 1) / 2];
}

inline QuantisedRow NormQuantiseRow(bool fused, const float* x, size_t cols, const RowQuantiser& quantiser,
                                    float* scratch, int8_t* q, size_t padded_cols) {
  NormRow(fused, x, cols, quantiser.norm, quantiser.norm_eps, quantiser.gain, scratch);
  float poison = 0.0f;  // 0, or NaN once an element is not finite
  for (size_t i = 0; i < cols; ++i) {
    poison += scratch[i] - scratch[i];
    if (!std::isfinite(scratch[i])) scratch[i] = 0.0f;
  }
  const float measure = std::max(kScaleFloor, Measure(scratch, cols, quantiser.measure));
  const float factor = quantiser.range / measure;
  QuantisedRow row;
  row.step = measure / quantiser.range + poison;
  for (size_t i = 0; i < padded_cols; ++i) {
    // Clamped first: beside a small mean an element may be far out of any integer's range.
    const float code = i < cols ? std::clamp(scratch[i] * factor, static_cast<float>(quantiser.lowest),
                                             static_cast<float>(kActivationHighest))
                                : 0.0f;
    q[i] = static_cast<int8_t>(RoundSmall(code));
    row.sum += q[i];
  }
  return row;
}

}  // namespace tritwise::kernels::reference
