// Activations, gates and sums on every instruction set against the reference, bit for bit.
#include <limits>

#include "kernels/elementwise/reference.h"
#include "tests/kernels/kernel_test.h"
#include "tests/support/guarded.h"

namespace tritwise::test {
namespace {

constexpr ActivationKind kKinds[] = {ActivationKind::kRelu, ActivationKind::kReluSquared, ActivationKind::kSilu};

TEST_CASE("Activations, gates and sums equal their references bit for bit at every width") {
  Guarded<float> a_buffer(8192), b_buffer(8192), y_buffer(8192);
  Random random(5);
  const std::vector<kernels::Kernels> all = AllKernels();
  for (const size_t width : Widths()) {
    const float* a = a_buffer.Fill(NormalRow(random, width, 10.0f).data(), width);
    const float* b = b_buffer.Fill(NormalRow(random, width).data(), width);
    std::vector<float> expected(width);
    float* y = y_buffer.Last(width);
    for (const kernels::Kernels& table : all) {
      const std::string where = std::string(table.target) + " width " + std::to_string(width);
      for (const ActivationKind kind : kKinds) {
        kernels::reference::ActivateRow(table.fused, a, width, kind, expected.data());
        table.activate_row(a, width, kind, y);
        RequireSame(y, expected.data(), width, where + " activation");
        kernels::reference::GateRow(table.fused, a, b, width, kind, expected.data());
        table.gate_row(a, b, width, kind, y);
        RequireSame(y, expected.data(), width, where + " gate");
      }
      kernels::reference::AddRow(a, b, width, expected.data());
      table.add_row(a, b, width, y);
      RequireSame(y, expected.data(), width, where + " sum");
    }
  }
}

TEST_CASE("silu equals its reference for floats of every size and for special ones") {
  constexpr float kInfinity = std::numeric_limits<float>::infinity();
  std::vector<float> x = {0.0f, -0.0f, kInfinity, -kInfinity, std::numeric_limits<float>::quiet_NaN()};
  for (int exponent = -149; exponent < 128; ++exponent) {
    for (const float mantissa : {1.0f, 1.3f, 1.9f}) {
      x.push_back(std::ldexp(mantissa, exponent));
      x.push_back(-std::ldexp(mantissa, exponent));
    }
  }
  for (int i = -120000; i <= 120000; i += 7) x.push_back(static_cast<float>(i) * 1e-3f);
  for (const kernels::Kernels& table : AllKernels()) {
    for (const ActivationKind kind : kKinds) {
      std::vector<float> expected(x.size()), y(x.size());
      kernels::reference::ActivateRow(table.fused, x.data(), x.size(), kind, expected.data());
      table.activate_row(x.data(), x.size(), kind, y.data());
      RequireSame(y.data(), expected.data(), x.size(), table.target);
    }
  }
}

TEST_CASE("Activations, gates and sums may be taken in place") {
  Random random(6);
  for (const kernels::Kernels& table : AllKernels()) {
    const std::vector<float> a = NormalRow(random, 37);
    const std::vector<float> b = NormalRow(random, 37);
    std::vector<float> expected(37);
    table.gate_row(a.data(), b.data(), 37, ActivationKind::kSilu, expected.data());
    std::vector<float> in_a = a, in_b = b;
    table.gate_row(in_a.data(), b.data(), 37, ActivationKind::kSilu, in_a.data());
    table.gate_row(a.data(), in_b.data(), 37, ActivationKind::kSilu, in_b.data());
    RequireSame(in_a.data(), expected.data(), 37, table.target);
    RequireSame(in_b.data(), expected.data(), 37, table.target);
    table.add_row(a.data(), b.data(), 37, expected.data());
    in_a = a;
    table.add_row(in_a.data(), b.data(), 37, in_a.data());
    RequireSame(in_a.data(), expected.data(), 37, table.target);
  }
}

}  // namespace
}  // namespace tritwise::test
