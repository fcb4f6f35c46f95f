// What a study's folder holds so far: its study.json, and of each run the training losses and validations.
//
// Lenient as metrics_reader.h is, because a study is looked at while it is under way: a run that has not
// begun has no steps, one that was cut short has some. What is missing from study.json itself is an Error.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <limits>
#include <optional>
#include <string>
#include <vector>

#include "trainer/log/metrics.h"

namespace tritwise {

constexpr double kNoLoss = std::numeric_limits<double>::quiet_NaN();  // of a step that is not on record

// How many of the ternary codes are others than at the look before; mean over the layers.
struct ChangedCodes {
  int64_t step = 0;
  int64_t since = 0;  // step of the look before
  double share = 0.0;
};

struct StudyRunRecord {
  int64_t seed = 0;
  std::vector<double> losses;  // training loss by step, as far as it got; kNoLoss where a line is missing
  std::vector<ChangedCodes> changed;
  bool finished = false;
  std::optional<ValidationMetrics> final_validation;  // of a finished run
};

struct StudyConditionRecord {
  std::string name;
  std::string group;
  int64_t steps = 0;
  int64_t transition_step = 0;  // 0: 1.58-bit throughout; `steps` or more: 16-bit throughout
  std::string optimiser;
  int64_t rewarm_steps = 0;
  std::string strength;
  std::string schedule;
  std::vector<StudyRunRecord> runs;  // one a seed

  bool always_16_bit() const { return transition_step >= steps; }
  bool always_ternary() const { return transition_step <= 0; }
  bool changes_over() const { return !always_16_bit() && !always_ternary(); }
  // Of the transition, in percent of the steps.
  double place() const { return 100.0 * static_cast<double>(transition_step) / static_cast<double>(steps); }
};

struct StudyFigureRecord {
  std::string title;
  std::string kind;                // "curves", "sweep"
  std::vector<size_t> conditions;  // indices; groups are taken apart
};

struct StudyRecord {
  std::string name;
  std::vector<int64_t> seeds;
  std::vector<StudyConditionRecord> conditions;
  std::vector<StudyFigureRecord> figures;
};

// Throws Error: no such folder, no study.json, or one that is not what `tritwise study` writes.
StudyRecord ReadStudyRecord(const std::filesystem::path& study_folder);

bool IsStudyFolder(const std::filesystem::path& folder);

}  // namespace tritwise
