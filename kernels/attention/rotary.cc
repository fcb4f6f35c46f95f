// Cosine and sine of rotary angles, by additions, subtractions and products of doubles only, so that every
// target has the same bits; libm would not promise that. Called once a row, so plain scalar code.
//
// angle = n * pi/2 + r with |r| <= pi/4: pi/2 is the sum of two pieces of 26 bits and a remainder, so that n
// times a piece is exact for n below 2^27. Then Taylor series, whose first missing term is below 2^-54.
#include <cstdint>
#include <limits>

#include "kernels/attention/attention.h"

namespace tritwise::kernels {
namespace {

// Above this the f32 angle itself is off by whole turns.
constexpr float kLargestAngle = 0x1p27f;

struct SineCosine {
  double sine, cosine;
};

SineCosine Reduced(double r) {
  const double z = r * r;
  double s = 1.0 / 355687428096000.0;  // 17!
  s = 1.0 / 1307674368000.0 - s * z;   // 15!
  s = 1.0 / 6227020800.0 - s * z;
  s = 1.0 / 39916800.0 - s * z;
  s = 1.0 / 362880.0 - s * z;
  s = 1.0 / 5040.0 - s * z;
  s = 1.0 / 120.0 - s * z;
  s = 1.0 / 6.0 - s * z;
  double c = 1.0 / 20922789888000.0;  // 16!
  c = 1.0 / 87178291200.0 - c * z;
  c = 1.0 / 479001600.0 - c * z;
  c = 1.0 / 3628800.0 - c * z;
  c = 1.0 / 40320.0 - c * z;
  c = 1.0 / 720.0 - c * z;
  c = 1.0 / 24.0 - c * z;
  c = 0.5 - c * z;
  return {r - r * z * s, 1.0 - c * z};
}

}  // namespace

void RotaryTable(int32_t position, const float* frequency, size_t pairs, float* cosine, float* sine) {
  for (size_t i = 0; i < pairs; ++i) {
    const float angle = static_cast<float>(position) * frequency[i];
    if (!(angle <= kLargestAngle && angle >= -kLargestAngle)) {  // NaN too
      cosine[i] = sine[i] = std::numeric_limits<float>::quiet_NaN();
      continue;
    }
    const double x = static_cast<double>(angle);
    constexpr double kRound = 0x1.8p52;  // added and taken off: to the nearest integer, ties to even
    const double n = (x * 0.63661977236758134308 + kRound) - kRound;
    double r = x - n * 0x1.921fb50p+0;
    r = r - n * 0x1.110b460p-26;
    r = r - n * 0x1.1a62633145c07p-54;
    const SineCosine reduced = Reduced(r);
    // Quarter turns: (c, s), (-s, c), (-c, -s), (s, -c).
    const int64_t quarter = static_cast<int64_t>(n) & 3;
    const double c = (quarter & 1) != 0 ? reduced.sine : reduced.cosine;
    const double s = (quarter & 1) != 0 ? reduced.cosine : reduced.sine;
    cosine[i] = static_cast<float>(quarter == 1 || quarter == 2 ? -c : c);
    sine[i] = static_cast<float>(quarter >= 2 ? -s : s);
  }
}

}  // namespace tritwise::kernels
