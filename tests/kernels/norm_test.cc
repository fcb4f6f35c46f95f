// Norms of one row on every instruction set against the reference, bit for bit.
#include "kernels/norm/reference.h"
#include "tests/kernels/kernel_test.h"
#include "tests/support/guarded.h"

namespace tritwise::test {
namespace {

TEST_CASE("A norm equals its reference bit for bit at every width") {
  Guarded<float> x_buffer(8192), gain_buffer(8192), y_buffer(8192);
  Random random(1);
  const std::vector<kernels::Kernels> all = AllKernels();
  for (const size_t width : Widths()) {
    std::vector<float> x = NormalRow(random, width, 3.0f);
    for (float& value : x) value += 0.7f;
    const float* x_exact = x_buffer.Fill(x.data(), width);
    const float* gain_exact = gain_buffer.Fill(NormalRow(random, width).data(), width);
    for (const NormKind kind : {NormKind::kNone, NormKind::kLayer, NormKind::kRms}) {
      for (const float* gain : {static_cast<const float*>(nullptr), gain_exact}) {
        for (const kernels::Kernels& table : all) {
          std::vector<float> expected(width);
          kernels::reference::NormRow(table.fused, x_exact, width, kind, 1e-5f, gain, expected.data());
          float* y = y_buffer.Last(width);
          table.norm_row(x_exact, width, kind, 1e-5f, gain, y);
          RequireSame(y, expected.data(), width, std::string(table.target) + " width " + std::to_string(width));
        }
      }
    }
  }
}

TEST_CASE("A norm may be taken in place") {
  Random random(2);
  for (const kernels::Kernels& table : AllKernels()) {
    for (const size_t width : Sizes{1, 17, 64, 100}) {
      std::vector<float> x = NormalRow(random, width);
      std::vector<float> expected(width);
      table.norm_row(x.data(), width, NormKind::kLayer, 1e-5f, nullptr, expected.data());
      table.norm_row(x.data(), width, NormKind::kLayer, 1e-5f, nullptr, x.data());
      RequireSame(x.data(), expected.data(), width, table.target);
    }
  }
}

TEST_CASE("A norm is what its formula says, within float rounding") {
  Random random(3);
  const size_t width = 1000;
  const std::vector<float> x = NormalRow(random, width, 2.0f);
  double mean = 0.0, squares = 0.0, variance = 0.0;
  for (const float value : x) mean += static_cast<double>(value) / width;
  for (const float value : x) squares += static_cast<double>(value) * value / width;
  for (const float value : x) variance += (value - mean) * (value - mean) / width;
  for (const kernels::Kernels& table : AllKernels()) {
    std::vector<float> layer(width), rms(width);
    table.norm_row(x.data(), width, NormKind::kLayer, 1e-5f, nullptr, layer.data());
    table.norm_row(x.data(), width, NormKind::kRms, 1e-6f, nullptr, rms.data());
    double worst = 0.0;
    for (size_t i = 0; i < width; ++i) {
      worst = std::max(worst, std::fabs(layer[i] - (x[i] - mean) / std::sqrt(variance + 1e-5)));
      worst = std::max(worst, std::fabs(rms[i] - x[i] / std::sqrt(squares + 1e-6)));
    }
    CHECK(worst < 2e-6);
  }
}

}  // namespace
}  // namespace tritwise::test
