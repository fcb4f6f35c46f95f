// Timing one thing several times: medians with their spread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <vector>

namespace tritwise {

double SecondsNow();

// How often something is repeated: `least` times, and then until `seconds` have passed.
struct Effort {
  size_t least = 5;
  size_t most = 200;
  double seconds = 1.0;
};

// Something per second over several repetitions, in units of which each repetition has `amount`.
struct Rate {
  double median = 0.0;
  double fastest = 0.0;
  double slowest = 0.0;
  double amount = 0.0;
  size_t repetitions = 0;
};

double Median(std::vector<double> values);
Rate RateOf(double amount, const std::vector<double>& seconds);

// Runs `prepare`, then `work` against the clock, again and again; the first time is not counted.
Rate Measure(const Effort& effort, double amount, const std::function<void()>& prepare,
             const std::function<void()>& work);

// The same numbers on every machine.
class BenchRandom {
 public:
  uint32_t Below(uint32_t bound) {
    state_ = state_ * 6364136223846793005u + 1442695040888963407u;
    return static_cast<uint32_t>(((state_ >> 32) * bound) >> 32);
  }

 private:
  uint64_t state_ = 1;
};

}  // namespace tritwise
