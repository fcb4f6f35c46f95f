// How weights become codes: the measures of a matrix, its ternary codes and scale, int8 rows.
// Formulas: arXiv 2402.17764 (absmean), 2407.09527 (absmedian), 2502.11895.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "trainer/random.h"

namespace tritwise {

// What a ternary matrix is divided by before its entries are rounded to -1, 0, +1.
enum class WeightMeasure : uint8_t {
  kAbsMean,    // mean |w|
  kAbsMedian,  // median |w|, the lower one of an even count
};

// How an entry becomes a code while training. Exported codes are always the nearest.
enum class Rounding : uint8_t {
  kNearest,     // half to even
  kStochastic,  // sign(z) with probability min(|z|, 1), else 0: the code's mean is z
};

// max(measure(|w|), kScaleFloor): the value of code +1. Its reciprocal is what entries are multiplied by.
float WeightScale(std::span<const float> weights, WeightMeasure measure);

// clamp(round_half_even(w / scale), -1, 1), computed as w * (1 / scale).
std::vector<int8_t> TernaryCodes(std::span<const float> weights, float scale);

// With z = w * (1 / scale): sign(z) with probability min(|z|, 1), else 0. Weight i draws number first + i of
// `random`, in 24 bits.
void DrawCodes(std::span<const float> weights, float scale, const RandomStream& random, uint64_t first, int8_t* codes);

// Rows of int8 with one scale each: scale = max|w| / 127, code = round_half_even(w * (127 / max|w|)).
struct Int8Rows {
  std::vector<int8_t> codes;
  std::vector<float> scales;
};
Int8Rows QuantiseRows(std::span<const float> weights, size_t rows, size_t cols);

}  // namespace tritwise
