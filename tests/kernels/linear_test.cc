// Products with plain weights on every instruction set: floats bit for bit, integers exactly.
#include "format/half.h"
#include "kernels/linear/reference.h"
#include "tests/kernels/kernel_test.h"
#include "tests/support/guarded.h"

namespace tritwise::test {
namespace {

constexpr size_t kRows = 7;  // one group of four and three single rows

TEST_CASE("Float products equal their references bit for bit at every width") {
  Guarded<float> x_buffer(8192), w_buffer(kRows * 8192), y_buffer(kRows);
  Guarded<uint16_t> half_buffer(kRows * 8192);
  Random random(9);
  const std::vector<kernels::Kernels> all = AllKernels();
  for (const size_t cols : Widths()) {
    const float* x = x_buffer.Fill(NormalRow(random, cols).data(), cols);
    const std::vector<float> weights = NormalRow(random, kRows * cols);
    std::vector<uint16_t> halves(weights.size());
    for (size_t i = 0; i < weights.size(); ++i) halves[i] = HalfFromFloat(weights[i]);
    const float* w = w_buffer.Fill(weights.data(), weights.size());
    const uint16_t* half = half_buffer.Fill(halves.data(), halves.size());
    float expected[kRows];
    float* y = y_buffer.Last(kRows);
    for (const kernels::Kernels& table : all) {
      const std::string where = std::string(table.target) + " cols " + std::to_string(cols);
      kernels::reference::LinearF32(table.fused, w, cols, x, 0, kRows, expected);
      table.linear_f32(w, cols, x, 0, kRows, y);
      RequireSame(y, expected, kRows, where + " f32");
      kernels::reference::LinearF16(table.fused, half, cols, x, 0, kRows, expected);
      table.linear_f16(half, cols, x, 0, kRows, y);
      RequireSame(y, expected, kRows, where + " f16");
    }
  }
}

TEST_CASE("Integer products are exact at every width") {
  Guarded<int8_t> q_buffer(8192), w_buffer(kRows * 8192);
  Guarded<int32_t> y_buffer(kRows);
  Random random(10);
  const std::vector<kernels::Kernels> all = AllKernels();
  for (const size_t cols : Widths()) {
    const int8_t* q = q_buffer.Fill(CodeRow(random, cols).data(), cols);
    const int8_t* w = w_buffer.Fill(CodeRow(random, kRows * cols).data(), kRows * cols);
    int32_t expected[kRows];
    kernels::reference::LinearI8(w, cols, q, 0, kRows, expected);
    int32_t* y = y_buffer.Last(kRows);
    for (const kernels::Kernels& table : all) {
      table.linear_i8(w, cols, q, 0, kRows, y);
      RequireSame(y, expected, kRows, std::string(table.target) + " cols " + std::to_string(cols));
    }
  }
}

TEST_CASE("Integer products of 1 to 9 rows of activations are those of each alone") {
  Guarded<int8_t> q_buffer(9 * 1024), w_buffer(kRows * 1024);
  Guarded<int32_t> y_buffer(9 * kRows);
  Random random(19);
  const std::vector<kernels::Kernels> all = AllKernels();
  for (size_t rows = 1; rows <= 9; ++rows) {
    for (const size_t cols : Sizes{1, 3, 15, 16, 17, 63, 64, 65, 128, 300, 640, 1000}) {
      const int8_t* q = q_buffer.Fill(CodeRow(random, rows * cols).data(), rows * cols);
      for (const size_t outputs : Sizes{1, 2, 3, 4, 5, kRows}) {
        const int8_t* w = w_buffer.Fill(CodeRow(random, outputs * cols).data(), outputs * cols);
        std::vector<int32_t> expected(rows * outputs), q_sums(rows);
        for (size_t m = 0; m < rows; ++m) {
          kernels::reference::LinearI8(w, cols, q + m * cols, 0, outputs, &expected[m * outputs]);
          for (size_t k = 0; k < cols; ++k) q_sums[m] += q[m * cols + k];
        }
        int32_t* y = y_buffer.Last(rows * outputs);
        for (const kernels::Kernels& table : all) {
          table.linear_rows_i8(w, cols, q, cols, q_sums.data(), rows, 0, outputs, y, outputs);
          RequireSame(y, expected.data(), rows * outputs,
                      table.target + std::string(" rows ") + std::to_string(rows) + " cols " + std::to_string(cols) +
                          " outputs " + std::to_string(outputs));
        }
      }
    }
  }
}

TEST_CASE("Integer products of the extreme codes are exact up to 131,071 columns") {
  for (const size_t cols : Sizes{1, 15, 64, 100, 4096, 131071}) {
    for (const int a : {-128, 127}) {
      for (const int b : {-128, 127}) {
        const std::vector<int8_t> q(cols, static_cast<int8_t>(a));
        const std::vector<int8_t> w(cols, static_cast<int8_t>(b));
        for (const kernels::Kernels& table : AllKernels()) {
          int32_t y = 0;
          table.linear_i8(w.data(), cols, q.data(), 0, 1, &y);
          CAPTURE(table.target, cols, a, b);
          CHECK(y == a * b * static_cast<int32_t>(cols));
        }
      }
    }
  }
}

TEST_CASE("A range of rows writes its own results only, with the same values") {
  Random random(11);
  const size_t cols = 77, rows = 23;
  const std::vector<float> x = NormalRow(random, cols), w = NormalRow(random, rows * cols);
  const std::vector<int8_t> q = CodeRow(random, cols), codes = CodeRow(random, rows * cols);
  for (const kernels::Kernels& table : AllKernels()) {
    std::vector<float> whole(rows), parts(rows, 1e9f);
    std::vector<int32_t> whole_sums(rows), part_sums(rows, 999);
    table.linear_f32(w.data(), cols, x.data(), 0, rows, whole.data());
    table.linear_i8(codes.data(), cols, q.data(), 0, rows, whole_sums.data());
    table.linear_f32(w.data(), cols, x.data(), 5, 12, parts.data());
    table.linear_i8(codes.data(), cols, q.data(), 5, 12, part_sums.data());
    for (size_t n = 0; n < rows; ++n) {
      const bool inside = n >= 5 && n < 12;
      CHECK(Same(parts[n], inside ? whole[n] : 1e9f));
      CHECK(part_sums[n] == (inside ? whole_sums[n] : 999));
    }
  }
}

}  // namespace
}  // namespace tritwise::test
