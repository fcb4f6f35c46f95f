#include "tools/report/study_summary.h"

#include <algorithm>
#include <cmath>

#include "tools/report/transition_effect.h"

namespace tritwise {
namespace {

template <class T>
void Append(std::vector<double>& values, const std::optional<T>& value) {
  if (value) values.push_back(static_cast<double>(*value));
}

bool SameLength(const StudyConditionRecord& a, const StudyConditionRecord& b) {
  return a.schedule == b.schedule && a.steps == b.steps;
}

std::optional<size_t> Find16Bit(const StudyRecord& study, const StudyConditionRecord& condition) {
  for (size_t i = 0; i < study.conditions.size(); ++i) {
    const StudyConditionRecord& other = study.conditions[i];
    if (other.always_16_bit() && SameLength(other, condition)) return i;
  }
  return std::nullopt;
}

const StudyRunRecord* FinishedRun(const StudyConditionRecord& condition, int64_t seed) {
  for (const StudyRunRecord& run : condition.runs) {
    if (run.seed == seed && run.finished) return &run;
  }
  return nullptr;
}

// What one condition's runs say by themselves.
ConditionSummary OwnSummary(const StudyConditionRecord& condition) {
  ConditionSummary summary;
  std::vector<double> validation;
  std::vector<double> training;
  std::vector<double> spikes;
  std::vector<double> recoveries;
  size_t ternary = 0;
  for (const StudyRunRecord& run : condition.runs) {
    if (!run.finished) {
      if (!run.losses.empty() && !summary.steps_under_way) {
        summary.steps_under_way = static_cast<int64_t>(run.losses.size());
      }
      continue;
    }
    summary.seeds_done.push_back(run.seed);
    Append(training, FinalTrainingLoss(run.losses));
    if (run.final_validation && std::isfinite(run.final_validation->loss)) {
      summary.loss_by_seed[run.seed] = run.final_validation->loss;
      validation.push_back(run.final_validation->loss);
      ternary += run.final_validation->exported ? 1 : 0;
    }
    if (!condition.changes_over()) continue;
    Append(spikes, SpikeHeight(run.losses, condition.transition_step));
    Append(recoveries, StepsToRecover(run.losses, condition.transition_step));
  }
  summary.ends_ternary = ternary != 0 && ternary == summary.loss_by_seed.size();
  summary.validation_loss = SpreadOf(validation);
  summary.training_loss = SpreadOf(training);
  summary.spike = SpreadOf(spikes);
  summary.steps_to_recover = SpreadOf(recoveries);
  return summary;
}

void CompareWith16Bit(const StudyRecord& study, size_t index, std::vector<ConditionSummary>& summaries) {
  const StudyConditionRecord& condition = study.conditions[index];
  ConditionSummary& summary = summaries[index];
  summary.same_in_16_bit = condition.always_16_bit() ? std::nullopt : Find16Bit(study, condition);
  if (!summary.same_in_16_bit) return;
  const std::map<int64_t, double>& reference = summaries[*summary.same_in_16_bit].loss_by_seed;
  std::vector<double> differences;
  std::vector<double> spikes;
  for (const int64_t seed : summary.seeds_done) {
    const auto own = summary.loss_by_seed.find(seed);
    const auto other = reference.find(seed);
    if (own != summary.loss_by_seed.end() && other != reference.end()) {
      differences.push_back(own->second - other->second);
    }
    const StudyRunRecord* run = FinishedRun(study.conditions[*summary.same_in_16_bit], seed);
    if (run != nullptr && condition.changes_over()) {
      Append(spikes, SpikeHeight(run->losses, condition.transition_step));
    }
  }
  summary.above_16_bit = SpreadOf(differences);
  summary.spike_in_16_bit = SpreadOf(spikes);
}

Sweep MakeSweep(const StudyRecord& study, const StudyFigureRecord& figure) {
  Sweep sweep;
  sweep.title = figure.title;
  for (const size_t index : figure.conditions) {
    const StudyConditionRecord& condition = study.conditions[index];
    if (!condition.changes_over()) continue;
    auto line = std::find_if(sweep.lines.begin(), sweep.lines.end(),
                             [&](const SweepLine& other) { return other.group == condition.group; });
    if (line == sweep.lines.end()) line = sweep.lines.insert(line, SweepLine{condition.group, {}});
    line->conditions.push_back(index);
  }
  for (SweepLine& line : sweep.lines) {
    std::stable_sort(line.conditions.begin(), line.conditions.end(),
                     [&](size_t a, size_t b) { return study.conditions[a].place() < study.conditions[b].place(); });
  }
  for (size_t i = 0; i < study.conditions.size(); ++i) {
    const StudyConditionRecord& level = study.conditions[i];
    if (level.changes_over()) continue;
    const bool wanted = std::any_of(figure.conditions.begin(), figure.conditions.end(), [&](size_t shown) {
      return shown == i || SameLength(study.conditions[shown], level);
    });
    if (wanted) sweep.levels.push_back(i);
  }
  return sweep;
}

}  // namespace

Spread SpreadOf(const std::vector<double>& values) {
  Spread spread;
  double sum = 0.0;
  for (const double value : values) {
    if (!std::isfinite(value)) continue;
    spread.low = spread.seeds == 0 ? value : std::min(spread.low, value);
    spread.high = spread.seeds == 0 ? value : std::max(spread.high, value);
    sum += value;
    ++spread.seeds;
  }
  if (spread.seeds != 0) spread.mean = sum / static_cast<double>(spread.seeds);
  return spread;
}

StudySummary SummariseStudy(const StudyRecord& study) {
  StudySummary summary;
  for (const StudyConditionRecord& condition : study.conditions) {
    summary.conditions.push_back(OwnSummary(condition));
    summary.runs_done += summary.conditions.back().seeds_done.size();
    summary.runs_planned += condition.runs.size();
  }
  for (size_t i = 0; i < study.conditions.size(); ++i) CompareWith16Bit(study, i, summary.conditions);
  for (const StudyFigureRecord& figure : study.figures) {
    if (figure.kind == "sweep") summary.sweeps.push_back(MakeSweep(study, figure));
  }
  return summary;
}

}  // namespace tritwise
