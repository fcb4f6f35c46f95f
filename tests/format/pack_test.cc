// t2, t5 and lut: packing and unpacking undo each other, every trit lies where ternary_layout.h says, and bytes that no
// packer writes are refused.
#include "format/pack.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <utility>
#include <vector>

#include "tests/support/random.h"

namespace tritwise {
namespace {

using Trits = std::vector<int8_t>;
using Packed = std::vector<std::byte>;

constexpr Storage kLayouts[] = {Storage::kT2, Storage::kT5, Storage::kLut};

Trits RandomTrits(size_t n, uint64_t seed) {
  test::Random random(seed);
  Trits trits(n);
  for (int8_t& trit : trits) trit = static_cast<int8_t>(random.Integer(-1, 1));
  return trits;
}

Packed Pack(const TernaryGeometry& g, const Trits& trits) {
  Packed packed(g.total_bytes, std::byte{0xEE});
  PackTernary(g, trits, packed);
  return packed;
}

// The definition again, from the trit's side: where the trit of (row, col) lies, by division instead of by walking.
struct Place {
  size_t byte;
  size_t field;
};

Place PlaceOf(Storage storage, size_t rows, size_t cols, size_t row, size_t col) {
  if (storage == Storage::kLut) {
    // Whole tiles of 1024 columns in front, 256 bytes a row; blocks of 16 rows; 16 bytes of four columns.
    const size_t tile = col / 1024 * 1024;
    const size_t tile_cols = std::min<size_t>(1024, (cols - tile + 15) / 16 * 16);
    const size_t all_rows = (rows + 15) / 16 * 16;
    const size_t block = row / 16 * 16 * tile_cols / 4;
    return {tile / 4 * all_rows + block + (col - tile) / 4 * 16 + row % 16, col % 4};
  }
  const size_t fields = storage == Storage::kT2 ? 4 : 5;
  const size_t whole = cols / (64 * fields);
  size_t last = 0;  // bytes of the last chunk
  while (last * fields < cols - whole * 64 * fields) last += 4;
  const size_t row_bytes = whole * 64 + last;
  const size_t chunk = col / (64 * fields);
  const size_t chunk_bytes = chunk < whole ? 64 : last;
  const size_t within = col % (64 * fields);
  const size_t block = row / 4 * 4 * row_bytes;
  return {block + chunk * 64 * 4 + row % 4 * chunk_bytes + within % chunk_bytes, within / chunk_bytes};
}

// The trit in a field of a byte, by arithmetic other than the packer's.
int TritOf(Storage storage, unsigned byte, size_t field) {
  if (storage == Storage::kLut) {
    const unsigned index = field < 2 ? byte % 16 : byte / 16;
    return static_cast<int>(field % 2 == 0 ? index % 3 : index / 3) - 1;
  }
  if (storage == Storage::kT2) return static_cast<int>(byte >> (2 * field)) % 4 - 1;
  unsigned value = byte * 243 / 256;  // the floor undoes the ceiling
  for (size_t f = field; f < 4; ++f) value /= 3;
  return static_cast<int>(value % 3) - 1;
}

void CheckRoundTrip(Storage storage, size_t rows, size_t cols) {
  INFO("layout " << static_cast<int>(storage) << ", " << rows << " x " << cols);
  const TernaryGeometry g = MakeTernaryGeometry(storage, rows, cols);
  const Trits trits = RandomTrits(rows * cols, rows * 1000003 + cols);
  const Packed packed = Pack(g, trits);
  Trits back(trits.size(), 9);
  REQUIRE(UnpackTernary(g, packed, back));
  REQUIRE(back == trits);
}

TEST_CASE("Trits survive packing at every number of columns up to 130") {
  for (const Storage storage : kLayouts) {
    for (size_t cols = 1; cols <= 130; ++cols) {
      for (const size_t rows : {1u, 3u, 4u, 5u, 9u}) CheckRoundTrip(storage, rows, cols);
    }
  }
}

TEST_CASE("Trits survive packing around whole chunks and at the widths of networks") {
  for (const Storage storage : kLayouts) {
    for (const size_t cols : {255u, 256u, 257u, 319u, 320u, 321u, 512u, 640u, 682u, 768u, 2048u, 2730u}) {
      for (const size_t rows : {2u, 8u, 67u}) CheckRoundTrip(storage, rows, cols);
    }
    CheckRoundTrip(storage, 1, 131072);
    CheckRoundTrip(storage, 1025, 1);
  }
}

TEST_CASE("Every trit lies in the byte and field that the layout says, and all else is trit 0") {
  for (const Storage storage : kLayouts) {
    for (const size_t cols :
         {1u, 3u, 4u, 5u, 15u, 16u, 17u, 63u, 100u, 255u, 256u, 257u, 320u, 324u, 682u, 1301u, 2100u}) {
      for (const size_t rows : {1u, 4u, 7u, 35u}) {
        INFO("layout " << static_cast<int>(storage) << ", " << rows << " x " << cols);
        const TernaryGeometry g = MakeTernaryGeometry(storage, rows, cols);
        const Trits trits = RandomTrits(rows * cols, cols);
        const Packed packed = Pack(g, trits);
        const size_t fields = storage == Storage::kT5 ? 5 : 4;
        std::vector<int> left(packed.size() * fields);  // trits that no column claims
        for (size_t byte = 0; byte < packed.size(); ++byte) {
          for (size_t f = 0; f < fields; ++f) {
            left[byte * fields + f] = TritOf(storage, std::to_integer<unsigned>(packed[byte]), f);
          }
        }
        for (size_t row = 0; row < rows; ++row) {
          for (size_t col = 0; col < cols; ++col) {
            const Place place = PlaceOf(storage, rows, cols, row, col);
            REQUIRE(place.byte < packed.size());
            REQUIRE(left[place.byte * fields + place.field] == trits[row * cols + col]);
            left[place.byte * fields + place.field] = 0;
          }
        }
        REQUIRE(std::count(left.begin(), left.end(), 0) == static_cast<std::ptrdiff_t>(left.size()));
      }
    }
  }
}

TEST_CASE("The sizes of a layout count padding of columns and rows") {
  const TernaryGeometry t2 = MakeTernaryGeometry(Storage::kT2, 5, 682);
  CHECK(t2.full_chunks == 2);
  CHECK(t2.last_chunk_bytes == 44);  // 170 columns
  CHECK(t2.row_bytes == 172);
  CHECK(t2.padded_cols == 688);
  CHECK(t2.blocks == 2);
  CHECK(t2.total_bytes == 8 * 172);
  const TernaryGeometry t5 = MakeTernaryGeometry(Storage::kT5, 5, 682);
  CHECK(t5.full_chunks == 2);
  CHECK(t5.last_chunk_bytes == 12);  // 42 columns
  CHECK(t5.row_bytes == 140);
  CHECK(t5.padded_cols == 700);
  const TernaryGeometry lut = MakeTernaryGeometry(Storage::kLut, 17, 1034);
  CHECK(lut.full_chunks == 1);
  CHECK(lut.last_chunk_bytes == 4);  // 10 columns: one unit
  CHECK(lut.padded_cols == 1040);
  CHECK(lut.blocks == 2);
  CHECK(lut.total_bytes == 32 * 260);
  CHECK(MakeTernaryGeometry(Storage::kLut, 16, 1024).last_chunk_bytes == 0);
  CHECK(MakeTernaryGeometry(Storage::kLut, 16, 1023).last_chunk_bytes == 256);
  CHECK(MakeTernaryGeometry(Storage::kT2, 4, 256).last_chunk_bytes == 0);
  CHECK(MakeTernaryGeometry(Storage::kT2, 4, 255).last_chunk_bytes == 64);
}

TEST_CASE("The bytes of a small matrix are those of the worked examples") {
  const Trits trits = {+1, -1, 0, +1, -1};  // one row, so three rows of padding behind it
  const Packed t2 = Pack(MakeTernaryGeometry(Storage::kT2, 1, 5), trits);
  const std::vector<int> t2_expected = {0x52, 0x54, 0x55, 0x56};
  const Packed t5 = Pack(MakeTernaryGeometry(Storage::kT5, 1, 5), trits);
  const std::vector<int> t5_expected = {185, 43, 128, 213};
  REQUIRE(t2.size() == 16);
  REQUIRE(t5.size() == 16);
  for (size_t i = 0; i < 16; ++i) {
    INFO("byte " << i);
    CHECK(std::to_integer<int>(t2[i]) == (i < 4 ? t2_expected[i] : 0x55));
    CHECK(std::to_integer<int>(t5[i]) == (i < 4 ? t5_expected[i] : 128));
  }
  const Packed lut = Pack(MakeTernaryGeometry(Storage::kLut, 1, 5), trits);
  REQUIRE(lut.size() == 64);
  for (size_t i = 0; i < 64; ++i) CHECK(std::to_integer<int>(lut[i]) == (i == 0 ? 0x72 : i == 16 ? 0x43 : 0x44));
}

TEST_CASE("Exactly the bytes that a packer writes are accepted") {
  for (const auto& [storage, cols, good] :
       {std::tuple(Storage::kT2, size_t{16}, 81), std::tuple(Storage::kT5, size_t{20}, 243),
        std::tuple(Storage::kLut, size_t{16}, 81)}) {
    const size_t rows = TernaryBlockRows(storage);
    const TernaryGeometry g = MakeTernaryGeometry(storage, rows, cols);  // nothing is padding
    const Packed zero = Pack(g, Trits(rows * cols, 0));
    int accepted = 0;
    for (int byte = 0; byte < 256; ++byte) {
      Packed packed = zero;
      packed[7] = static_cast<std::byte>(byte);
      Trits trits(rows * cols);
      if (!UnpackTernary(g, packed, trits)) continue;
      ++accepted;
      CHECK(Pack(g, trits) == packed);
    }
    CHECK(accepted == good);
  }
}

TEST_CASE("Padding that is not trit 0 is refused") {
  for (const Storage storage : kLayouts) {
    const TernaryGeometry g = MakeTernaryGeometry(storage, 3, 6);
    const Trits trits(3 * 6, 1);
    const size_t all_rows = g.block_rows;
    // Rows from 3 on are padding; in t2 and t5 so are all fields but two of the bytes 0 and 1 of a row, and all but one
    // of 2 and 3.
    const TernaryGeometry whole = MakeTernaryGeometry(storage, all_rows, g.padded_cols);
    REQUIRE(whole.total_bytes == g.total_bytes);
    for (size_t row = 0; row < all_rows; ++row) {
      for (size_t col = 0; col < g.padded_cols; ++col) {
        Trits all(all_rows * g.padded_cols, 0);
        for (size_t r = 0; r < 3; ++r) std::fill_n(all.begin() + static_cast<std::ptrdiff_t>(r * g.padded_cols), 6, 1);
        REQUIRE(Pack(whole, all) == Pack(g, trits));
        all[row * g.padded_cols + col] = -1;
        Trits back(trits.size());
        INFO("row " << row << ", column " << col);
        CHECK(UnpackTernary(g, Pack(whole, all), back) == (row < 3 && col < 6));
      }
    }
  }
}

}  // namespace
}  // namespace tritwise
