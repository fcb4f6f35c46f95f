// Random numbers of the trainer: counter-based, so that the state of a stream is where one stands in it.
//
// A stream is named by a seed and what it is for; drawing number i of it needs no history. SplitMix64's
// finaliser as the mixing function (Steele, Lea, Flood 2014). Not for secrets.
#pragma once

#include <cmath>
#include <cstdint>
#include <numbers>

namespace tritwise {

class RandomStream {
 public:
  RandomStream(uint64_t seed, uint64_t purpose) : key_(Mix(seed ^ Mix(purpose + 1))) {}

  uint64_t Bits(uint64_t index) const { return Mix(key_ + index * 0x9E3779B97F4A7C15u); }
  // In [0, 1).
  double Uniform(uint64_t index) const { return static_cast<double>(Bits(index) >> 11) * 0x1p-53; }
  // In [0, bound).
  uint32_t Below(uint64_t index, uint32_t bound) const {
    return static_cast<uint32_t>(((Bits(index) >> 32) * bound) >> 32);
  }
  // Standard normal (Box and Muller).
  double Normal(uint64_t index) const {
    const double radius = std::sqrt(-2.0 * std::log(1.0 - Uniform(2 * index)));
    return radius * std::cos(2.0 * std::numbers::pi * Uniform(2 * index + 1));
  }

 private:
  static uint64_t Mix(uint64_t z) {
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
    return z ^ (z >> 31);
  }
  uint64_t key_;
};

}  // namespace tritwise
