// Norm and quantisation of one row on every instruction set.
#include <limits>
#include <numeric>

#include "kernels/quantise/reference.h"
#include "tests/kernels/kernel_test.h"
#include "tests/support/guarded.h"

namespace tritwise::test {
namespace {

using kernels::QuantisedRow;
using kernels::RowQuantiser;

struct Quantised {
  QuantisedRow row;
  std::vector<int8_t> q;
};

Quantised Quantise(const kernels::Kernels& table, const std::vector<float>& x, const RowQuantiser& quantiser,
                   size_t padded) {
  Quantised result;
  result.q.resize(padded);
  std::vector<float> scratch((padded + 15) / 16 * 16);
  result.row = table.norm_quantise_row(x.data(), x.size(), quantiser, scratch.data(), result.q.data(), padded);
  return result;
}

TEST_CASE("Quantising a row equals its reference at every width") {
  Guarded<float> x_buffer(8192), gain_buffer(8192), scratch_buffer(8192);
  Guarded<int8_t> q_buffer(8192);
  Random random(4);
  const std::vector<kernels::Kernels> all = AllKernels();
  for (const size_t width : Widths()) {
    const size_t padded = width + static_cast<size_t>(random.Integer(0, 20));
    const float* x = x_buffer.Fill(NormalRow(random, width).data(), width);
    const float* gain = gain_buffer.Fill(NormalRow(random, width).data(), width);
    for (const NormKind norm : {NormKind::kNone, NormKind::kLayer, NormKind::kRms}) {
      RowQuantiser quantiser{norm, 1e-5f, random.Integer(0, 1) != 0 ? gain : nullptr, 127.0f, -127};
      if (random.Integer(0, 1) != 0) quantiser.range = 128.0f;
      if (random.Integer(0, 1) != 0) quantiser.lowest = -128;
      quantiser.measure = static_cast<ActivationMeasure>(random.Integer(0, 2));
      for (const kernels::Kernels& table : all) {
        std::vector<float> scratch(padded);
        std::vector<int8_t> expected(padded);
        const QuantisedRow reference = kernels::reference::NormQuantiseRow(table.fused, x, width, quantiser,
                                                                           scratch.data(), expected.data(), padded);
        int8_t* q = q_buffer.Last(padded);
        const QuantisedRow row =
            table.norm_quantise_row(x, width, quantiser, scratch_buffer.Last((padded + 15) / 16 * 16), q, padded);
        const std::string where = std::string(table.target) + " width " + std::to_string(width);
        RequireSame(q, expected.data(), padded, where);
        RequireSame(&row.step, &reference.step, 1, where + " step");
        RequireSame(&row.sum, &reference.sum, 1, where + " sum");
        CHECK(row.sum == std::accumulate(q, q + padded, 0));
      }
    }
  }
}

TEST_CASE("Quantising rounds half to even") {
  // The largest element is the range, so that the factor is 1.
  const std::vector<float> x = {0.5f, 1.5f, 2.5f, -0.5f, -1.5f, -2.5f, 0.49999997f, 126.5f, 127.0f};
  for (const kernels::Kernels& table : AllKernels()) {
    const Quantised result = Quantise(table, x, {}, 12);
    CHECK(result.q == std::vector<int8_t>{0, 2, 2, 0, -2, -2, 0, 126, 127, 0, 0, 0});
    CHECK(result.row.step == 1.0f);
    CHECK(result.row.sum == 126 + 127);
  }
}

TEST_CASE("The clamp keeps a range of 128 inside a byte") {
  RowQuantiser quantiser;
  quantiser.range = 128.0f;
  for (const kernels::Kernels& table : AllKernels()) {
    quantiser.lowest = -128;
    CHECK(Quantise(table, {1.0f, -1.0f, 0.5f}, quantiser, 3).q == std::vector<int8_t>{127, -128, 64});
    quantiser.lowest = -127;
    CHECK(Quantise(table, {1.0f, -1.0f, 0.5f}, quantiser, 3).q == std::vector<int8_t>{127, -127, 64});
  }
}

TEST_CASE("The mean and the median of a row take the place of its maximum") {
  RowQuantiser quantiser;
  for (const kernels::Kernels& table : AllKernels()) {
    const std::vector<float> x = {1.0f, -2.0f, 3.0f, -6.0f};
    quantiser.measure = ActivationMeasure::kAbsMean;
    CHECK(Quantise(table, x, quantiser, 4).row.step == 3.0f / 127.0f);
    CHECK(Quantise(table, x, quantiser, 4).q == std::vector<int8_t>{42, -85, 127, -127});
    quantiser.measure = ActivationMeasure::kAbsMedian;
    CHECK(Quantise(table, x, quantiser, 4).row.step == 2.0f / 127.0f);
    CHECK(Quantise(table, {5.0f, 0.0f, 0.0f}, quantiser, 3).row.step == kScaleFloor / 127.0f);
    CHECK(Quantise(table, {5.0f, 0.0f, 0.0f}, quantiser, 3).q == std::vector<int8_t>{127, 0, 0});
  }
}

TEST_CASE("A row of zeros becomes zeros with the smallest step") {
  for (const kernels::Kernels& table : AllKernels()) {
    for (const NormKind norm : {NormKind::kNone, NormKind::kLayer, NormKind::kRms}) {
      RowQuantiser quantiser;
      quantiser.norm = norm;
      const Quantised result = Quantise(table, std::vector<float>(70), quantiser, 72);
      CHECK(result.q == std::vector<int8_t>(72));
      CHECK(result.row.step == kScaleFloor / 127.0f);
      CHECK(result.row.sum == 0);
    }
  }
}

TEST_CASE("Elements that are not finite become zero and make the step NaN") {
  constexpr float kInfinity = std::numeric_limits<float>::infinity();
  constexpr float kNan = std::numeric_limits<float>::quiet_NaN();
  for (const kernels::Kernels& table : AllKernels()) {
    CAPTURE(table.target);
    for (const float bad : {kInfinity, -kInfinity, kNan}) {
      for (const size_t at : Sizes{0, 5, 18}) {
        std::vector<float> x(19, 1.0f);
        x[at] = bad;
        std::vector<int8_t> expected(20, 127);
        expected[at] = expected[19] = 0;
        const Quantised plain = Quantise(table, x, {}, 20);
        CHECK(plain.q == expected);
        CHECK(plain.row.sum == 18 * 127);
        CHECK(std::isnan(plain.row.step));

        RowQuantiser layer;
        layer.norm = NormKind::kLayer;
        const Quantised normed = Quantise(table, x, layer, 20);  // the mean is NaN, and so is all the rest
        CHECK(normed.q == std::vector<int8_t>(20));
        CHECK(std::isnan(normed.row.step));
      }
    }
  }
}

TEST_CASE("The largest floats are quantised without overflow") {
  constexpr float kLargest = std::numeric_limits<float>::max();
  for (const kernels::Kernels& table : AllKernels()) {
    const Quantised result = Quantise(table, {kLargest, -kLargest, kLargest / 2, 1.0f}, {}, 4);
    CHECK(result.q == std::vector<int8_t>{127, -127, 64, 0});
    CHECK(std::isfinite(result.row.step));
  }
}

}  // namespace
}  // namespace tritwise::test
