// Tells a loss that has gone wrong from one that has not: not a number, or far above what it was lately.
//
// What it remembers is part of a checkpoint, so that a resumed run decides as one that was not stopped.
#pragma once

#include <cstdint>
#include <string>

namespace tritwise {

class LossGuard {
 public:
  // The mean of the losses so far, recent ones weighing more, and how many they are.
  struct Memory {
    double mean = 0.0;
    int64_t count = 0;
  };

  // A spike is a loss above `spike_factor` times that mean, once there are kLeastLosses; 0: spikes pass.
  LossGuard(double spike_factor, Memory memory) : factor_(spike_factor), memory_(memory) {}

  // Why this step's loss or gradient is wrong, for people; empty where it is not, and it is remembered.
  std::string Check(double loss, double gradient_norm);
  // The loss is about to become another one (a transition): begins to learn it anew.
  void Forget() { memory_ = {}; }
  const Memory& memory() const { return memory_; }

  static constexpr int64_t kLeastLosses = 20;
  static constexpr double kWeight = 0.05;  // of the newest loss in the mean

 private:
  double factor_;
  Memory memory_;
};

}  // namespace tritwise
