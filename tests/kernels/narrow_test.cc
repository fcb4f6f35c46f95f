// Int6 and int4 matrices on every instruction set: products and embedding rows, bit for bit. And what ternary
// embeddings and heads have beside the ternary kernels: group sums to floats, and rows.
#include <cstring>

#include "format/half.h"
#include "format/pack.h"
#include "kernels/embedding/reference.h"
#include "kernels/grouped/reference.h"
#include "kernels/linear/reference.h"
#include "tests/kernels/kernel_test.h"
#include "tests/kernels/ternary_fixture.h"
#include "tests/support/guarded.h"

namespace tritwise::test {
namespace {

constexpr Storage kNarrow[] = {Storage::kI6, Storage::kI4};
constexpr size_t kMostBytes = 1 << 18;

std::vector<size_t> NarrowWidths() {
  std::vector<size_t> widths;
  for (size_t width = 1; width <= 70; ++width) widths.push_back(width);
  for (const size_t width : Sizes{127, 128, 129, 192, 256, 300, 682, 1000}) widths.push_back(width);
  return widths;
}

kernels::LinearI6Fn Linear(const kernels::Kernels& table, Storage storage) {
  return storage == Storage::kI6 ? table.linear_i6 : table.linear_i4;
}
kernels::EmbedI6Fn Embed(const kernels::Kernels& table, Storage storage) {
  return storage == Storage::kI6 ? table.embed_i6 : table.embed_i4;
}
kernels::EmbedT2Fn EmbedTernary(const kernels::Kernels& table, Storage storage) {
  return storage == Storage::kT2 ? table.embed_t2 : table.embed_t5;
}

// Any bytes as codes, scales from 2^-10 to 4 of either sign.
std::vector<uint8_t> RandomMatrix(Random& random, const NarrowGeometry& g) {
  std::vector<uint8_t> data(g.total_bytes);
  for (uint8_t& byte : data) byte = static_cast<uint8_t>(random.Bits());
  for (size_t block = 0; block < g.blocks; ++block) {
    for (size_t i = 0; i < g.scale_bytes / 2; ++i) {
      const auto sign = static_cast<uint16_t>((random.Bits() & 1) << 15);
      const auto half = static_cast<uint16_t>(random.Integer(5 << 10, (17 << 10) - 1) | sign);
      std::memcpy(data.data() + block * g.block_bytes + 2 * i, &half, 2);
    }
  }
  return data;
}

// Rows of activations for a matrix of `g`'s width, in buffers that end with them.
struct Activations {
  explicit Activations(size_t capacity) : codes(capacity), sums(capacity), steps(64), y(capacity) {}

  kernels::NarrowRows Fill(Random& random, const NarrowGeometry& g, size_t rows, bool extreme = false) {
    std::vector<int8_t> q(rows * g.padded_cols);
    std::vector<int32_t> group_sums(rows * g.groups);
    std::vector<float> step(rows);
    for (size_t m = 0; m < rows; ++m) {
      const std::vector<int8_t> row =
          extreme ? std::vector<int8_t>(g.cols, m % 2 == 0 ? int8_t{-128} : int8_t{127}) : CodeRow(random, g.cols);
      std::copy(row.begin(), row.end(), q.begin() + static_cast<std::ptrdiff_t>(m * g.padded_cols));
      kernels::SumGroups(row.data(), g.cols, kNarrowGroupCols, group_sums.data() + m, rows);
      step[m] = 0.01f * (1.0f + random.Uniform(0.0f, 1.0f));
    }
    kernels::NarrowRows filled;
    filled.rows = rows;
    filled.q = codes.Fill(q.data(), q.size());
    filled.q_stride = g.padded_cols;
    filled.q_sums = sums.Fill(group_sums.data(), group_sums.size());
    filled.q_sums_stride = rows;
    filled.steps = steps.Fill(step.data(), rows);
    filled.y = y.Last(rows * g.rows);
    filled.y_stride = g.rows;
    return filled;
  }

  Guarded<int8_t> codes;
  Guarded<int32_t> sums;
  Guarded<float> steps;
  Guarded<float> y;
};

std::vector<float> Expected(const uint8_t* data, const NarrowGeometry& g, const kernels::NarrowRows& rows) {
  std::vector<float> y(rows.rows * g.rows);
  for (size_t m = 0; m < rows.rows; ++m) {
    kernels::reference::LinearNarrow(data, g, rows.q + m * rows.q_stride, rows.steps[m], rows.bias,
                                     y.data() + m * g.rows);
  }
  return y;
}

TEST_CASE("Int6 and int4 products equal their reference bit for bit at every width") {
  Guarded<uint8_t> buffer(kMostBytes);
  Activations activations(kMostBytes);
  Random random(21);
  const std::vector<kernels::Kernels> all = AllKernels();
  for (const Storage storage : kNarrow) {
    for (const size_t cols : NarrowWidths()) {
      for (const size_t outputs : Sizes{1, 16, 35}) {
        const NarrowGeometry g = MakeNarrowGeometry(storage, outputs, cols);
        const uint8_t* data = buffer.Fill(RandomMatrix(random, g).data(), g.total_bytes);
        const std::vector<float> bias = NormalRow(random, outputs);
        for (const size_t rows : Sizes{1, 2, 3, 4, 5, 11}) {
          kernels::NarrowRows x = activations.Fill(random, g, rows);
          if (rows % 2 == 1) x.bias = bias.data();
          const std::vector<float> expected = Expected(data, g, x);
          for (const kernels::Kernels& table : all) {
            Linear(table, storage)(data, g, x, 0, g.blocks);
            RequireSame(x.y, expected.data(), expected.size(),
                        std::string(table.target) + " outputs " + std::to_string(outputs) + " cols " +
                            std::to_string(cols) + " rows " + std::to_string(rows));
          }
        }
      }
    }
  }
}

TEST_CASE("Int6 and int4 products of the extreme codes are exact") {
  Activations activations(kMostBytes);
  Random random(22);
  for (const Storage storage : kNarrow) {
    const NarrowGeometry g = MakeNarrowGeometry(storage, 16, 64);
    for (const int code : {0x00, 0xFF}) {
      std::vector<uint8_t> data(g.total_bytes, static_cast<uint8_t>(code));
      for (size_t i = 0; i < 16; ++i) {
        const uint16_t one = HalfFromFloat(1.0f);
        std::memcpy(data.data() + 2 * i, &one, 2);
      }
      const int value = code == 0 ? -NarrowOffset(storage) : NarrowOffset(storage) - 1;
      for (const kernels::Kernels& table : AllKernels()) {
        CAPTURE(table.target, value);
        kernels::NarrowRows x = activations.Fill(random, g, 6, true);
        Linear(table, storage)(data.data(), g, x, 0, 1);
        for (size_t m = 0; m < 6; ++m) {
          for (size_t n = 0; n < 16; ++n) {
            CHECK(x.y[m * 16 + n] == static_cast<float>(64 * value * (m % 2 == 0 ? -128 : 127)) * x.steps[m]);
          }
        }
      }
    }
  }
}

TEST_CASE("A range of row blocks writes its own outputs only, with the same values") {
  Activations activations(kMostBytes);
  Random random(23);
  for (const Storage storage : kNarrow) {
    const NarrowGeometry g = MakeNarrowGeometry(storage, 75, 200);
    const std::vector<uint8_t> data = RandomMatrix(random, g);
    kernels::NarrowRows x = activations.Fill(random, g, 3);
    const std::vector<float> expected = Expected(data.data(), g, x);
    for (const kernels::Kernels& table : AllKernels()) {
      std::fill(x.y, x.y + 3 * 75, 1e9f);
      Linear(table, storage)(data.data(), g, x, 1, 3);
      for (size_t i = 0; i < expected.size(); ++i) {
        const bool inside = i % 75 >= 16 && i % 75 < 48;
        CHECK(Same(x.y[i], inside ? expected[i] : 1e9f));
      }
    }
  }
}

TEST_CASE("Any two bytes are a safe scale") {
  Activations activations(kMostBytes);
  Random random(24);
  for (const Storage storage : kNarrow) {
    const NarrowGeometry g = MakeNarrowGeometry(storage, 35, 300);
    std::vector<uint8_t> data(g.total_bytes);
    for (uint8_t& byte : data) byte = static_cast<uint8_t>(random.Bits());
    const kernels::NarrowRows x = activations.Fill(random, g, 5);
    const std::vector<float> expected = Expected(data.data(), g, x);
    for (const kernels::Kernels& table : AllKernels()) {
      Linear(table, storage)(data.data(), g, x, 0, g.blocks);
      RequireSame(x.y, expected.data(), expected.size(), table.target);
    }
  }
}

TEST_CASE("The reference of int6 and int4 products is the product of the values that were packed") {
  Random random(25);
  for (const Storage storage : kNarrow) {
    const size_t rows = 19, cols = 100, groups = 2;
    const NarrowGeometry g = MakeNarrowGeometry(storage, rows, cols);
    const int offset = NarrowOffset(storage);
    const std::vector<int8_t> values = CodeRow(random, rows * cols, -offset, offset - 1);
    std::vector<uint16_t> scales(rows * groups);
    for (uint16_t& s : scales) s = HalfFromFloat(0.25f * static_cast<float>(random.Integer(1, 8)));
    std::vector<std::byte> packed(g.total_bytes);
    PackNarrow(g, values, scales, packed);
    std::vector<int8_t> q = CodeRow(random, cols);
    q.resize(g.padded_cols);
    std::vector<float> y(rows);
    kernels::reference::LinearNarrow(reinterpret_cast<const uint8_t*>(packed.data()), g, q.data(), 0.5f, nullptr,
                                     y.data());
    for (size_t n = 0; n < rows; ++n) {
      double expected = 0.0;  // quarters: exact
      for (size_t k = 0; k < cols; ++k) {
        expected += 0.5 * double{FloatFromHalf(scales[k / 64 * rows + n])} * values[n * cols + k] * q[k];
      }
      CHECK(double{y[n]} == expected);
    }
  }
}

TEST_CASE("Int6 and int4 embedding rows equal their reference at every width") {
  Guarded<uint8_t> buffer(kMostBytes);
  Guarded<float> y_buffer(8192);
  Random random(26);
  for (const Storage storage : kNarrow) {
    for (const size_t width : NarrowWidths()) {
      const NarrowGeometry g = MakeNarrowGeometry(storage, 18, width);
      const uint8_t* data = buffer.Fill(RandomMatrix(random, g).data(), g.total_bytes);
      float* y = y_buffer.Last(width);
      std::vector<float> expected(width);
      for (const kernels::Kernels& table : AllKernels()) {
        for (const size_t row : Sizes{0, 7, 15, 17}) {
          kernels::reference::EmbedNarrow(data, g, row, expected.data());
          Embed(table, storage)(data, g, row, y);
          RequireSame(y, expected.data(), width, std::string(table.target) + " width " + std::to_string(width));
        }
      }
    }
  }
}

TEST_CASE("Ternary embedding rows equal their reference at every width") {
  Guarded<uint8_t> buffer(kMostBytes);
  Guarded<float> y_buffer(8192);
  Random random(27);
  for (const Storage storage : {Storage::kT2, Storage::kT5}) {
    for (const size_t width : Widths()) {
      const PackedMatrix matrix = RandomBytes(random, storage, 6, width);
      const uint8_t* codes = buffer.Fill(matrix.codes.data(), matrix.codes.size());
      float* y = y_buffer.Last(width);
      std::vector<float> expected(width);
      for (const size_t group_cols : {TernaryChunkCols(storage), 2 * TernaryChunkCols(storage)}) {
        const size_t groups = (width + group_cols - 1) / group_cols;
        const std::vector<float> scales = NormalRow(random, groups * 6);
        for (const kernels::Kernels& table : AllKernels()) {
          for (const size_t row : Sizes{0, 3, 5}) {
            kernels::reference::EmbedTernary(codes, matrix.geometry, scales.data(), group_cols, row, expected.data());
            EmbedTernary(table, storage)(codes, matrix.geometry, scales.data(), group_cols, row, y);
            RequireSame(y, expected.data(), width, std::string(table.target) + " width " + std::to_string(width));
          }
        }
      }
    }
  }
}

TEST_CASE("Group sums become floats as their reference says, at every width") {
  Guarded<int32_t> sums_buffer(8192);
  Guarded<float> scale_buffer(8192), y_buffer(8192);
  Random random(28);
  for (const size_t n : Widths()) {
    std::vector<int32_t> sum(n);
    for (int32_t& s : sum) s = random.Integer(-30'000'000, 30'000'000);  // beyond what f32 holds exactly
    const int32_t* sums = sums_buffer.Fill(sum.data(), n);
    const float* scale = scale_buffer.Fill(NormalRow(random, n).data(), n);
    const std::vector<float> before = NormalRow(random, n);
    const std::vector<float> bias = NormalRow(random, n);
    for (const kernels::Kernels& table : AllKernels()) {
      for (const float* b : {static_cast<const float*>(nullptr), bias.data()}) {
        std::vector<float> expected = before;
        float* y = y_buffer.Fill(before.data(), n);
        kernels::reference::AddScaledSums(sums, n, scale, expected.data());
        kernels::reference::FinishRow(n, 0.37f, b, expected.data());
        table.add_scaled_sums(sums, n, scale, y);
        table.finish_row(n, 0.37f, b, y);
        RequireSame(y, expected.data(), n, table.target);
      }
    }
  }
}

TEST_CASE("Sums of activations are made for each group, the last one shorter") {
  const std::vector<int8_t> q = {1, -2, 3, 100, 100, -128, -128, 7};
  std::vector<int32_t> sums(6, 99);
  kernels::SumGroups(q.data(), q.size(), 3, sums.data(), 2);
  CHECK(sums == std::vector<int32_t>{2, 99, 72, 99, -121, 99});
}

}  // namespace
}  // namespace tritwise::test
