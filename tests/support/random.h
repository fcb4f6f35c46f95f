// Deterministic random numbers for tests: the same on every machine, from a seed that a failure can name.
#pragma once

#include <cstdint>

namespace tritwise::test {

// SplitMix64. Not for anything that must be unpredictable.
class Random {
 public:
  explicit Random(uint64_t seed) : state_(seed) {}

  uint64_t Bits() {
    uint64_t z = (state_ += 0x9E3779B97F4A7C15u);
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
    return z ^ (z >> 31);
  }
  // In [low, high].
  int Integer(int low, int high) {
    return low + static_cast<int>(Bits() % static_cast<uint64_t>(int64_t{high} - low + 1));
  }
  // In [low, high), multiples of 2^-24 of the span.
  float Uniform(float low, float high) { return low + (high - low) * (static_cast<float>(Bits() >> 40) * 0x1p-24f); }
  // About normal, mean 0, variance 1: the sum of twelve uniforms.
  float Normal() {
    float sum = -6.0f;
    for (int i = 0; i < 12; ++i) sum += Uniform(0.0f, 1.0f);
    return sum;
  }

 private:
  uint64_t state_;
};

}  // namespace tritwise::test
