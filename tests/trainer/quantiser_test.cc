// Definitions of the weight measures, ternary codes and int8 rows.
#include "trainer/quantiser.h"

#include <catch2/catch.hpp>
#include <algorithm>
#include <cmath>

#include "format/numeric.h"
#include "trainer/random.h"

namespace tritwise {
namespace {

TEST_CASE("absmean is the mean of the magnitudes") {
  const std::vector<float> w = {1.0f, -2.0f, 3.0f, -6.0f};
  CHECK(WeightScale(w, WeightMeasure::kAbsMean) == 3.0f);
}

TEST_CASE("absmedian is the middle magnitude, the lower one of an even count") {
  CHECK(WeightScale(std::vector<float>{5.0f, -1.0f, 3.0f}, WeightMeasure::kAbsMedian) == 3.0f);
  CHECK(WeightScale(std::vector<float>{4.0f, -1.0f, 3.0f, -2.0f}, WeightMeasure::kAbsMedian) == 2.0f);
}

TEST_CASE("absmedian is that of sorting, whatever the weights") {
  for (const size_t count : {size_t{1}, size_t{2}, size_t{999}, size_t{1000}, size_t{70001}}) {
    const RandomStream random(count, 3);
    for (const int kind : {0, 1, 2}) {  // spread, many equal, tiny and huge
      std::vector<float> w(count);
      for (size_t i = 0; i < count; ++i) {
        const double x = random.Normal(i);
        w[i] = static_cast<float>(kind == 0 ? x : kind == 1 ? std::nearbyint(x) + 2.0 : std::pow(10.0, 5.0 * x));
      }
      std::vector<float> sorted = w;
      for (float& x : sorted) x = std::fabs(x);
      std::sort(sorted.begin(), sorted.end());
      CHECK(WeightScale(w, WeightMeasure::kAbsMedian) == std::max(kScaleFloor, sorted[(count - 1) / 2]));
    }
  }
}

TEST_CASE("the scale of a zero matrix is the floor") {
  CHECK(WeightScale(std::vector<float>(8, 0.0f), WeightMeasure::kAbsMean) == kScaleFloor);
  CHECK(WeightScale(std::vector<float>(8, 0.0f), WeightMeasure::kAbsMedian) == kScaleFloor);
}

TEST_CASE("ternary codes round half to even and clamp") {
  const std::vector<float> w = {0.5f, -0.5f, 0.51f, -1.5f, 9.0f, 0.0f};
  CHECK(TernaryCodes(w, 1.0f) == std::vector<int8_t>{0, 0, 1, -1, 1, 0});
}

TEST_CASE("of Gaussian weights absmean makes 31.0 % zeros and absmedian 26.5 %") {
  const RandomStream random(5, 5);
  std::vector<float> w(400000);
  for (size_t i = 0; i < w.size(); ++i) w[i] = static_cast<float>(random.Normal(i));
  const auto zeros = [&](WeightMeasure measure) {
    const auto codes = TernaryCodes(w, WeightScale(w, measure));
    return static_cast<double>(std::count(codes.begin(), codes.end(), 0)) / static_cast<double>(codes.size());
  };
  CHECK(zeros(WeightMeasure::kAbsMean) == Approx(0.310).margin(0.003));
  CHECK(zeros(WeightMeasure::kAbsMedian) == Approx(0.264).margin(0.003));
}

TEST_CASE("stochastic codes are of the right sign with the right probability") {
  const std::vector<float> z = {0.25f, -0.7f, 1.0f, -1.5f, 0.0f};
  std::vector<double> sums(z.size());
  constexpr int kDraws = 40000;
  const RandomStream random(9, 1);
  for (int draw = 0; draw < kDraws; ++draw) {
    std::vector<int8_t> q(z.size());
    DrawCodes(z, 1.0f, random, static_cast<uint64_t>(draw) * z.size(), q.data());
    for (size_t i = 0; i < z.size(); ++i) {
      REQUIRE(static_cast<float>(q[i]) * z[i] >= 0.0f);
      sums[i] += q[i];
    }
  }
  for (size_t i = 0; i < z.size(); ++i) {
    CHECK(sums[i] / kDraws == Approx(std::clamp(double{z[i]}, -1.0, 1.0)).margin(0.01));
  }
}

TEST_CASE("int8 rows have one scale each and reach 127") {
  const std::vector<float> w = {1.0f, -0.5f, 0.25f, -4.0f, 2.0f, 0.0f};
  const Int8Rows rows = QuantiseRows(w, 2, 3);
  CHECK(rows.codes == std::vector<int8_t>{127, -64, 32, -127, 64, 0});
  CHECK(rows.scales[0] == Approx(1.0 / 127.0));
  CHECK(rows.scales[1] == Approx(4.0 / 127.0));
}

}  // namespace
}  // namespace tritwise
