#include "trainer/group_quantiser.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <functional>

#include "format/half.h"
#include "format/narrow_layout.h"

namespace tritwise {
namespace {

// To nearest even, for magnitudes below 2^22; unlike nearbyint, a compiler makes vectors of it.
float RoundHalfEven(float x) {
  constexpr float kShift = 12582912.0f;  // 1.5 * 2^23
  return (x + kShift) - kShift;
}

using NarrowGroup = std::array<float, kNarrowGroupCols>;  // zeros behind the columns

// What `scale` makes of the weights, as whole numbers; returns the squared error.
double Round(const NarrowGroup& weights, float scale, float offset, NarrowGroup& codes) {
  const float inverse = 1.0f / scale;
  NarrowGroup error;
  for (size_t i = 0; i < weights.size(); ++i) {
    codes[i] = std::clamp(RoundHalfEven(std::clamp(weights[i] * inverse, -256.0f, 256.0f)), -offset, offset - 1.0f);
    error[i] = weights[i] - codes[i] * scale;
  }
  double sum = 0.0;
  for (const float e : error) sum += double{e} * double{e};
  return sum;
}

// Scales that are tried: the largest magnitude / (offset - 1 + i / 4). Below it the largest weight is clamped and the
// others are rounded more finely.
constexpr int kScales = 16;

// Sets the codes of one group and returns its scale.
float QuantiseNarrow(const NarrowGroup& weights, int offset, std::span<int8_t> codes) {
  float largest = 0.0f;
  for (const float w : weights) largest = std::max(largest, std::fabs(w));
  float best_scale = 0.0f;
  double least = 0.0;
  for (const float w : weights) least += double{w} * double{w};
  NarrowGroup best = {};
  NarrowGroup tried;
  for (int i = 0; i < kScales; ++i) {
    const float wanted = largest / (static_cast<float>(offset - 1) + 0.25f * static_cast<float>(i));
    const float magnitude = FloatFromHalf(HalfFromFloat(std::min(wanted, 65504.0f)));
    if (magnitude == 0.0f) continue;
    for (const float scale : {magnitude, -magnitude}) {
      const double error = Round(weights, scale, static_cast<float>(offset), tried);
      if (error >= least) continue;
      least = error;
      best_scale = scale;
      best = tried;
    }
  }
  for (size_t i = 0; i < codes.size(); ++i) codes[i] = static_cast<int8_t>(best[i]);
  return best_scale;
}

float QuantiseTernary(std::span<const float> weights, std::vector<float>& magnitudes, std::span<int8_t> codes) {
  magnitudes.clear();
  for (const float w : weights) magnitudes.push_back(std::fabs(w));
  std::sort(magnitudes.begin(), magnitudes.end(), std::greater<>());
  // With the k largest at +-scale, scale their mean, the squared error falls by sum^2 / k.
  double sum = 0.0;
  double most = 0.0;
  double mean = 0.0;
  for (size_t k = 1; k <= magnitudes.size(); ++k) {
    sum += magnitudes[k - 1];
    const double gain = sum * sum / static_cast<double>(k);
    if (gain <= most) continue;
    most = gain;
    mean = sum / static_cast<double>(k);
  }
  const float scale = std::max(static_cast<float>(mean), kScaleFloor);
  const float inverse = 1.0f / scale;
  for (size_t i = 0; i < codes.size(); ++i) {
    codes[i] = static_cast<int8_t>(RoundHalfEven(std::clamp(weights[i] * inverse, -1.0f, 1.0f)));
  }
  return scale;
}

}  // namespace

GroupCodes QuantiseGroups(const TensorSpec& spec, std::span<const float> weights) {
  const auto rows = static_cast<size_t>(spec.rows);
  const auto cols = static_cast<size_t>(spec.cols);
  const auto group_cols = static_cast<size_t>(GroupCols(spec));
  const size_t groups = (cols - 1) / group_cols + 1;
  GroupCodes result{std::vector<int8_t>(rows * cols), std::vector<float>(groups * rows)};
#pragma omp parallel
  {
    std::vector<float> magnitudes;
#pragma omp for schedule(static)
    for (int64_t n = 0; n < spec.rows; ++n) {
      const auto row = static_cast<size_t>(n);
      for (size_t group = 0; group < groups; ++group) {
        const size_t begin = row * cols + group * group_cols;
        const size_t count = std::min(group_cols, cols - group * group_cols);
        const auto part = weights.subspan(begin, count);
        const auto codes = std::span(result.codes).subspan(begin, count);
        float& scale = result.scales[group * rows + row];
        if (IsNarrow(spec.storage)) {
          NarrowGroup padded = {};
          std::copy(part.begin(), part.end(), padded.begin());
          scale = QuantiseNarrow(padded, NarrowOffset(spec.storage), codes);
        } else {
          scale = QuantiseTernary(part, magnitudes, codes);
        }
      }
    }
  }
  return result;
}

}  // namespace tritwise
