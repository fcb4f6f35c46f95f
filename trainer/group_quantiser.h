// Matrices with a scale for each group of columns of a row: int6, int4, and ternary embeddings and heads. Made when a
// network is exported, or evaluated as it would be; nothing is trained with these codes.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "format/graph.h"

namespace tritwise {

// codes[rows*cols] as values (a zero is 0), scales[groups][rows]: that of group i of row n at i*rows + n.
struct GroupCodes {
  std::vector<int8_t> codes;
  std::vector<float> scales;
};

// Codes and scales of the matrix `spec` (HasGroups) that come as near to `weights` as can be, group by group, in
// squared error:
//   int6, int4  the best of the scales max|w| / (31 + i / 4) or (7 + i / 4) with i < 16, of both signs, rounded to f16
//               (with a negative scale it is the positive end that has one code more); code = round_half_even(w * (1 /
//               scale)), clamped. A group of zeros has scale 0.
//   t2, t5      scale = mean of the k largest magnitudes for the k that is best; code = clamp(round_half_even(w * (1 /
//               scale)), -1, 1). At least kScaleFloor.
// The same on every machine, for any number of threads.
GroupCodes QuantiseGroups(const TensorSpec& spec, std::span<const float> weights);

}  // namespace tritwise
