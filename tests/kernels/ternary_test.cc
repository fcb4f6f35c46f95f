// One row of activations times a ternary matrix: every instruction set, alternative and layout, exact.
#include <algorithm>

#include "tests/kernels/ternary_fixture.h"
#include "tests/support/guarded.h"

namespace tritwise::test {
namespace {

// All targets against the reference on buffers of exact size.
void RequireExact(const PackedMatrix& m, const std::vector<int8_t>& q_row, const std::vector<NamedKernels>& all) {
  static Guarded<uint8_t> codes_buffer(1 << 23);
  static Guarded<int8_t> q_buffer(1 << 18);
  static Guarded<int32_t> sums_buffer(1 << 14);
  const size_t n = m.geometry.blocks * m.geometry.block_rows;
  const uint8_t* codes = codes_buffer.Fill(m.codes.data(), m.codes.size());
  const int8_t* q = q_buffer.Fill(q_row.data(), q_row.size());
  std::vector<int32_t> expected(n);
  kernels::reference::TernaryRow(codes, m.geometry, q, 0, m.geometry.blocks, expected.data());
  for (const NamedKernels& table : all) {
    int32_t* sums = sums_buffer.Last(n);
    OneRow(table, m.geometry.storage)(codes, m.geometry, q, SumOf(q_row), 0, m.geometry.blocks, sums);
    RequireSame(sums, expected.data(), n, table.label + " " + NameOf(m.geometry));
  }
}

TEST_CASE("A packed ternary matrix multiplies like the plain one") {
  Random random(20);
  const std::vector<NamedKernels> all = AllAlternatives();
  for (const Storage layout : kLayouts) {
    for (const size_t cols : Sizes{1, 5, 64, 255, 256, 257, 320, 321, 682, 1000}) {
      const size_t rows = 7;
      std::vector<int> trits(rows * cols);
      for (int& trit : trits) trit = random.Integer(-1, 1);
      const PackedMatrix m = Pack(layout, rows, cols, trits);
      std::vector<int8_t> q = CodeRow(random, cols);
      q.resize(m.geometry.padded_cols);
      const size_t n_all = m.geometry.blocks * m.geometry.block_rows;
      std::vector<int32_t> expected(n_all);  // rows behind the seventh are padding: zeros
      for (size_t n = 0; n < rows; ++n) {
        for (size_t k = 0; k < cols; ++k) expected[n] += trits[n * cols + k] * q[k];
      }
      for (const NamedKernels& table : all) {
        std::vector<int32_t> sums(n_all, -1);
        OneRow(table, layout)(m.codes.data(), m.geometry, q.data(), SumOf(q), 0, m.geometry.blocks, sums.data());
        RequireSame(sums.data(), expected.data(), n_all, table.label + " " + NameOf(m.geometry));
      }
    }
  }
}

TEST_CASE("Ternary products are exact for every number of columns and rows up to 130") {
  constexpr size_t kLargest = 130;
  Random random(21);
  const std::vector<NamedKernels> all = AllAlternatives();
  Guarded<uint8_t> codes_buffer(144 * kLargest);
  Guarded<int8_t> q_buffer(20 * kLargest);
  Guarded<int32_t> sums_buffer(144);
  for (const Storage layout : kLayouts) {
    for (size_t cols = 1; cols <= kLargest; ++cols) {
      // A matrix with fewer rows is the beginning of one with more, so one reference serves all.
      const PackedMatrix m = RandomBytes(random, layout, kLargest, cols);
      const std::vector<int8_t> q_row = CodeRow(random, m.geometry.padded_cols);
      const int8_t* q = q_buffer.Fill(q_row.data(), q_row.size());
      std::vector<int32_t> expected(m.geometry.blocks * m.geometry.block_rows);
      kernels::reference::TernaryRow(m.codes.data(), m.geometry, q, 0, m.geometry.blocks, expected.data());
      for (size_t rows = 1; rows <= kLargest; ++rows) {
        const TernaryGeometry g = MakeTernaryGeometry(layout, rows, cols);
        const uint8_t* codes = codes_buffer.Fill(m.codes.data(), g.total_bytes);
        const size_t n = g.blocks * g.block_rows;
        int32_t* sums = sums_buffer.Last(n);
        for (const NamedKernels& table : all) {
          OneRow(table, layout)(codes, g, q, SumOf(q_row), 0, g.blocks, sums);
          const bool same = std::equal(sums, sums + n, expected.begin());
          if (!same) FAIL(table.label << " " << NameOf(g));
        }
      }
    }
  }
}

TEST_CASE("Ternary products are exact for random shapes") {
  Random random(23);
  const std::vector<NamedKernels> all = AllAlternatives();
  for (size_t i = 0; i < 90; ++i) {
    const auto rows = static_cast<size_t>(random.Integer(1, 24));
    const auto cols = static_cast<size_t>(random.Integer(1, 1500));
    const PackedMatrix m = RandomBytes(random, kLayouts[i % 3], rows, cols);
    RequireExact(m, CodeRow(random, m.geometry.padded_cols), all);
  }
}

TEST_CASE("Ternary products are exact for the widths of real networks") {
  Random random(24);
  const std::vector<NamedKernels> all = AllAlternatives();
  for (const Storage layout : kLayouts) {
    for (const size_t cols : Sizes{682, 768, 2560, 6912, 131072}) {
      const PackedMatrix m = RandomBytes(random, layout, cols > 10000 ? 4 : 19, cols);
      RequireExact(m, CodeRow(random, m.geometry.padded_cols), all);
    }
  }
}

TEST_CASE("Every byte value counts as the reference says") {
  const std::vector<NamedKernels> all = AllAlternatives();
  Random random(25);
  for (const Storage layout : kLayouts) {
    // 64 bytes a row: four rows hold all 256 values.
    PackedMatrix m = RandomBytes(random, layout, 4, 64 * TritsPerByte(layout));
    for (size_t i = 0; i < 256; ++i) m.codes[i] = static_cast<uint8_t>(i);
    for (int i = 0; i < 20; ++i) RequireExact(m, CodeRow(random, m.geometry.padded_cols), all);
    // One activation at a time, so that no error can cancel.
    for (size_t col = 0; col < m.geometry.padded_cols; ++col) {
      std::vector<int8_t> q(m.geometry.padded_cols);
      q[col] = 1;
      RequireExact(m, q, all);
    }
  }
}

TEST_CASE("The largest sums that bytes can make do not overflow") {
  const std::vector<NamedKernels> all = AllAlternatives();
  Random random(26);
  for (const Storage layout : kLayouts) {
    for (const size_t cols : Sizes{64, 1280, 2560, 131072}) {
      PackedMatrix m = RandomBytes(random, layout, 4, cols);
      for (const uint8_t byte : {uint8_t{0x00}, uint8_t{0xAA}, uint8_t{0xFF}}) {
        std::fill(m.codes.begin(), m.codes.end(), byte);
        for (const int8_t extreme : {int8_t{-128}, int8_t{127}}) {
          RequireExact(m, std::vector<int8_t>(m.geometry.padded_cols, extreme), all);
        }
      }
    }
  }
}

TEST_CASE("A range of blocks writes its own sums only, with the same values") {
  Random random(27);
  for (const Storage layout : kLayouts) {
    const PackedMatrix m = RandomBytes(random, layout, 120, 1100);
    const std::vector<int8_t> q = CodeRow(random, m.geometry.padded_cols);
    for (const NamedKernels& table : AllAlternatives()) {
      const size_t block_rows = m.geometry.block_rows;
      const size_t n = m.geometry.blocks * block_rows;
      std::vector<int32_t> whole(n), parts(n, 12345);
      OneRow(table, layout)(m.codes.data(), m.geometry, q.data(), SumOf(q), 0, m.geometry.blocks, whole.data());
      OneRow(table, layout)(m.codes.data(), m.geometry, q.data(), SumOf(q), 3, 6, parts.data());
      std::fill(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(3 * block_rows), 12345);
      std::rotate(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(3 * block_rows), whole.end());
      std::fill(whole.begin() + static_cast<std::ptrdiff_t>(3 * block_rows), whole.end(), 12345);
      RequireSame(parts.data(), whole.data(), n, table.label + " " + NameOf(m.geometry));
    }
  }
}

TEST_CASE("Scaling sums equals its reference bit for bit at every width") {
  Guarded<int32_t> sums_buffer(8192);
  Guarded<float> scale_buffer(3 * 8192), bias_buffer(8192), y_buffer(8192);
  Random random(28);
  const std::vector<kernels::Kernels> all = AllKernels();
  for (const size_t n : Widths()) {
    std::vector<int32_t> values(n);
    for (int32_t& value : values) value = random.Integer(-20000000, 20000000);
    const int32_t* sums = sums_buffer.Fill(values.data(), n);
    const float* bias = bias_buffer.Fill(NormalRow(random, n).data(), n);
    for (const size_t stride : Sizes{0, 1, 3}) {
      const size_t scales = stride == 0 ? 1 : (n - 1) * stride + 1;
      const float* scale = scale_buffer.Fill(NormalRow(random, scales).data(), scales);
      for (const float* offset : {static_cast<const float*>(nullptr), bias}) {
        std::vector<float> expected(n);
        kernels::reference::ScaleSums(sums, n, 0.00731f, scale, stride, offset, expected.data());
        for (const kernels::Kernels& table : all) {
          float* y = y_buffer.Last(n);
          table.scale_sums(sums, n, 0.00731f, scale, stride, offset, y);
          RequireSame(y, expected.data(), n, std::string(table.target) + " n " + std::to_string(n));
        }
      }
    }
  }
}

}  // namespace
}  // namespace tritwise::test
