// Norm and quantisation of one row, as scalar code: the definition that every target equals bit for bit.
//
//   xn = norm(x) * gain          m = max(measure(|xn|), kScaleFloor): maximum, mean or median
//   q = clamp(round half to even(xn * (range / m)), lowest, 127)          step = m / range
//
// An xn that is not finite becomes q = 0, takes no part in m, and makes step NaN: the integers are defined
// for any input, and what is computed from them is still NaN, as float arithmetic would have it.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>

#include "format/numeric.h"
#include "kernels/norm/reference.h"
#include "kernels/quantise/quantise.h"

namespace tritwise::kernels::reference {

inline float LargestMagnitude(const float* x, size_t n) {
  float largest = 0.0f;
  for (size_t i = 0; i < n; ++i) largest = Larger(largest, Magnitude(x[i]));
  return largest;
}

inline float MeanMagnitude(const float* x, size_t n) {
  return SumOf(n, [x](size_t i) { return Magnitude(x[i]); }) / static_cast<float>(n);
}

// The lower median: the smallest magnitude that (n - 1) / 2 + 1 elements do not exceed. Magnitudes are ordered like
// their bit patterns, so that halving the range of those finds it without memory for sorting.
inline float MedianMagnitude(const float* x, size_t n) {
  uint32_t low = 0;
  uint32_t high = 0x7F7FFFFFu;  // the largest float
  while (low < high) {
    const uint32_t middle = low + (high - low) / 2;
    size_t count = 0;
    for (size_t i = 0; i < n; ++i) count += std::bit_cast<uint32_t>(Magnitude(x[i])) <= middle ? 1 : 0;
    if (count > (n - 1) / 2) {
      high = middle;
    } else {
      low = middle + 1;
    }
  }
  return std::bit_cast<float>(low);
}

// Of finite elements.
inline float Measure(const float* x, size_t n, ActivationMeasure measure) {
  if (measure == ActivationMeasure::kAbsMax) return LargestMagnitude(x, n);
  return measure == ActivationMeasure::kAbsMean ? MeanMagnitude(x, n) : MedianMagnitude(x, n);
}

// `scratch` holds `cols` floats; it may be x where x is not needed afterwards.
inline QuantisedRow NormQuantiseRow(bool fused, const float* x, size_t cols, const RowQuantiser& quantiser,
                                    float* scratch, int8_t* q, size_t padded_cols) {
  NormRow(fused, x, cols, quantiser.norm, quantiser.norm_eps, quantiser.gain, scratch);
  float poison = 0.0f;  // 0, or NaN once an element is not finite
  for (size_t i = 0; i < cols; ++i) {
    poison += scratch[i] - scratch[i];
    if (!IsFinite(scratch[i])) scratch[i] = 0.0f;
  }
  const float measure = Larger(kScaleFloor, Measure(scratch, cols, quantiser.measure));
  const float factor = quantiser.range / measure;
  QuantisedRow row;
  row.step = measure / quantiser.range + poison;
  for (size_t i = 0; i < padded_cols; ++i) {
    // Clamped first: beside a small mean an element may be far out of any integer's range.
    const float code = i < cols ? Clamped(scratch[i] * factor, static_cast<float>(quantiser.lowest),
                                          static_cast<float>(kActivationHighest))
                                : 0.0f;
    q[i] = static_cast<int8_t>(RoundSmall(code));
    row.sum += q[i];
  }
  return row;
}

}  // namespace tritwise::kernels::reference
