// Where each trit of a ternary matrix lies: the packing geometry that files, packer and kernels share.
//
// A matrix has `rows` outputs and `cols` inputs. In t2 and t5 a row is cut into chunks of 64 bytes; byte j of a
// chunk of c bytes holds F trits (F = 4 in t2, 5 in t5), those of the chunk's columns j, j + c,
// j + 2c, ... ("fields"). So a vector of any width up to 64 bytes reads contiguous bytes and, for each
// field, contiguous activations. Every chunk has 64 bytes but the last, which has just as many as its
// columns need, rounded up to a multiple of 4. Rows stand in blocks of four, interleaved chunk by
// chunk: chunk 0 of rows 0, 1, 2, 3, then chunk 1 of rows 0, 1, 2, 3, ... A product of a block with a
// row of activations therefore reads memory as one stream and loads each activation once for four rows.
// Rows and columns that only fill up a block or a chunk hold trit 0. Byte map: format/FORMAT.md.
//
// t2: field f is bits 2f and 2f+1 of the byte, the code is trit + 1 (0, 1, 2; 3 is never written).
// t5: v = sum over f of (trit_f + 1) * 3^(4-f) is in 0..242 and the byte is ceil(v * 256 / 243). The byte
//     is a fraction in base 3: three times it, bits 8 and 9 are the next code, the low 8 bits what is left.
//
// lut: made for looking up sums of two activations, for which lanes must be rows. Rows stand in blocks of 16, and a
//     byte is two pairs of columns of one row: each nibble is the index (t0 + 1) + 3 (t1 + 1) of a pair's trits, so
//     0..8 (9..15 are never written and count as trits 0, 0). 16 bytes are the same four columns of 16 rows: low
//     nibbles the first pair, high nibbles the second. 64 bytes, a unit, are 16 columns: bytes 0 to 15 columns 0 to 3,
//     and so on, so that a vector of any width up to 64 bytes is rows within 128 bits, and columns beyond. What a
//     chunk is to the others is a tile of 1024 columns here, 4 KiB of a block, and tiles come first: tile 0 of all
//     blocks, then tile 1 of all blocks, ... The tables of a tile stay in the first-level cache while all blocks pass
//     by in the order in which they lie. The last tile is as many units as its columns need.
#pragma once

#include <cstddef>
#include <cstdint>

#include "format/numeric.h"

namespace tritwise {

inline constexpr size_t kTernaryChunkBytes = 64;
inline constexpr size_t kTernaryBlockRows = 4;

// Of lut.
inline constexpr size_t kLutBlockRows = 16;
inline constexpr size_t kLutUnitBytes = 64;
inline constexpr size_t kLutUnitCols = 16;
inline constexpr size_t kLutTileCols = 1024;

constexpr bool IsTernary(Storage storage) {
  return storage == Storage::kT2 || storage == Storage::kT5 || storage == Storage::kLut;
}

constexpr size_t TritsPerByte(Storage storage) { return storage == Storage::kT5 ? 5 : 4; }

constexpr size_t TernaryBlockRows(Storage storage) {
  return storage == Storage::kLut ? kLutBlockRows : kTernaryBlockRows;
}

// Columns of a whole chunk (lut: tile). Groups of columns that share a scale are a multiple of it.
constexpr size_t TernaryChunkCols(Storage storage) {
  return storage == Storage::kLut ? kLutTileCols : kTernaryChunkBytes * TritsPerByte(storage);
}

// Sizes of one matrix in one layout. All in elements unless the name says bytes.
struct TernaryGeometry {
  Storage storage = Storage::kT2;
  size_t rows = 0;
  size_t cols = 0;
  size_t block_rows = kTernaryBlockRows;
  size_t full_chunks = 0;       // of 64 bytes a row; lut: of 256
  size_t last_chunk_bytes = 0;  // 0 where the columns fill whole chunks; else a multiple of 4 up to a whole one
  size_t row_bytes = 0;
  size_t padded_cols = 0;  // columns that the bytes of a row stand for: how long an activation row must be
  size_t blocks = 0;       // of block_rows rows
  size_t total_bytes = 0;

  constexpr size_t block_bytes() const { return row_bytes * block_rows; }
  constexpr size_t chunks() const { return full_chunks + (last_chunk_bytes != 0 ? 1 : 0); }
  // Of one row. The blocks of a tile of lut are block_rows times that.
  constexpr size_t chunk_bytes(size_t chunk) const {
    return chunk < full_chunks ? TernaryChunkCols(storage) / TritsPerByte(storage) : last_chunk_bytes;
  }
};

constexpr TernaryGeometry MakeTernaryGeometry(Storage storage, size_t rows, size_t cols) {
  TernaryGeometry g;
  g.storage = storage;
  g.rows = rows;
  g.cols = cols;
  g.block_rows = TernaryBlockRows(storage);
  const size_t fields = TritsPerByte(storage);
  const size_t chunk_cols = TernaryChunkCols(storage);
  g.full_chunks = cols / chunk_cols;
  const size_t rest = cols % chunk_cols;
  g.last_chunk_bytes = ((rest + fields - 1) / fields + 3) / 4 * 4;
  g.row_bytes = g.full_chunks * (chunk_cols / fields) + g.last_chunk_bytes;
  g.padded_cols = g.row_bytes * fields;
  g.blocks = (rows + g.block_rows - 1) / g.block_rows;
  g.total_bytes = g.blocks * g.block_bytes();
  return g;
}

// Where the pair of (row, columns 2i and 2i + 1) of a lut matrix stands.
struct LutPlace {
  size_t byte = 0;
  unsigned shift = 0;  // 0 or 4
};

constexpr LutPlace PlaceOfPair(const TernaryGeometry& g, size_t row, size_t col) {
  const size_t tile = col / kLutTileCols;
  const size_t in_tile = col % kLutTileCols;
  const size_t tile_begin = tile * (kLutTileCols / 4) * kLutBlockRows * g.blocks;
  const size_t block_begin = row / kLutBlockRows * kLutBlockRows * g.chunk_bytes(tile);
  return {tile_begin + block_begin + in_tile / 4 * kLutBlockRows + row % kLutBlockRows, in_tile % 4 < 2 ? 0u : 4u};
}

// Trits of an index.
struct TritPair {
  int first = 0;
  int second = 0;
};
constexpr TritPair PairOfIndex(unsigned index) {
  return index < 9 ? TritPair{static_cast<int>(index % 3) - 1, static_cast<int>(index / 3) - 1} : TritPair{};
}
constexpr unsigned IndexOfPair(int first, int second) { return static_cast<unsigned>(first + 1 + 3 * (second + 1)); }

}  // namespace tritwise
