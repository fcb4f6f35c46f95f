// Rows of an embedding table, and f16 storage, on every instruction set against the reference.
#include "kernels/attention/reference.h"
#include "kernels/embedding/reference.h"
#include "tests/kernels/kernel_test.h"
#include "tests/support/guarded.h"

namespace tritwise::test {
namespace {

TEST_CASE("Embedding rows equal their references bit for bit at every width") {
  Guarded<float> f32_buffer(8192), y_buffer(8192);
  Guarded<uint16_t> f16_buffer(8192);
  Guarded<int8_t> i8_buffer(8192);
  Random random(7);
  const std::vector<kernels::Kernels> all = AllKernels();
  for (const size_t width : Widths()) {
    const std::vector<float> row = NormalRow(random, width);
    std::vector<uint16_t> half(width);
    kernels::reference::StoreRowF16(row.data(), width, half.data());
    const float* f32 = f32_buffer.Fill(row.data(), width);
    const uint16_t* f16 = f16_buffer.Fill(half.data(), width);
    const int8_t* i8 = i8_buffer.Fill(CodeRow(random, width).data(), width);
    std::vector<float> expected(width);
    float* y = y_buffer.Last(width);
    for (const kernels::Kernels& table : all) {
      const std::string where = std::string(table.target) + " width " + std::to_string(width);
      kernels::reference::EmbedF32(f32, width, expected.data());
      table.embed_f32(f32, width, y);
      RequireSame(y, expected.data(), width, where + " f32");
      kernels::reference::EmbedF16(f16, width, expected.data());
      table.embed_f16(f16, width, y);
      RequireSame(y, expected.data(), width, where + " f16");
      kernels::reference::EmbedI8(i8, width, 0.0123f, expected.data());
      table.embed_i8(i8, width, 0.0123f, y);
      RequireSame(y, expected.data(), width, where + " i8");
    }
  }
}

TEST_CASE("Every f16 number is read exactly") {
  std::vector<uint16_t> half(65536);
  for (size_t i = 0; i < half.size(); ++i) half[i] = static_cast<uint16_t>(i);
  std::vector<float> expected(half.size()), y(half.size());
  kernels::reference::EmbedF16(half.data(), half.size(), expected.data());
  for (const kernels::Kernels& table : AllKernels()) {
    table.embed_f16(half.data(), half.size(), y.data());
    RequireSame(y.data(), expected.data(), half.size(), table.target);
  }
}

TEST_CASE("Floats are stored as the nearest f16, ties to even, at every width") {
  Guarded<float> x_buffer(256);
  Guarded<uint16_t> y_buffer(256);
  Random random(8);
  for (const kernels::Kernels& table : AllKernels()) {
    for (size_t width = 1; width <= 130; ++width) {
      const float* x = x_buffer.Fill(NormalRow(random, width).data(), width);
      std::vector<uint16_t> expected(width);
      kernels::reference::StoreRowF16(x, width, expected.data());
      uint16_t* y = y_buffer.Last(width);
      table.store_row_f16(x, width, y);
      RequireSame(y, expected.data(), width, table.target);
    }
  }
}

TEST_CASE("f16 storage rounds every boundary between two neighbours correctly") {
  // For each pair of neighbouring f16 numbers: both, the midpoint, and the floats on either side of it.
  std::vector<float> x;
  for (uint32_t bits = 0; bits < 0x7C00u; bits += 3) {
    const float low = FloatFromHalf(static_cast<uint16_t>(bits));
    const float high = bits + 1 == 0x7C00u ? 65536.0f : FloatFromHalf(static_cast<uint16_t>(bits + 1));
    const float middle = low + (high - low) * 0.5f;
    for (const float value : {low, std::nextafter(middle, low), middle, std::nextafter(middle, high)}) {
      x.push_back(value);
      x.push_back(-value);
    }
  }
  for (const float value : {65504.0f, 65519.996f, 65520.0f, 1e30f, 1e-30f, 0x1p-25f, 0x1.000002p-25f, 0x1p-26f,
                            std::numeric_limits<float>::infinity()}) {
    x.push_back(value);
    x.push_back(-value);
  }
  std::vector<uint16_t> expected(x.size()), y(x.size());
  kernels::reference::StoreRowF16(x.data(), x.size(), expected.data());
  for (const kernels::Kernels& table : AllKernels()) {
    table.store_row_f16(x.data(), x.size(), y.data());
    RequireSame(y.data(), expected.data(), x.size(), table.target);
  }
}

TEST_CASE("NaN is stored as an f16 NaN") {
  const float nan = std::numeric_limits<float>::quiet_NaN();
  for (const kernels::Kernels& table : AllKernels()) {
    uint16_t y = 0;
    table.store_row_f16(&nan, 1, &y);
    CHECK((y & 0x7FFFu) > 0x7C00u);
  }
}

}  // namespace
}  // namespace tritwise::test
