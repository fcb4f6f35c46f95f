// The ternary linear while training, against the vectors computed by the authors' package (arXiv
// 2502.11895) and against its definition written out.
#include <catch2/catch.hpp>

#include <algorithm>
#include <fstream>
#include <nlohmann/json.hpp>

#include "tests/support/data.h"
#include "tests/trainer/op_fixture.h"

namespace tritwise::test {
namespace {

using Json = nlohmann::json;

std::vector<float> Flat(const Json& matrix) {
  std::vector<float> all;
  for (const Json& row : matrix) {
    for (const Json& x : row) all.push_back(x.get<float>());
  }
  return all;
}

Graph OneTernaryLinear(int64_t inputs, int64_t outputs, const LinearOptions& options = {}) {
  GraphBuilder b({InputKind::kFeatures, inputs, 0, 0}, options);
  const int32_t front = b.Append("front", {0}, inputs, NormAttrs{NormKind::kNone, 1e-5f, kNoTensor});
  return b.Finish(b.TernaryLinear("linear", front, outputs));
}

double LargestDifference(std::span<const float> a, const std::vector<float>& b) {
  REQUIRE(a.size() == b.size());
  double largest = 0.0;
  for (size_t i = 0; i < b.size(); ++i) largest = std::max(largest, std::fabs(double{a[i]} - double{b[i]}));
  return largest;
}

TEST_CASE("a ternary linear gives the outputs and gradients of the authors' package") {
  TRITWISE_NEEDS_DATA(root);
  std::ifstream file(root / "golden" / "bitlinear.json");
  const Json golden = Json::parse(file);
  const std::vector<float> x = Flat(golden["x"]);
  const std::vector<float> w = Flat(golden["W"]);
  const std::vector<float> g = Flat(golden["g"]);
  const size_t inputs = golden["W"][0].size();
  const size_t outputs = golden["W"].size();
  REQUIRE(golden["cases"].size() == 6);
  for (const Json& c : golden["cases"]) {
    const std::string measure = c["measure"];
    INFO(measure << " at strength " << c["lam"]);
    OpFixture f(OneTernaryLinear(static_cast<int64_t>(inputs), static_cast<int64_t>(outputs)));
    std::copy(w.begin(), w.end(), f.parameters.begin());
    f.phase = {true, c["lam"].get<float>(), measure == "AbsMean" ? WeightMeasure::kAbsMean : WeightMeasure::kAbsMedian};
    TrainBatch batch = f.RandomBatch({x.size() / inputs});
    batch.features = x;
    const std::vector<float> y = f.Forward(batch);
    f.Backward(g);
    CHECK(LargestDifference(y, Flat(c["y"])) < 2e-5);
    CHECK(LargestDifference(f.executor.Gradient(1), Flat(c["dx"])) < 2e-5);
    CHECK(LargestDifference(std::span(f.gradients).first(w.size()), Flat(c["dW"])) < 2e-5);
  }
}

TEST_CASE("ternary codes are those of the authors' package") {
  TRITWISE_NEEDS_DATA(root);
  std::ifstream file(root / "golden" / "bitlinear.json");
  const Json golden = Json::parse(file);
  const std::vector<float> w = Flat(golden["W"]);
  const auto codes = [&](WeightMeasure measure) {
    const std::vector<int8_t> c = TernaryCodes(w, WeightScale(w, measure));
    return std::vector<float>(c.begin(), c.end());
  };
  CHECK(codes(WeightMeasure::kAbsMean) == Flat(golden["w_ternary_mean"]));
  CHECK(codes(WeightMeasure::kAbsMedian) == Flat(golden["w_ternary_median"]));
}

TEST_CASE("activation codes are those of the authors' package") {
  TRITWISE_NEEDS_DATA(root);
  std::ifstream file(root / "golden" / "bitlinear.json");
  const Json golden = Json::parse(file);
  const std::vector<float> x = Flat(golden["x"]);
  const size_t width = golden["x"][0].size();
  const kernels::Kernels kernels = ValueOrThrow(kernels::ResolveKernels());
  std::vector<float> codes;
  for (size_t begin = 0; begin < x.size(); begin += width) {
    std::vector<float> scratch((width + 15) / 16 * 16);
    std::vector<int8_t> q(width);
    kernels.norm_quantise_row(x.data() + begin, width, {NormKind::kLayer, 1e-5f, nullptr, 128.0f, -128}, scratch.data(),
                              q.data(), width);
    codes.insert(codes.end(), q.begin(), q.end());
  }
  CHECK(codes == Flat(golden["x_int"]));
}

TEST_CASE("at strength 1 the straight-through gradient is that of its definition") {
  constexpr size_t kRows = 4;
  constexpr size_t kInputs = 37;
  constexpr size_t kOutputs = 11;
  LinearOptions options;
  options.quantiser.norm = NormKind::kNone;
  options.quantiser.range = 127;
  options.quantiser.lowest = -127;
  OpFixture f(OneTernaryLinear(kInputs, kOutputs, options));
  f.phase.ternary = true;
  const TrainBatch batch = f.RandomBatch({kRows});
  std::vector<float> g(kRows * kOutputs);
  for (float& v : g) v = f.Uniform(-1.0f, 1.0f);
  f.Forward(batch);
  f.Backward(g);

  double mean = 0.0;
  for (size_t i = 0; i < kOutputs * kInputs; ++i) mean += std::fabs(double{f.parameters[i]});
  mean /= kOutputs * kInputs;
  const auto code = [&](size_t n, size_t k) {
    return std::nearbyint(std::clamp(double{f.parameters[n * kInputs + k]} / mean, -1.0, 1.0));
  };
  for (size_t k = 0; k < kInputs; ++k) {
    for (size_t n = 0; n < kOutputs; ++n) {
      double expected = 0.0;
      for (size_t r = 0; r < kRows; ++r) {
        const float* row = batch.features.data() + r * kInputs;
        double largest = 0.0;
        for (size_t i = 0; i < kInputs; ++i) largest = std::max(largest, std::fabs(double{row[i]}));
        expected += double{g[r * kOutputs + n]} * std::nearbyint(double{row[k]} * 127.0 / largest) * largest / 127.0;
      }
      CHECK(double{f.gradients[n * kInputs + k]} == Approx(expected).margin(1e-4));
    }
    for (size_t r = 0; r < kRows; ++r) {
      double expected = 0.0;
      for (size_t n = 0; n < kOutputs; ++n) expected += double{g[r * kOutputs + n]} * code(n, k) * mean;
      CHECK(double{f.executor.Gradient(1)[r * kInputs + k]} == Approx(expected).margin(1e-4));
    }
  }
}

TEST_CASE("at strength 1 the sums of a ternary linear are whole numbers, with bf16 products too") {
  LinearOptions options;
  OpFixture f(OneTernaryLinear(1000, 24, options), BestComputeType());
  f.phase.ternary = true;
  const TrainBatch batch = f.RandomBatch({9});
  const std::vector<float> y = f.Forward(batch);
  const float scale = f.weights.scale(0);
  std::vector<float> scratch(1008);
  std::vector<int8_t> q(1000);
  const std::vector<int8_t> codes = TernaryCodes(std::span(f.parameters).first(24 * 1000), scale);
  for (size_t r = 0; r < 9; ++r) {
    const auto row =
        f.kernels.norm_quantise_row(batch.features.data() + r * 1000, 1000,
                                    {NormKind::kLayer, 1e-5f, nullptr, 128.0f, -128}, scratch.data(), q.data(), 1000);
    for (size_t n = 0; n < 24; ++n) {
      int32_t sum = 0;
      for (size_t k = 0; k < 1000; ++k) sum += q[k] * codes[n * 1000 + k];
      CHECK(y[r * 24 + n] == static_cast<float>(sum) * (row.step * scale));
    }
  }
}

}  // namespace
}  // namespace tritwise::test
