// Int6 and int4: packing and unpacking undo each other, every code lies where narrow_layout.h says, and padding that
// is not zero is noticed.
#include <catch2/catch.hpp>
#include <cstring>
#include <vector>

#include "format/half.h"
#include "format/pack.h"
#include "tests/support/random.h"

namespace tritwise {
namespace {

constexpr Storage kNarrow[] = {Storage::kI6, Storage::kI4};

struct Matrix {
  Matrix(Storage storage, size_t rows, size_t cols)
      : geometry(MakeNarrowGeometry(storage, rows, cols)),
        values(rows * cols),
        scales(rows * geometry.groups),
        packed(geometry.total_bytes, std::byte{0xEE}) {}

  void Pack() { PackNarrow(geometry, values, scales, packed); }

  NarrowGeometry geometry;
  std::vector<int8_t> values;
  std::vector<uint16_t> scales;
  std::vector<std::byte> packed;
};

Matrix RandomMatrix(Storage storage, size_t rows, size_t cols, uint64_t seed) {
  test::Random random(seed);
  Matrix m(storage, rows, cols);
  const int offset = NarrowOffset(storage);
  for (int8_t& v : m.values) v = static_cast<int8_t>(random.Integer(-offset, offset - 1));
  for (uint16_t& s : m.scales) s = static_cast<uint16_t>(random.Bits());
  m.Pack();
  return m;
}

TEST_CASE("Values and scales survive packing at every shape") {
  for (const Storage storage : kNarrow) {
    for (const size_t rows : {1u, 15u, 16u, 17u, 40u}) {
      for (size_t cols = 1; cols <= 200; cols += 1 + cols / 20) {
        const Matrix m = RandomMatrix(storage, rows, cols, cols);
        Matrix back(storage, rows, cols);
        REQUIRE(UnpackNarrow(m.geometry, m.packed, back.values, back.scales));
        REQUIRE(back.values == m.values);
        REQUIRE(back.scales == m.scales);
      }
    }
  }
}

TEST_CASE("An int4 value lies in the byte and nibble that the layout says, and all else is zero") {
  for (const auto& [row, col] : {std::pair<size_t, size_t>{0, 0}, {3, 6}, {15, 64}, {16, 69}, {18, 129}}) {
    Matrix m(Storage::kI4, 19, 130);
    m.values[row * 130 + col] = 7;
    m.Pack();
    const size_t block = 128 + 3 * 512;
    REQUIRE(m.packed.size() == 2 * block);
    const size_t byte = row / 16 * block + 128 + col / 64 * 512 + col % 64 / 8 * 64 + row % 16 * 4 + col % 4;
    for (size_t i = 0; i < m.packed.size(); ++i) {
      const unsigned zero = i % block < 128 ? 0x00 : 0x88;
      const unsigned expected = i != byte ? zero : col % 8 < 4 ? 0x8F : 0xF8;
      REQUIRE(std::to_integer<unsigned>(m.packed[i]) == expected);
    }
  }
}

TEST_CASE("The parts of an int6 value lie in the bytes and bits that the layout says") {
  for (const auto& [row, col] : {std::pair<size_t, size_t>{0, 0}, {3, 6}, {15, 73}, {16, 79}, {18, 129}}) {
    Matrix m(Storage::kI6, 19, 130);
    m.values[row * 130 + col] = -11;  // code 21: low nibble 5, upper bits 1; zero is code 32: 0 and 2
    m.Pack();
    const size_t block = 128 + 3 * 768;
    REQUIRE(m.packed.size() == 2 * block);
    const size_t triple = row / 16 * block + 128 + col / 64 * 768 + col % 64 / 16 * 192;
    const size_t lane = row % 16 * 4 + col % 4;
    const size_t low = triple + col % 16 / 8 * 64 + lane;
    const size_t upper = triple + 128 + lane;
    const auto shift = static_cast<unsigned>(col % 16 / 4 * 2);
    for (size_t i = 0; i < m.packed.size(); ++i) {
      const size_t within = i % block;
      const unsigned zero = within < 128 || (within - 128) % 192 < 128 ? 0x00 : 0xAA;
      unsigned expected = zero;
      if (i == low) expected = col % 8 < 4 ? 0x05 : 0x50;
      if (i == upper) expected = (0xAAu & ~(3u << shift)) | 1u << shift;
      REQUIRE(std::to_integer<unsigned>(m.packed[i]) == expected);
    }
  }
}

TEST_CASE("The scales of a group stand side by side for the 16 rows of a block, in front of its codes") {
  for (const Storage storage : kNarrow) {
    Matrix m(storage, 19, 130);
    for (size_t i = 0; i < m.scales.size(); ++i) m.scales[i] = static_cast<uint16_t>(i + 1);
    m.Pack();
    for (size_t row = 0; row < 19; ++row) {
      for (size_t group = 0; group < 3; ++group) {
        uint16_t scale = 0;
        std::memcpy(&scale, m.packed.data() + row / 16 * m.geometry.block_bytes + 2 * (16 * group + row % 16), 2);
        CHECK(scale == group * 19 + row + 1);
      }
    }
  }
}

TEST_CASE("The bytes of a small int4 matrix are those of the worked example") {
  Matrix m(Storage::kI4, 2, 6);
  m.values = {1, -8, 0, 7, -1, 2, 3, -3, 5, -5, 4, 6};
  m.scales = {HalfFromFloat(0.5f), HalfFromFloat(2.0f)};
  m.Pack();
  const std::vector<int> scales = {0x00, 0x38, 0x00, 0x40, 0x00};
  const std::vector<int> codes = {0x79, 0xA0, 0x88, 0x8F, 0xCB, 0xE5, 0x8D, 0x83, 0x88};
  for (size_t i = 0; i < scales.size(); ++i) CHECK(std::to_integer<int>(m.packed[i]) == scales[i]);
  for (size_t i = 0; i < codes.size(); ++i) CHECK(std::to_integer<int>(m.packed[64 + i]) == codes[i]);
}

TEST_CASE("Any change to padding is noticed, and none elsewhere") {
  for (const Storage storage : kNarrow) {
    const Matrix good = RandomMatrix(storage, 18, 70, 3);
    Matrix back(storage, 18, 70);
    for (size_t byte = 0; byte < good.packed.size(); ++byte) {
      for (unsigned bit = 0; bit < 8; ++bit) {
        Matrix m = good;
        m.packed[byte] ^= static_cast<std::byte>(1u << bit);
        const bool clean = UnpackNarrow(m.geometry, m.packed, back.values, back.scales);
        REQUIRE(clean == (back.values != good.values || back.scales != good.scales));
      }
    }
  }
}

}  // namespace
}  // namespace tritwise
