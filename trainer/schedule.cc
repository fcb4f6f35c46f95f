#include "trainer/schedule.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace tritwise {

double LearningRate(const Recipe& recipe, int64_t step) {
  const Recipe::Train& t = recipe.train;
  const auto at = static_cast<double>(step);
  double rate = t.learning_rate;
  if (step < t.warmup_steps) {
    rate *= (at + 1.0) / static_cast<double>(t.warmup_steps);
  } else if (t.schedule == RateSchedule::kCosine) {
    const auto length = static_cast<double>(std::max<int64_t>(1, t.steps - 1 - t.warmup_steps));
    const double progress = std::min(1.0, (at - static_cast<double>(t.warmup_steps)) / length);
    const double cosine = 0.5 * (1.0 + std::cos(std::numbers::pi * progress));
    rate *= t.final_learning_rate + (1.0 - t.final_learning_rate) * cosine;
  }
  const int64_t since = step - recipe.transition_step();
  if (since >= 0 && since < recipe.quantise.rewarm_steps) {
    rate *= (static_cast<double>(since) + 1.0) / static_cast<double>(recipe.quantise.rewarm_steps);
  }
  return rate;
}

Phase PhaseOf(const Recipe& recipe, int64_t step) {
  Phase phase;
  phase.measure = recipe.quantise.measure;
  const int64_t since = step - recipe.transition_step();
  phase.ternary = since >= 0;
  if (phase.ternary && recipe.quantise.strength == StrengthSchedule::kPhased && since < recipe.quantise.phase_steps) {
    const double z = 5.0 * static_cast<double>(since) / static_cast<double>(recipe.quantise.phase_steps);
    phase.strength = static_cast<float>(2.0 / (1.0 + std::exp(-z)) - 1.0);
  }
  return phase;
}

}  // namespace tritwise
