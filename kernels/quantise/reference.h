// Norm and quantisation of one row, as scalar code: the definition that every target equals bit for bit.
//
//   xn = norm(x) * gain          m = max(max |xn|, kScaleFloor)
//   q = clamp(round half to even(xn * (range / m)), lowest, 127)          step = m / range
//
// An xn that is not finite becomes q = 0, takes no part in m, and makes step NaN: the integers are defined
// for any input, and what is computed from them is still NaN, as float arithmetic would have it.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>

#include "format/numeric.h"
#include "kernels/norm/reference.h"
#include "kernels/quantise/quantise.h"

namespace tritwise::kernels::reference {

inline QuantisedRow NormQuantiseRow(bool fused, const float* x, size_t cols, const RowQuantiser& quantiser,
                                    float* scratch, int8_t* q, size_t padded_cols) {
  NormRow(fused, x, cols, quantiser.norm, quantiser.norm_eps, quantiser.gain, scratch);
  float largest = kScaleFloor;
  float poison = 0.0f;  // 0, or NaN once an element is not finite
  for (size_t i = 0; i < cols; ++i) {
    poison += scratch[i] - scratch[i];
    if (!std::isfinite(scratch[i])) scratch[i] = 0.0f;
    largest = std::max(largest, std::fabs(scratch[i]));
  }
  const float factor = quantiser.range / largest;
  QuantisedRow row;
  row.step = largest / quantiser.range + poison;
  for (size_t i = 0; i < padded_cols; ++i) {
    const int32_t code = i < cols ? static_cast<int32_t>(RoundSmall(scratch[i] * factor)) : 0;
    q[i] = static_cast<int8_t>(std::clamp(code, quantiser.lowest, int32_t{kActivationHighest}));
    row.sum += q[i];
  }
  return row;
}

}  // namespace tritwise::kernels::reference
