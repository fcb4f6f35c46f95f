// Int6 and int4 matrices: code by code to its place, and back.
#include <algorithm>
#include <cstring>

#include "format/pack.h"

namespace tritwise {
namespace {

// Where group `group` of block `block` keeps its codes, and its scale of row `r` of the block.
size_t CodesBegin(const NarrowGeometry& g, size_t block, size_t group) {
  return block * g.block_bytes + g.scale_bytes + group * g.group_bytes;
}
size_t ScaleBegin(const NarrowGeometry& g, size_t block, size_t group, size_t r) {
  return block * g.block_bytes + (group * kNarrowBlockRows + r) * sizeof(uint16_t);
}

// Calls visit(block, group, row in the block, row) for every group of every row, padding rows included.
template <class Visit>
void ForEachGroup(const NarrowGeometry& g, Visit visit) {
  for (size_t block = 0; block < g.blocks; ++block) {
    for (size_t group = 0; group < g.groups; ++group) {
      for (size_t r = 0; r < kNarrowBlockRows; ++r) visit(block, group, r, block * kNarrowBlockRows + r);
    }
  }
}

}  // namespace

void PackNarrow(const NarrowGeometry& g, std::span<const int8_t> values, std::span<const uint16_t> scales,
                std::span<std::byte> packed) {
  std::fill(packed.begin(), packed.end(), std::byte{0});
  ForEachGroup(g, [&](size_t block, size_t group, size_t r, size_t row) {
    if (row < g.rows) {
      std::memcpy(packed.data() + ScaleBegin(g, block, group, r), &scales[group * g.rows + row], sizeof(uint16_t));
    }
    const size_t codes = CodesBegin(g, block, group);
    for (size_t k = 0; k < kNarrowGroupCols; ++k) {
      const size_t col = group * kNarrowGroupCols + k;
      const int value = row < g.rows && col < g.cols ? values[row * g.cols + col] : 0;
      const auto code = static_cast<unsigned>(value + NarrowOffset(g.storage));
      const NarrowPlace place = PlaceOfCode(g.storage, r, k);
      packed[codes + place.byte] |= static_cast<std::byte>((code & 0xF) << place.shift);
      if (g.storage == Storage::kI6) {
        packed[codes + place.upper_byte] |= static_cast<std::byte>(code >> 4 << place.upper_shift);
      }
    }
  });
}

bool UnpackNarrow(const NarrowGeometry& g, std::span<const std::byte> packed, std::span<int8_t> values,
                  std::span<uint16_t> scales) {
  bool clean = true;
  const auto* bytes = reinterpret_cast<const uint8_t*>(packed.data());
  ForEachGroup(g, [&](size_t block, size_t group, size_t r, size_t row) {
    uint16_t scale = 0;
    std::memcpy(&scale, bytes + ScaleBegin(g, block, group, r), sizeof(scale));
    if (row < g.rows) {
      scales[group * g.rows + row] = scale;
    } else {
      clean &= scale == 0;
    }
    for (size_t k = 0; k < kNarrowGroupCols; ++k) {
      const size_t col = group * kNarrowGroupCols + k;
      const int value = NarrowCode(g.storage, bytes + CodesBegin(g, block, group), r, k) - NarrowOffset(g.storage);
      if (row < g.rows && col < g.cols) {
        values[row * g.cols + col] = static_cast<int8_t>(value);
      } else {
        clean &= value == 0;
      }
    }
  });
  for (size_t block = 0; block < g.blocks; ++block) {
    for (size_t i = ScaleBegin(g, block, g.groups, 0); i < CodesBegin(g, block, 0); ++i) clean &= bytes[i] == 0;
  }
  return clean;
}

}  // namespace tritwise
