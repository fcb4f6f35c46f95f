// Random ternary matrices in each layout, and the kernels of a layout.
#pragma once

#include <vector>

#include "format/names.h"
#include "kernels/ternary/reference.h"
#include "tests/kernels/kernel_test.h"

namespace tritwise::test {

// Of ternary linears; embeddings and heads have the first two.
inline constexpr Storage kLayouts[] = {Storage::kT2, Storage::kT5, Storage::kLut};

inline kernels::TernaryRowT2Fn OneRow(const kernels::Kernels& table, Storage layout) {
  if (layout == Storage::kLut) return table.ternary_row_lut;
  return layout == Storage::kT2 ? table.ternary_row_t2 : table.ternary_row_t5;
}
inline kernels::TernaryRowsT2Fn ManyRows(const kernels::Kernels& table, Storage layout) {
  if (layout == Storage::kLut) return table.ternary_rows_lut;
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
  // Code sums of each byte: what each trit counts for, in base 4 or 3, lut in two pairs of base 3; padding trits are
  // zero.
  const auto unit = [&](size_t field) -> unsigned {
    if (layout == Storage::kT2) return 1u << (2 * field);
    if (layout == Storage::kLut) return (field % 2 == 0 ? 1u : 3u) << (field / 2 * 4);
    unsigned power = 1;
    for (size_t i = field + 1; i < fields; ++i) power *= 3;
    return power;
  };
  unsigned empty = 0;
  for (size_t field = 0; field < fields; ++field) empty += unit(field);
  std::vector<unsigned> value(m.geometry.total_bytes, empty);
  for (size_t row = 0; row < rows; ++row) {
    for (size_t col = 0; col < cols; ++col) {
      const kernels::reference::TritPlace place = kernels::reference::PlaceOf(m.geometry, row, col);
      value[place.byte] += unit(place.field) * static_cast<unsigned>(trits[row * cols + col]);  // wraps for -1
    }
  }
  m.codes.resize(value.size());
  for (size_t i = 0; i < value.size(); ++i) {
    const unsigned v = value[i];
    m.codes[i] = static_cast<uint8_t>(layout == Storage::kT5 ? (v * 256 + 242) / 243 : v);
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

inline std::string NameOf(const TernaryGeometry& g) {
  return std::string(tritwise::NameOf(g.storage)) + " rows " + std::to_string(g.rows) + " cols " +
         std::to_string(g.cols);
}

inline int32_t SumOf(const std::vector<int8_t>& q) {
  int32_t sum = 0;
  for (const int8_t code : q) sum += code;
  return sum;
}

}  // namespace tritwise::test
