// A study in numbers: one row a condition, and the lines of its sweeps. From finished runs only.
//
// What differs from seed to seed is given as a mean with the lowest and the highest. A comparison is made
// within each seed first, because runs of one seed begin alike and see the same batches.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "tools/report/study_record.h"

namespace tritwise {

// Of one number over seeds.
struct Spread {
  size_t seeds = 0;  // 0: there is no such number
  double mean = 0.0;
  double low = 0.0;
  double high = 0.0;

  double half_range() const { return (high - low) / 2.0; }
};

// Values that are not finite do not count.
Spread SpreadOf(const std::vector<double>& values);

struct ConditionSummary {
  std::vector<int64_t> seeds_done;
  std::optional<int64_t> steps_under_way;  // of the first run that has begun and not ended
  std::map<int64_t, double> loss_by_seed;  // the last validation loss, as exported where it ends ternary
  bool ends_ternary = false;               // all finished runs do, fully
  Spread validation_loss;                  // of loss_by_seed
  Spread training_loss;                    // FinalTrainingLoss
  std::optional<size_t> same_in_16_bit;    // the 16-bit condition of the same schedule and steps
  Spread above_16_bit;                     // validation loss minus that one's, within each seed
  Spread spike;                            // SpikeHeight
  Spread spike_in_16_bit;                  // the same of the 16-bit runs, at the step of this transition
  Spread steps_to_recover;                 // of the runs that do within their steps
};

struct SweepLine {
  std::string group;
  std::vector<size_t> conditions;  // that change over, by place
};

struct Sweep {
  std::string title;
  std::vector<SweepLine> lines;
  std::vector<size_t> levels;  // 16-bit and 1.58-bit throughout: named by the figure, or of its schedules
};

struct StudySummary {
  std::vector<ConditionSummary> conditions;  // as in the record
  std::vector<Sweep> sweeps;
  size_t runs_done = 0;
  size_t runs_planned = 0;
};

StudySummary SummariseStudy(const StudyRecord& study);

}  // namespace tritwise
