// Where each code of an int6 or int4 matrix lies, and its scales: the packing geometry that files, packer and
// kernels share. These matrices are embeddings and heads; ternary ones are in format/ternary_layout.h.
//
// A matrix has `rows` outputs and `cols` inputs. Each group of 64 columns of a row has one f16 scale. Rows stand in
// blocks of 16, and in a block lanes are rows: byte 4r + c of 64 bytes belongs to row r and column k + c. A vector of
// those 64 bytes, or any narrower slice of them, times four activations repeated in every 32-bit lane is one sum a
// row, lane by lane. So nothing is added up across lanes, and every vector width gives the same bits. (Rows side
// by side in blocks of four, as ternary matrices have them, need that sum; with a scale every 64 columns it would cost
// as much as the product.)
//
// A block is its scales, then its codes, group by group: one stream.
//   scales  f16, 16 for each group: that of row r at 16 * group + r; zeros up to a multiple of 64 bytes
//   int4    a unit of 64 bytes for each 8 columns: low nibble column k + c, high nibble column k + 4 + c
//   int6    for each 16 columns two such units (columns k and k + 8 on) with the codes' low 4 bits, and 64 bytes with
//           their upper 2: bits 0-1 of column k + c, 2-3 of k + 4 + c, 4-5 of k + 8 + c, 6-7 of k + 12 + c
// Codes are unsigned: value = (code - 8) * scale, in int6 (code - 32) * scale. Rows and columns that only fill up a
// block or a group hold the value 0; such rows have scale 0. Byte map: format/FORMAT.md.
#pragma once

#include <cstddef>
#include <cstdint>

#include "format/numeric.h"

namespace tritwise {

inline constexpr size_t kNarrowBlockRows = 16;
inline constexpr size_t kNarrowGroupCols = 64;
inline constexpr size_t kNarrowUnitBytes = 64;

constexpr bool IsNarrow(Storage storage) { return storage == Storage::kI6 || storage == Storage::kI4; }

// The code of value 0: values go from -offset to offset - 1.
constexpr int NarrowOffset(Storage storage) { return storage == Storage::kI6 ? 32 : 8; }

// Sizes of one matrix. All in elements unless the name says bytes.
struct NarrowGeometry {
  Storage storage = Storage::kI4;
  size_t rows = 0;
  size_t cols = 0;
  size_t groups = 0;       // of 64 columns
  size_t padded_cols = 0;  // how long an activation row must be
  size_t blocks = 0;       // of 16 rows
  size_t scale_bytes = 0;  // of a block
  size_t group_bytes = 0;  // codes of one group of a block
  size_t block_bytes = 0;  // scales and codes
  size_t total_bytes = 0;
};

constexpr NarrowGeometry MakeNarrowGeometry(Storage storage, size_t rows, size_t cols) {
  NarrowGeometry g;
  g.storage = storage;
  g.rows = rows;
  g.cols = cols;
  g.groups = (cols + kNarrowGroupCols - 1) / kNarrowGroupCols;
  g.padded_cols = g.groups * kNarrowGroupCols;
  g.blocks = (rows + kNarrowBlockRows - 1) / kNarrowBlockRows;
  g.scale_bytes = (g.groups * kNarrowBlockRows * sizeof(uint16_t) + 63) / 64 * 64;
  const size_t units = storage == Storage::kI6 ? kNarrowGroupCols / 16 * 3 : kNarrowGroupCols / 8;
  g.group_bytes = units * kNarrowUnitBytes;
  g.block_bytes = g.scale_bytes + g.groups * g.group_bytes;
  g.total_bytes = g.blocks * g.block_bytes;
  return g;
}

// Where the code of (row, column k of a group) stands among the group's bytes of its block, row counted within the
// block.
struct NarrowPlace {
  size_t byte = 0;  // of the low nibble
  size_t shift = 0;
  size_t upper_byte = 0;  // int6: of the upper 2 bits
  size_t upper_shift = 0;
};

constexpr NarrowPlace PlaceOfCode(Storage storage, size_t row, size_t k) {
  const size_t lane = 4 * row + k % 4;
  const size_t shift = k % 8 / 4 * 4;
  if (storage == Storage::kI4) return {k / 8 * kNarrowUnitBytes + lane, shift, 0, 0};
  const size_t triple = k / 16 * 3 * kNarrowUnitBytes;
  return {triple + k % 16 / 8 * kNarrowUnitBytes + lane, shift, triple + 2 * kNarrowUnitBytes + lane, k % 16 / 4 * 2};
}

// The code at (row of the block, column of the group), from the group's bytes.
constexpr int NarrowCode(Storage storage, const uint8_t* group, size_t row, size_t k) {
  const NarrowPlace place = PlaceOfCode(storage, row, k);
  const int low = group[place.byte] >> place.shift & 0xF;
  if (storage == Storage::kI4) return low;
  return low | (group[place.upper_byte] >> place.upper_shift & 3) << 4;
}

}  // namespace tritwise
