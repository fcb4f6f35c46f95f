#include "runtime/thread_tuner.h"

#include <algorithm>

namespace tritwise::runtime {

ThreadTuner::ThreadTuner(int32_t most) : best_(most) {
  // Each about three quarters of the one before: 4 3 2 1, or 64 48 36 27 ...
  for (int32_t count = most; count > 1; count = std::min(count - 1, count * 3 / 4)) counts_.push_back(count);
  if (most > 1) counts_.push_back(1);
  Begin();
}

void ThreadTuner::Begin() {
  trial_ = 0;
  passes_ = 0;
  trial_ns_ = 0;
}

void ThreadTuner::Took(uint64_t ns) {
  ++passes_;
  if (!trying()) {
    if (passes_ >= kAgain) Begin();
    return;
  }
  fastest_ns_ = passes_ == 1 ? ns : std::min(fastest_ns_, ns);
  trial_ns_ += ns;
  if (passes_ >= kPasses && trial_ns_ >= kTrial_ns) EndTrial();
}

void ThreadTuner::EndTrial() {
  const bool first = trial_ == 0;
  const bool faster = first || static_cast<double>(fastest_ns_) < kGain * static_cast<double>(best_ns_);
  const bool much_slower = !first && static_cast<double>(best_ns_) < kGain * static_cast<double>(fastest_ns_);
  if (faster) {
    best_ = counts_[trial_];
    best_ns_ = fastest_ns_;
  }
  // Time over threads falls, then rises: behind a count that is clearly slower there is nothing to be found.
  trial_ = much_slower ? counts_.size() : trial_ + 1;
  passes_ = 0;
  trial_ns_ = 0;
}

}  // namespace tritwise::runtime
