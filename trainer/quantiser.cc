#include "trainer/quantiser.h"

#include <algorithm>
#include <cmath>

#include "format/numeric.h"
#include "trainer/median.h"
#include "trainer/row_ops/row_ops.h"

namespace tritwise {

float WeightScale(std::span<const float> weights, WeightMeasure measure) {
  float value = 0.0f;
  if (measure == WeightMeasure::kAbsMean) {
    value = static_cast<float>(SumOfMagnitudes(weights.data(), weights.size()) / static_cast<double>(weights.size()));
  } else {
    value = MedianMagnitude(weights);
  }
  return std::max(value, kScaleFloor);
}

std::vector<int8_t> TernaryCodes(std::span<const float> weights, float scale) {
  std::vector<int8_t> codes(weights.size());
  RoundTernary(weights.data(), weights.size(), 1.0f / scale, codes.data());
  return codes;
}

void DrawCodes(std::span<const float> weights, float scale, const RandomStream& random, uint64_t first, int8_t* codes) {
  const float inverse = 1.0f / scale;
  for (size_t i = 0; i < weights.size(); ++i) {
    const float uniform = static_cast<float>(random.Bits(first + i) >> 40) * 0x1p-24f;
    const float z = weights[i] * inverse;
    const bool hit = uniform < std::fabs(z);
    codes[i] = static_cast<int8_t>(hit ? (z > 0.0f ? 1 : -1) : 0);
  }
}

Int8Rows QuantiseRows(std::span<const float> weights, size_t rows, size_t cols) {
  Int8Rows result{std::vector<int8_t>(rows * cols), std::vector<float>(rows)};
  for (size_t r = 0; r < rows; ++r) {
    const auto row = weights.subspan(r * cols, cols);
    float largest = kScaleFloor;
    for (const float w : row) largest = std::max(largest, std::fabs(w));
    result.scales[r] = largest / 127.0f;
    const float factor = 127.0f / largest;
    for (size_t c = 0; c < cols; ++c) {
      result.codes[r * cols + c] = static_cast<int8_t>(std::nearbyint(std::clamp(row[c] * factor, -127.0f, 127.0f)));
    }
  }
  return result;
}

}  // namespace tritwise
