// Finds with how many threads passes of one row are fastest, while such passes are being computed anyway.
//
// Decoding is bound by memory: on a board whose processors share one slow bus, two threads can beat four. No table
// knows that, but a few passes with each count do. Results never depend on the number of threads, so trying costs
// only the passes that a worse count slows down. Prompts are bound by arithmetic and use all threads; they are not
// the matter here. Knows no clock: it is told how long a pass took.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace tritwise::runtime {

class ThreadTuner {
 public:
  // A count is tried with this many passes or more, until they took this long together; the fastest pass counts.
  static constexpr int32_t kPasses = 4;
  static constexpr uint64_t kTrial_ns = 1'000'000;
  // What fewer threads must win by, so that noise does not give threads away.
  static constexpr double kGain = 0.97;
  // Passes until everything is tried again: neighbours come and go, boards get hot.
  static constexpr int32_t kAgain = 4096;

  explicit ThreadTuner(int32_t most);

  // With how many threads the next pass of one row is to be computed, 1 to `most`.
  int32_t threads() const { return trying() ? counts_[trial_] : best_; }
  // It took this long with threads().
  void Took(uint64_t ns);

  bool trying() const { return trial_ < counts_.size(); }

 private:
  void Begin();
  void EndTrial();

  std::vector<int32_t> counts_;  // to be tried in this order: all, then fewer
  size_t trial_ = 0;             // counts_.size(): none
  int32_t passes_ = 0;           // of this trial, or since the last
  uint64_t trial_ns_ = 0;
  uint64_t fastest_ns_ = 0;  // of this trial
  int32_t best_ = 1;
  uint64_t best_ns_ = 0;
};

}  // namespace tritwise::runtime
