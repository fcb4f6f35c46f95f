// What this machine reaches in matrix products alone: what a training step is measured against.
#pragma once

#include "trainer/row_ops/row_ops.h"

namespace tritwise {

struct ProductPeak {
  double products = 0.0;  // of `type`, multiplications and additions a second, all threads together
  double int8 = 0.0;      // the same with int8 operands; 0 where they are not used
};

// Takes about a second. Each thread multiplies square matrices that stay in its core's cache.
ProductPeak MeasureProductPeak(ComputeType type, int threads);

}  // namespace tritwise
