#include "format/pack.h"

#include <algorithm>
#include <array>

namespace tritwise {
namespace {

// One byte from its trits, first field first.
uint8_t EncodeByte(Storage storage, const std::array<int8_t, 5>& trits) {
  if (storage == Storage::kT2) {
    unsigned byte = 0;
    for (unsigned field = 0; field < 4; ++field) byte |= static_cast<unsigned>(trits[field] + 1) << (2 * field);
    return static_cast<uint8_t>(byte);
  }
  unsigned value = 0;
  for (const int8_t trit : trits) value = value * 3 + static_cast<unsigned>(trit + 1);
  return static_cast<uint8_t>((value * 256 + 242) / 243);
}

// The trits of a byte; false where EncodeByte never writes it.
bool DecodeByte(Storage storage, uint8_t byte, std::array<int8_t, 5>& trits) {
  if (storage == Storage::kT2) {
    for (unsigned field = 0; field < 4; ++field) trits[field] = static_cast<int8_t>(((byte >> (2 * field)) & 3) - 1);
  } else {
    unsigned fraction = byte;
    for (int8_t& trit : trits) {
      fraction *= 3;
      trit = static_cast<int8_t>(static_cast<int>(fraction >> 8) - 1);
      fraction &= 0xFF;
    }
  }
  for (int8_t& trit : trits) {
    if (trit > 1) return false;
  }
  return EncodeByte(storage, trits) == byte;
}

// Calls visit(byte index, row, first column, column stride) for every byte of a t2 or t5 matrix. Rows and columns
// may lie beyond the matrix: those are padding.
template <class Visit>
void ForEachByte(const TernaryGeometry& g, Visit visit) {
  const size_t fields = TritsPerByte(g.storage);
  size_t byte = 0;
  for (size_t block = 0; block < g.blocks; ++block) {
    for (size_t chunk = 0; chunk < g.chunks(); ++chunk) {
      const size_t bytes = g.chunk_bytes(chunk);
      for (size_t lane = 0; lane < kTernaryBlockRows; ++lane) {
        for (size_t j = 0; j < bytes; ++j) {
          visit(byte++, block * kTernaryBlockRows + lane, chunk * kTernaryChunkBytes * fields + j, bytes);
        }
      }
    }
  }
}

// Calls visit(place, row, column) for every pair of a lut matrix, padding among them.
template <class Visit>
void ForEachPair(const TernaryGeometry& g, Visit visit) {
  for (size_t row = 0; row < g.blocks * g.block_rows; ++row) {
    for (size_t col = 0; col < g.padded_cols; col += 2) visit(PlaceOfPair(g, row, col), row, col);
  }
}

void PackLut(const TernaryGeometry& g, std::span<const int8_t> trits, std::span<std::byte> packed) {
  std::fill(packed.begin(), packed.end(), std::byte{0});
  const auto trit = [&](size_t row, size_t col) {
    return row < g.rows && col < g.cols ? int{trits[row * g.cols + col]} : 0;
  };
  ForEachPair(g, [&](LutPlace place, size_t row, size_t col) {
    const unsigned index = IndexOfPair(trit(row, col), trit(row, col + 1));
    packed[place.byte] |= static_cast<std::byte>(index << place.shift);
  });
}

bool UnpackLut(const TernaryGeometry& g, std::span<const std::byte> packed, std::span<int8_t> trits) {
  bool clean = true;
  ForEachPair(g, [&](LutPlace place, size_t row, size_t col) {
    const unsigned index = std::to_integer<unsigned>(packed[place.byte]) >> place.shift & 15;
    const TritPair pair = PairOfIndex(index);
    clean &= IndexOfPair(pair.first, pair.second) == index;
    for (const int trit : {pair.first, pair.second}) {
      if (row < g.rows && col < g.cols) {
        trits[row * g.cols + col] = static_cast<int8_t>(trit);
      } else {
        clean &= trit == 0;
      }
      ++col;
    }
  });
  return clean;
}

}  // namespace

void PackTernary(const TernaryGeometry& g, std::span<const int8_t> trits, std::span<std::byte> packed) {
  if (g.storage == Storage::kLut) return PackLut(g, trits, packed);
  const size_t fields = TritsPerByte(g.storage);
  ForEachByte(g, [&](size_t byte, size_t row, size_t col, size_t stride) {
    std::array<int8_t, 5> group = {};
    for (size_t field = 0; field < fields; ++field, col += stride) {
      if (row < g.rows && col < g.cols) group[field] = trits[row * g.cols + col];
    }
    packed[byte] = static_cast<std::byte>(EncodeByte(g.storage, group));
  });
}

bool UnpackTernary(const TernaryGeometry& g, std::span<const std::byte> packed, std::span<int8_t> trits) {
  if (g.storage == Storage::kLut) return UnpackLut(g, packed, trits);
  const size_t fields = TritsPerByte(g.storage);
  bool clean = true;
  ForEachByte(g, [&](size_t byte, size_t row, size_t col, size_t stride) {
    std::array<int8_t, 5> group = {};
    clean &= DecodeByte(g.storage, std::to_integer<uint8_t>(packed[byte]), group);
    for (size_t field = 0; field < fields; ++field, col += stride) {
      if (row < g.rows && col < g.cols) {
        trits[row * g.cols + col] = group[field];
      } else {
        clean &= group[field] == 0;
      }
    }
  });
  return clean;
}

}  // namespace tritwise
