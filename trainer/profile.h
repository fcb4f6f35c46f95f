// Where a step's time goes: seconds and matrix work of every operation of one worker.
//
// Always kept: two readings of the clock an operation and pass cost nothing beside it.
#pragma once

#include <chrono>
#include <cstddef>
#include <vector>

namespace tritwise {

struct OpProfile {
  double forward_s = 0.0;
  double backward_s = 0.0;
  double product_s = 0.0;      // of these, inside matrix products
  double product_flops = 0.0;  // multiplications and additions there

  void Add(const OpProfile& other) {
    forward_s += other.forward_s;
    backward_s += other.backward_s;
    product_s += other.product_s;
    product_flops += other.product_flops;
  }
};

// Of a learner's steps so far.
struct StepProfile {
  double prepare_s = 0.0;      // weights made ready
  double passes_s = 0.0;       // forward and backward, as the clock on the wall has it
  double exchange_s = 0.0;     // of these, waiting for sums over ranks when the own share was done
  double update_s = 0.0;       // clipping and optimiser
  std::vector<OpProfile> ops;  // operation by operation, workers added up
};

class Stopwatch {
 public:
  double Seconds() const { return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin_).count(); }

 private:
  std::chrono::steady_clock::time_point begin_ = std::chrono::steady_clock::now();
};

}  // namespace tritwise
