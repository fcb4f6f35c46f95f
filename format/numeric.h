// The small vocabulary of numbers that the file, the kernels, the trainer and the runtime share.
//
// Values of these enums are written into files: append, never renumber. Nothing here knows of graphs
// or files, so that kernels/ may include it.
#pragma once

#include <cstdint>

namespace tritwise {

// How the elements of a tensor lie in the file, which is also how kernels read them.
enum class Storage : uint8_t {
  kF32 = 0,
  kF16 = 1,  // IEEE binary16
  kI8 = 2,   // two's complement, one f32 scale a row: value = code * scale
  kT2 = 3,   // ternary, four trits a byte (format/ternary_layout.h)
  kT5 = 4,   // ternary, five trits a byte
  kI6 = 5,   // codes of 6 bits, one f16 scale for 64 columns of a row (format/narrow_layout.h)
  kI4 = 6,   // the same with 4 bits
  kLut = 7,  // ternary, two trits an index of a table (format/ternary_layout.h)
};

// What keys and values can be kept in. kI8: codes of -127 to 127 with one f32 scale for each position of a head, made
// like the activations of an integer product (largest magnitude / 127).
constexpr bool IsCacheStorage(Storage storage) {
  return storage == Storage::kF16 || storage == Storage::kF32 || storage == Storage::kI8;
}

// What is done to a row before a linear layer, or by a norm of its own.
//   layer: (x - mean(x)) / sqrt(var(x) + eps)    var divides by the width
//   rms:   x / sqrt(mean(x^2) + eps)
enum class NormKind : uint8_t { kNone = 0, kLayer = 1, kRms = 2 };

// What a row of activations is divided by before it is made integer (arXiv 2402.17764: the largest magnitude;
// 2407.09527 tries the others). Of an even count the median is the lower one.
enum class ActivationMeasure : uint8_t { kAbsMax = 0, kAbsMean = 1, kAbsMedian = 2 };

enum class ActivationKind : uint8_t {
  kRelu = 0,
  kReluSquared = 1,
  kSilu = 2,  // x / (1 + exp(-x))
};

// How many scales a weight tensor has beside its codes. kRow: one for each output row; kGroup: one for each group of
// columns of a row.
enum class ScaleKind : uint8_t { kNone = 0, kTensor = 1, kRow = 2, kGroup = 3 };

// The smallest absolute maximum of a row and the smallest measure of a weight matrix that a scale is
// made from (arXiv 2402.17764 and the `bitlinear` package use the same constant for both).
inline constexpr float kScaleFloor = 1e-5f;

// Highest code of a quantised activation. The lowest, and the range R, are stored with each linear.
inline constexpr int kActivationHighest = 127;

}  // namespace tritwise
