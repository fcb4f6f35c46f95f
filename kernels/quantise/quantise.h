// Norm and quantisation of one row of activations, in one kernel. Definition: kernels/quantise/reference.h.
#pragma once

#include <cstddef>
#include <cstdint>

#include "format/numeric.h"

namespace tritwise::kernels {

struct RowQuantiser {
  NormKind norm = NormKind::kNone;
  float norm_eps = 1e-5f;
  const float* gain = nullptr;  // [cols] or null
  float range = 127.0f;         // R
  int32_t lowest = -127;
  ActivationMeasure measure = ActivationMeasure::kAbsMax;
};

struct QuantisedRow {
  float step = 0.0f;  // value of one unit of q: max(measure(|xn|), kScaleFloor) / range; NaN where xn is not all finite
  int32_t sum = 0;    // of all q
};

// q[padded_cols] from x[cols]; what is beyond cols becomes 0. padded_cols >= cols. `scratch` holds
// padded_cols floats (rounded up to 16) and may not overlap x.
using NormQuantiseRowFn = QuantisedRow (*)(const float* x, size_t cols, const RowQuantiser& quantiser, float* scratch,
                                           int8_t* q, size_t padded_cols);

}  // namespace tritwise::kernels
