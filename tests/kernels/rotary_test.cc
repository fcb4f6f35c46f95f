// The table of rotary cosines and sines against the C++ library.
#include "tests/kernels/kernel_test.h"

namespace tritwise::test {
namespace {

// Errors in units of the last place of the float result.
double Error(float value, long double truth) {
  const float nearest = std::fabs(static_cast<float>(truth));
  const float next = std::nextafter(nearest, 2.0f);
  return static_cast<double>(std::fabs(static_cast<long double>(value) - truth) /
                             (static_cast<long double>(next) - nearest));
}

TEST_CASE("Rotary cosines and sines are within one unit in the last place up to a million radians") {
  Random random(16);
  double worst = 0.0;
  for (int i = 0; i < 20000; ++i) {
    const int position = random.Integer(-1000000, 1000000);
    const float frequency = i % 2 == 0 ? 1.0f : random.Uniform(0.0f, 1.0f);
    float cosine = 0.0f, sine = 0.0f;
    kernels::RotaryTable(position, &frequency, 1, &cosine, &sine);
    const float angle = static_cast<float>(position) * frequency;
    worst = std::max(worst, Error(cosine, std::cos(static_cast<long double>(angle))));
    worst = std::max(worst, Error(sine, std::sin(static_cast<long double>(angle))));
  }
  CHECK(worst < 0.51);
}

TEST_CASE("The rotary table holds one pair for each frequency") {
  const std::vector<float> frequency = {1.0f, 0.1f, 0.01f, 0.0f, 1e-4f};
  std::vector<float> cosine(5), sine(5);
  kernels::RotaryTable(3, frequency.data(), 5, cosine.data(), sine.data());
  for (size_t i = 0; i < 5; ++i) {
    CHECK(cosine[i] == Approx(std::cos(3.0 * static_cast<double>(frequency[i]))).epsilon(1e-6));
    CHECK(sine[i] == Approx(std::sin(3.0 * static_cast<double>(frequency[i]))).epsilon(1e-6));
  }
}

TEST_CASE("Position zero does not rotate") {
  const float frequency[2] = {1.0f, 0.3f};
  float cosine[2], sine[2];
  kernels::RotaryTable(0, frequency, 2, cosine, sine);
  CHECK(cosine[0] == 1.0f);
  CHECK(cosine[1] == 1.0f);
  CHECK(sine[0] == 0.0f);
  CHECK(sine[1] == 0.0f);
}

TEST_CASE("Angles without meaning give NaN") {
  for (const float frequency :
       {1e30f, std::numeric_limits<float>::infinity(), std::numeric_limits<float>::quiet_NaN()}) {
    float cosine = 0.0f, sine = 0.0f;
    kernels::RotaryTable(7, &frequency, 1, &cosine, &sine);
    CHECK(std::isnan(cosine));
    CHECK(std::isnan(sine));
  }
}

}  // namespace
}  // namespace tritwise::test
