#include "tools/report/transition_effect.h"

#include <algorithm>
#include <cmath>

namespace tritwise {
namespace {

// Steps [begin, end) as far as there are any.
std::span<const double> Steps(std::span<const double> losses, int64_t begin, int64_t end) {
  const auto count = static_cast<int64_t>(losses.size());
  const int64_t first = std::clamp<int64_t>(begin, 0, count);
  const int64_t last = std::clamp<int64_t>(end, first, count);
  return losses.subspan(static_cast<size_t>(first), static_cast<size_t>(last - first));
}

std::optional<double> Mean(std::span<const double> values) {
  double sum = 0.0;
  double count = 0.0;
  for (const double value : values) {
    if (!std::isfinite(value)) continue;
    sum += value;
    count += 1.0;
  }
  if (count == 0.0) return std::nullopt;
  return sum / count;
}

}  // namespace

std::optional<double> LossBefore(std::span<const double> losses, int64_t transition) {
  if (transition > static_cast<int64_t>(losses.size())) return std::nullopt;
  return Mean(Steps(losses, transition - kBeforeSteps, transition));
}

std::optional<double> SpikeHeight(std::span<const double> losses, int64_t transition) {
  const auto before = LossBefore(losses, transition);
  std::optional<double> highest;
  for (const double loss : Steps(losses, transition, transition + kSpikeSteps)) {
    if (std::isfinite(loss) && (!highest || loss > *highest)) highest = loss;
  }
  if (!before || !highest) return std::nullopt;
  return *highest - *before;
}

std::optional<int64_t> StepsToRecover(std::span<const double> losses, int64_t transition) {
  const auto before = LossBefore(losses, transition);
  if (!before) return std::nullopt;
  const auto count = static_cast<int64_t>(losses.size());
  for (int64_t step = transition; step + kRecoverySteps <= count; ++step) {
    const auto mean = Mean(Steps(losses, step, step + kRecoverySteps));
    if (mean && *mean <= *before) return step - transition;
  }
  return std::nullopt;
}

std::optional<double> FinalTrainingLoss(std::span<const double> losses) {
  const auto count = static_cast<int64_t>(losses.size());
  return Mean(Steps(losses, count - std::max<int64_t>(count / 50, 1), count));
}

}  // namespace tritwise
