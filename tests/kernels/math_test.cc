// The functions that the references are made of, against the C++ library in double precision.
#include <limits>

#include "format/half.h"
#include "kernels/common/reference.h"
#include "tests/kernels/kernel_test.h"

namespace tritwise::test {
namespace {

// Distance of a float from the true value, in units of its last place.
double UlpError(float value, double truth) {
  const auto nearest = static_cast<float>(truth);
  const float next = std::nextafter(std::fabs(nearest), std::numeric_limits<float>::infinity());
  return std::fabs(static_cast<double>(value) - truth) / (static_cast<double>(next) - std::fabs(nearest));
}

TEST_CASE("exp is within 1.5 units in the last place over its range") {
  for (const bool fused : {false, true}) {
    double worst = 0.0;
    for (int i = -103000; i <= 88700; ++i) {
      const float x = static_cast<float>(i) * 1e-3f;
      worst = std::max(worst, UlpError(kernels::reference::Exp(fused, x), std::exp(static_cast<double>(x))));
    }
    CAPTURE(fused);
    CHECK(worst < 1.5);
  }
}

TEST_CASE("exp is exact at its ends") {
  constexpr float kInfinity = std::numeric_limits<float>::infinity();
  for (const bool fused : {false, true}) {
    const auto exp = [fused](float x) { return kernels::reference::Exp(fused, x); };
    CHECK(exp(0.0f) == 1.0f);
    CHECK(exp(-0.0f) == 1.0f);
    CHECK(exp(-kInfinity) == 0.0f);
    CHECK(exp(-1e30f) == 0.0f);
    CHECK(exp(kInfinity) == kInfinity);
    CHECK(exp(88.73f) == kInfinity);
    CHECK(std::isfinite(exp(88.72f)));
    CHECK(exp(-103.9f) == std::numeric_limits<float>::denorm_min());
    CHECK(std::isnan(exp(std::numeric_limits<float>::quiet_NaN())));
  }
}

TEST_CASE("silu is within 3 units in the last place") {
  for (const bool fused : {false, true}) {
    double worst = 0.0;
    for (int i = -80000; i <= 80000; ++i) {
      const float x = static_cast<float>(i) * 1e-3f;
      const double truth = static_cast<double>(x) / (1.0 + std::exp(-static_cast<double>(x)));
      worst = std::max(worst, UlpError(kernels::reference::Silu(fused, x), truth));
    }
    CAPTURE(fused);
    CHECK(worst < 3.0);
  }
}

TEST_CASE("RoundSmall rounds to nearest with ties to even") {
  CHECK(kernels::reference::RoundSmall(0.5f) == 0.0f);
  CHECK(kernels::reference::RoundSmall(1.5f) == 2.0f);
  CHECK(kernels::reference::RoundSmall(2.5f) == 2.0f);
  CHECK(kernels::reference::RoundSmall(-0.5f) == 0.0f);
  CHECK(kernels::reference::RoundSmall(-1.5f) == -2.0f);
  CHECK(kernels::reference::RoundSmall(0.49999997f) == 0.0f);
  CHECK(kernels::reference::RoundSmall(127.49999f) == 127.0f);
}

TEST_CASE("Lanes are combined as a tree of l + 8, l + 4, l + 2, l + 1") {
  // Values whose sum depends on the order: 2^24 + 1 is 2^24.
  float x[16] = {};
  x[0] = 0x1p24f;
  x[8] = 1.0f;  // lost: first step
  x[1] = 1.0f;  // kept with lane 9
  x[9] = 1.0f;
  CHECK(kernels::reference::Sum(x, 16) == 0x1p24f + 2.0f);
}

}  // namespace
}  // namespace tritwise::test
