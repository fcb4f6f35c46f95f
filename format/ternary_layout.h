// Where each trit of a ternary matrix lies: the packing geometry that files, packer and kernels share.
//
// A matrix has `rows` outputs and `cols` inputs. A row is cut into chunks of 64 bytes; byte j of a
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
#pragma once

#include <cstddef>
#include <cstdint>

#include "format/numeric.h"

namespace tritwise {

inline constexpr size_t kTernaryChunkBytes = 64;
inline constexpr size_t kTernaryBlockRows = 4;

constexpr bool IsTernary(Storage storage) { return storage == Storage::kT2 || storage == Storage::kT5; }

constexpr size_t TritsPerByte(Storage storage) { return storage == Storage::kT5 ? 5 : 4; }

// Columns of a whole chunk. Groups of columns that share a scale are a multiple of it.
constexpr size_t TernaryChunkCols(Storage storage) { return kTernaryChunkBytes * TritsPerByte(storage); }

// Sizes of one matrix in one layout. All in elements unless the name says bytes.
struct TernaryGeometry {
  Storage storage = Storage::kT2;
  size_t rows = 0;
  size_t cols = 0;
  size_t full_chunks = 0;       // of 64 bytes a row
  size_t last_chunk_bytes = 0;  // 0 where the columns fill whole chunks; else a multiple of 4 below 64 or 64
  size_t row_bytes = 0;
  size_t padded_cols = 0;  // columns that the bytes of a row stand for: how long an activation row must be
  size_t blocks = 0;       // of four rows
  size_t total_bytes = 0;

  constexpr size_t block_bytes() const { return row_bytes * kTernaryBlockRows; }
  constexpr size_t chunks() const { return full_chunks + (last_chunk_bytes != 0 ? 1 : 0); }
  constexpr size_t chunk_bytes(size_t chunk) const {
    return chunk < full_chunks ? kTernaryChunkBytes : last_chunk_bytes;
  }
};

constexpr TernaryGeometry MakeTernaryGeometry(Storage storage, size_t rows, size_t cols) {
  TernaryGeometry g;
  g.storage = storage;
  g.rows = rows;
  g.cols = cols;
  const size_t fields = TritsPerByte(storage);
  const size_t chunk_cols = kTernaryChunkBytes * fields;
  g.full_chunks = cols / chunk_cols;
  const size_t rest = cols % chunk_cols;
  g.last_chunk_bytes = ((rest + fields - 1) / fields + 3) / 4 * 4;
  g.row_bytes = g.full_chunks * kTernaryChunkBytes + g.last_chunk_bytes;
  g.padded_cols = g.row_bytes * fields;
  g.blocks = (rows + kTernaryBlockRows - 1) / kTernaryBlockRows;
  g.total_bytes = g.blocks * kTernaryBlockRows * g.row_bytes;
  return g;
}

}  // namespace tritwise
