// Random ternary matrices in each layout, and the kernels of a layout.
#pragma once

#include <vector>

#include "kernels/ternary/reference.h"
#include "tests/kernels/kernel_test.h"

namespace tritwise::test {

inline constexpr Storage kLayouts[] = {Storage::kT2, Storage::kT5};

inline kernels::TernaryRowT2Fn OneRow(const kernels::Kernels& table, Storage layout) {
  return layout == Storage::kT2 ? table.ternary_row_t2 : table.ternary_row_t5;
}
inline kernels::TernaryRowsT2Fn ManyRows(const kernels::Kernels& table, Storage layout) {
  return layout == Storage::kT2 ? table.ternary_rows_t2 : table.ternary_rows_t5;
}

struct PackedMatrix {
  TernaryGeometry geometry;
  std::vector<uint8_t> codes;
};

// Trits [rows][cols] into the layout, the obvious way: each trit to the place the reference reads it from.
inline PackedMatrix Pack(Storage layout, size_t rows, size_t cols, const std::vector<int>& trits) {
  PackedMatrix m{MakeTernaryGeometry(layout, rows, cols), {}};
  const size_t fields = TritsPerByte(layout);
  // Code sums of each byte in base 4 or 3; padding trits are zero, that is code 1.
  const unsigned empty = layout == Storage::kT2 ? 0x55 : 121;  // 11111 in base 3
  std::vector<unsigned> value(m.geometry.total_bytes, empty);
  for (size_t row = 0; row < rows; ++row) {
    for (size_t col = 0; col < cols; ++col) {
      const kernels::reference::TritPlace place = kernels::reference::PlaceOf(m.geometry, row, col);
      unsigned unit = 1;
      const size_t power = layout == Storage::kT2 ? place.field : fields - 1 - place.field;
      for (size_t i = 0; i < power; ++i) unit *= layout == Storage::kT2 ? 4 : 3;
      value[place.byte] += unit * static_cast<unsigned>(trits[row * cols + col]);  // wraps for -1
    }
  }
  m.codes.resize(value.size());
  for (size_t i = 0; i < value.size(); ++i) {
    const unsigned v = value[i];
    m.codes[i] = static_cast<uint8_t>(layout == Storage::kT2 ? v : (v * 256 + 242) / 243);
  }
  return m;
}

// Any bytes at all, also those that no packer writes.
inline PackedMatrix RandomBytes(Random& random, Storage layout, size_t rows, size_t cols) {
  PackedMatrix m{MakeTernaryGeometry(layout, rows, cols), {}};
  m.codes.resize(m.geometry.total_bytes);
  for (uint8_t& byte : m.codes) byte = static_cast<uint8_t>(random.Bits());
  return m;
}

inline int32_t SumOf(const std::vector<int8_t>& q) {
  int32_t sum = 0;
  for (const int8_t code : q) sum += code;
  return sum;
}

}  // namespace tritwise::test
