// binary16 from and to f32: every half, and the rounding between them.
#include "format/half.h"

#include <catch2/catch.hpp>
#include <cmath>
#include <limits>

#include "tests/support/random.h"

namespace tritwise {
namespace {

constexpr float kInfinity = std::numeric_limits<float>::infinity();

bool IsNan(uint16_t half) { return (half & 0x7FFF) > 0x7C00; }

// Sign, exponent and fraction put together with exact arithmetic.
double ValueOf(uint16_t half) {
  const int exponent = (half >> 10) & 0x1F;
  const double fraction = half & 0x3FF;
  const double magnitude = exponent == 0 ? std::ldexp(fraction, -24) : std::ldexp(1024.0 + fraction, exponent - 25);
  return (half & 0x8000) != 0 ? -magnitude : magnitude;
}

TEST_CASE("Every finite half has the value that its bits say") {
  for (uint32_t bits = 0; bits < 0x10000; ++bits) {
    const auto half = static_cast<uint16_t>(bits);
    if ((half & 0x7C00) != 0x7C00) REQUIRE(static_cast<double>(FloatFromHalf(half)) == ValueOf(half));
  }
}

TEST_CASE("Every half but NaN survives f32 and back to the bit") {
  for (uint32_t bits = 0; bits < 0x10000; ++bits) {
    const auto half = static_cast<uint16_t>(bits);
    if (!IsNan(half)) REQUIRE(HalfFromFloat(FloatFromHalf(half)) == half);
  }
}

TEST_CASE("A NaN stays a NaN with its sign both ways") {
  for (uint32_t bits = 0; bits < 0x10000; ++bits) {
    const auto half = static_cast<uint16_t>(bits);
    if (!IsNan(half)) continue;
    REQUIRE(std::isnan(FloatFromHalf(half)));
    const uint16_t back = HalfFromFloat(FloatFromHalf(half));
    REQUIRE(IsNan(back));
    REQUIRE((back & 0x8000) == (half & 0x8000));
  }
  CHECK(IsNan(HalfFromFloat(std::numeric_limits<float>::quiet_NaN())));
  CHECK(IsNan(HalfFromFloat(std::bit_cast<float>(0x7F800001u))));
}

TEST_CASE("A float halfway between two halves goes to the even one, others to the nearer") {
  for (uint32_t bits = 0; bits < 0x7BFF; ++bits) {  // up to the last pair of finite halves
    const auto low = static_cast<uint16_t>(bits);
    const auto high = static_cast<uint16_t>(bits + 1);
    const float middle = (FloatFromHalf(low) + FloatFromHalf(high)) / 2;  // exact: f32 has 13 more bits
    REQUIRE(HalfFromFloat(middle) == ((low & 1) == 0 ? low : high));
    REQUIRE(HalfFromFloat(std::nextafter(middle, 0.0f)) == low);
    REQUIRE(HalfFromFloat(std::nextafter(middle, kInfinity)) == high);
    REQUIRE(HalfFromFloat(-middle) == (0x8000 | ((low & 1) == 0 ? low : high)));
  }
}

TEST_CASE("Floats beyond the largest half become infinity from 65520 on") {
  CHECK(HalfFromFloat(65504.0f) == 0x7BFF);
  CHECK(HalfFromFloat(std::nextafter(65520.0f, 0.0f)) == 0x7BFF);
  CHECK(HalfFromFloat(65520.0f) == 0x7C00);
  CHECK(HalfFromFloat(-65520.0f) == 0xFC00);
  CHECK(HalfFromFloat(std::numeric_limits<float>::max()) == 0x7C00);
  CHECK(HalfFromFloat(kInfinity) == 0x7C00);
  CHECK(HalfFromFloat(-kInfinity) == 0xFC00);
  CHECK(FloatFromHalf(0x7C00) == kInfinity);
  CHECK(FloatFromHalf(0xFC00) == -kInfinity);
}

TEST_CASE("Floats below half of the smallest half become a zero with their sign") {
  CHECK(HalfFromFloat(0.0f) == 0x0000);
  CHECK(HalfFromFloat(-0.0f) == 0x8000);
  CHECK(HalfFromFloat(0x1p-25f) == 0x0000);  // halfway to 2^-24: to even
  CHECK(HalfFromFloat(std::nextafter(0x1p-25f, 1.0f)) == 0x0001);
  CHECK(HalfFromFloat(-0x1p-24f) == 0x8001);
  CHECK(HalfFromFloat(std::numeric_limits<float>::denorm_min()) == 0x0000);
  CHECK(HalfFromFloat(0x1p-14f) == 0x0400);  // the smallest normal
  CHECK(HalfFromFloat(0x1p-14f - 0x1p-24f) == 0x03FF);
}

TEST_CASE("Random floats go to a half that is not farther than its neighbours") {
  test::Random random(1);
  for (int i = 0; i < 20000; ++i) {
    const float value = std::ldexp(random.Uniform(-2.0f, 2.0f), random.Integer(-26, 14));
    const uint16_t half = HalfFromFloat(value);
    const double distance = std::abs(ValueOf(half) - static_cast<double>(value));
    if ((half & 0x7FFF) < 0x7BFF) {
      REQUIRE(distance <= std::abs(ValueOf(static_cast<uint16_t>(half + 1)) - static_cast<double>(value)));
    }
    if ((half & 0x7FFF) > 0) {
      REQUIRE(distance <= std::abs(ValueOf(static_cast<uint16_t>(half - 1)) - static_cast<double>(value)));
    }
  }
}

}  // namespace
}  // namespace tritwise
