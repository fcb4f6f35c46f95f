// Many rows of activations times a ternary matrix: the same integers as row by row, on every instruction set.
#include "tests/kernels/ternary_fixture.h"
#include "tests/support/guarded.h"

namespace tritwise::test {
namespace {

void RequireLikeOneRow(const PackedMatrix& m, Random& random, size_t rows, const std::vector<NamedKernels>& all) {
  static Guarded<uint8_t> codes_buffer(1 << 20);
  static Guarded<int8_t> q_buffer(1 << 21);
  static Guarded<int32_t> sums_buffer(1 << 18);
  const TernaryGeometry& g = m.geometry;
  const size_t n = g.blocks * g.block_rows;
  const size_t q_stride = g.padded_cols + static_cast<size_t>(random.Integer(0, 5));
  const size_t sums_stride = n + static_cast<size_t>(random.Integer(0, 5));
  const uint8_t* codes = codes_buffer.Fill(m.codes.data(), m.codes.size());
  const size_t q_size = (rows - 1) * q_stride + g.padded_cols;
  const size_t sums_size = (rows - 1) * sums_stride + n;
  const int8_t* q = q_buffer.Fill(CodeRow(random, q_size).data(), q_size);
  std::vector<int32_t> q_sums(rows);
  for (size_t row = 0; row < rows; ++row) {
    for (size_t k = 0; k < g.padded_cols; ++k) q_sums[row] += q[row * q_stride + k];
  }
  for (const NamedKernels& table : all) {
    std::vector<int32_t> expected(sums_size, -7);
    for (size_t row = 0; row < rows; ++row) {
      OneRow(table, g.storage)(codes, g, q + row * q_stride, q_sums[row], 0, g.blocks,
                               expected.data() + row * sums_stride);
    }
    int32_t* sums = sums_buffer.Last(sums_size);
    std::fill(sums, sums + sums_size, -7);
    ManyRows(table, g.storage)(codes, g, q, q_stride, q_sums.data(), rows, 0, g.blocks, sums, sums_stride);
    RequireSame(sums, expected.data(), sums_size,
                table.label + " " + NameOf(g) + ", of activations " + std::to_string(rows));
  }
}

TEST_CASE("One to nine rows give the same integers as one row at a time") {
  Random random(30);
  const std::vector<NamedKernels> all = AllAlternatives();
  for (const Storage layout : kLayouts) {
    for (size_t rows = 1; rows <= 9; ++rows) {
      for (const size_t cols : Sizes{1, 7, 64, 100, 256, 320, 400, 682, 1300}) {
        RequireLikeOneRow(RandomBytes(random, layout, 13, cols), random, rows, all);
      }
    }
  }
}

TEST_CASE("Many rows are exact for every number of columns") {
  Random random(31);
  const std::vector<NamedKernels> all = AllAlternatives();
  for (const Storage layout : kLayouts) {
    for (size_t cols = 1; cols <= 130; ++cols) RequireLikeOneRow(RandomBytes(random, layout, 6, cols), random, 6, all);
  }
}

TEST_CASE("More rows than a group holds are exact, for narrow and wide matrices") {
  Random random(32);
  const std::vector<NamedKernels> all = AllAlternatives();
  for (const Storage layout : kLayouts) {
    for (const size_t cols : Sizes{64, 682, 2560, 6912, 20000}) {
      for (const size_t rows : Sizes{16, 37}) {
        RequireLikeOneRow(RandomBytes(random, layout, 8, cols), random, rows, all);
      }
    }
  }
}

TEST_CASE("Many rows of extreme codes do not overflow at the largest width") {
  Random random(33);
  for (const Storage layout : kLayouts) {
    PackedMatrix m = RandomBytes(random, layout, 4, 131072);
    std::fill(m.codes.begin(), m.codes.end(), uint8_t{0xFF});
    const size_t width = m.geometry.padded_cols;
    const int32_t trit = kernels::reference::TritOf(layout, 0xFF, 0);
    for (const int8_t extreme : {int8_t{-128}, int8_t{127}}) {
      const std::vector<int8_t> q(5 * width, extreme);
      const std::vector<int32_t> q_sums(5, extreme * static_cast<int32_t>(width));
      for (const NamedKernels& table : AllAlternatives()) {
        const size_t n = m.geometry.block_rows;
        std::vector<int32_t> sums(5 * n);
        ManyRows(table, layout)(m.codes.data(), m.geometry, q.data(), width, q_sums.data(), 5, 0, 1, sums.data(), n);
        for (const int32_t sum : sums) CHECK(sum == trit * q_sums[0]);
      }
    }
  }
}

TEST_CASE("A range of blocks of many rows writes its own sums only") {
  Random random(34);
  for (const Storage layout : kLayouts) {
    const PackedMatrix m = RandomBytes(random, layout, 120, 1100);
    const size_t width = m.geometry.padded_cols;
    const std::vector<int8_t> q = CodeRow(random, 6 * width);
    std::vector<int32_t> q_sums(6);
    for (size_t row = 0; row < 6; ++row) {
      for (size_t k = 0; k < width; ++k) q_sums[row] += q[row * width + k];
    }
    const size_t blocks = m.geometry.blocks;
    const size_t block_rows = m.geometry.block_rows;
    const size_t stride = blocks * block_rows;
    for (const NamedKernels& table : AllAlternatives()) {
      std::vector<int32_t> whole(6 * stride), parts(6 * stride, 12345);
      const auto run = [&](size_t begin, size_t end, std::vector<int32_t>& sums) {
        ManyRows(table, layout)(m.codes.data(), m.geometry, q.data(), width, q_sums.data(), 6, begin, end, sums.data(),
                                stride);
      };
      run(0, blocks, whole);
      run(3, 6, parts);
      for (size_t i = 0; i < whole.size(); ++i) {
        const bool written = i % stride < 3 * block_rows;
        if (parts[i] != (written ? whole[i + 3 * block_rows] : 12345)) FAIL(table.label << " element " << i);
      }
    }
  }
}

}  // namespace
}  // namespace tritwise::test
