// One matrix as a file holds it: the bytes of its storage, and its scales, from f32 weights.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "format/graph.h"
#include "trainer/quantiser.h"

namespace tritwise {

struct StoredTensor {
  std::vector<std::byte> data;
  std::vector<float> scales;
};

// weights[rows*cols]; `measure` is the scale of a ternary linear's matrix.
StoredTensor StoreTensor(const TensorSpec& spec, std::span<const float> weights, WeightMeasure measure);

}  // namespace tritwise
