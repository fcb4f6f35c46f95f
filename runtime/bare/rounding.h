// A row of floats to a row of codes, in front of every product of integers.
#pragma once

#include <cstddef>
#include <cstdint>

#include "kernels/quantise/reference.h"
#include "runtime/bare/ops.h"

namespace tritwise::bare {

struct Rounding {
  const float* x = nullptr;
  float* normed = nullptr;  // cols floats; x where nothing reads x afterwards
  float* codes = nullptr;   // room for padded_cols bytes
  size_t cols = 0;
  size_t padded_cols = 0;
  kernels::RowQuantiser quantiser;
};

struct RoundedRow {
  const int8_t* q = nullptr;  // [padded_cols], zeros behind cols
  float step = 0.0f;
  int32_t sum = 0;
};

inline RoundedRow Round(const Rounding& r) {
  auto* q = reinterpret_cast<int8_t*>(r.codes);
  const kernels::QuantisedRow row =
      kernels::reference::NormQuantiseRow(kFused, r.x, r.cols, r.quantiser, r.normed, q, r.padded_cols);
  return {q, row.step, row.sum};
}

}  // namespace tritwise::bare
