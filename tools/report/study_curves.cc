#include "tools/report/study_curves.h"

#include <algorithm>
#include <cmath>
#include <map>

#include "tools/report/transition_effect.h"

namespace tritwise {
namespace {

// Element by element, as far as the shortest; not a number where one of them is not.
std::vector<double> MeanOf(const std::vector<std::vector<double>>& curves) {
  if (curves.empty()) return {};
  size_t shortest = curves.front().size();
  for (const auto& curve : curves) shortest = std::min(shortest, curve.size());
  std::vector<double> mean(shortest, 0.0);
  for (const auto& curve : curves) {
    for (size_t i = 0; i < shortest; ++i) mean[i] += curve[i] / static_cast<double>(curves.size());
  }
  return mean;
}

}  // namespace

std::vector<const StudyRunRecord*> DrawnRuns(const StudyConditionRecord& condition) {
  std::vector<const StudyRunRecord*> finished;
  std::vector<const StudyRunRecord*> begun;
  for (const StudyRunRecord& run : condition.runs) {
    if (run.finished) finished.push_back(&run);
    if (!run.losses.empty()) begun.push_back(&run);
  }
  return finished.empty() ? begun : finished;
}

std::vector<double> MeanLoss(const StudyConditionRecord& condition) {
  std::vector<std::vector<double>> curves;
  for (const StudyRunRecord* run : DrawnRuns(condition)) curves.push_back(run->losses);
  return MeanOf(curves);
}

std::vector<double> LossNearTransition(const StudyConditionRecord& condition) {
  if (!condition.changes_over()) return {};
  const int64_t transition = condition.transition_step;
  std::vector<std::vector<double>> curves;
  for (const StudyRunRecord* run : DrawnRuns(condition)) {
    const auto count = static_cast<int64_t>(run->losses.size());
    const auto before = LossBefore(run->losses, transition);
    if (count <= transition || !before) continue;
    std::vector<double> curve;
    for (int64_t step = transition - kNearBefore; step < std::min(count, transition + kNearAfter + 1); ++step) {
      curve.push_back(step < 0 ? kNoLoss : run->losses[static_cast<size_t>(step)] - *before);
    }
    curves.push_back(std::move(curve));
  }
  return MeanOf(curves);
}

std::vector<ChangedCodes> MeanChangedCodes(const StudyConditionRecord& condition) {
  std::map<int64_t, std::vector<ChangedCodes>> by_step;
  const std::vector<const StudyRunRecord*> runs = DrawnRuns(condition);
  for (const StudyRunRecord* run : runs) {
    for (const ChangedCodes& changed : run->changed) by_step[changed.step].push_back(changed);
  }
  std::vector<ChangedCodes> means;
  for (const auto& [step, all] : by_step) {
    if (all.size() != runs.size()) continue;
    ChangedCodes mean{step, all.front().since, 0.0};
    for (const ChangedCodes& changed : all) mean.share += changed.share / static_cast<double>(all.size());
    means.push_back(mean);
  }
  return means;
}

}  // namespace tritwise
