#include "trainer/schedule.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace tritwise {

namespace {

// Share of the peak at a step after the warm-up.
double ScheduleShare(const Recipe::Train& t, int64_t step) {
  const int64_t last = t.steps - 1;
  int64_t begin = t.warmup_steps;
  if (t.schedule == RateSchedule::kStable) begin = std::max(begin, t.steps - t.decay.StepOf(t.steps));
  if (t.schedule == RateSchedule::kConstant || step <= begin) return 1.0;
  const double length = static_cast<double>(std::max<int64_t>(1, last - begin));
  const double progress = std::min(1.0, static_cast<double>(step - begin) / length);
  const double left =
      t.schedule == RateSchedule::kCosine ? 0.5 * (1.0 + std::cos(std::numbers::pi * progress)) : 1.0 - progress;
  return t.final_learning_rate + (1.0 - t.final_learning_rate) * left;
}

double Strength(StrengthSchedule schedule, double share) {
  switch (schedule) {
    case StrengthSchedule::kStepped:
      break;
    case StrengthSchedule::kPhased:
      return 2.0 / (1.0 + std::exp(-5.0 * share)) - 1.0;
    case StrengthSchedule::kLinear:
      return share;
    case StrengthSchedule::kCosine:
      return 0.5 * (1.0 - std::cos(std::numbers::pi * share));
  }
  return 1.0;
}

}  // namespace

double LearningRate(const Recipe& recipe, int64_t step) {
  const Recipe::Train& t = recipe.train;
  const bool second = step >= recipe.second_stage_step();
  double rate = second ? t.second_learning_rate.value_or(t.learning_rate) : t.learning_rate;
  rate *= step < t.warmup_steps ? (static_cast<double>(step) + 1.0) / static_cast<double>(t.warmup_steps)
                                : ScheduleShare(t, step);
  const int64_t since = step - recipe.transition_step();
  if (since >= 0 && since < recipe.quantise.rewarm_steps) {
    rate *= (static_cast<double>(since) + 1.0) / static_cast<double>(recipe.quantise.rewarm_steps);
  }
  return rate;
}

double WeightDecay(const Recipe& recipe, int64_t step) {
  const bool second = step >= recipe.second_stage_step();
  return second ? recipe.train.second_weight_decay.value_or(recipe.train.weight_decay) : recipe.train.weight_decay;
}

Phase PhaseOf(const Recipe& recipe, int64_t step) {
  Phase phase;
  phase.measure = recipe.quantise.measure;
  const int64_t since = step - recipe.transition_step();
  phase.ternary = since >= 0;
  if (phase.ternary && since < recipe.quantise.phase_steps) {
    const double share = static_cast<double>(since) / static_cast<double>(recipe.quantise.phase_steps);
    phase.strength = static_cast<float>(Strength(recipe.quantise.strength, share));
  }
  phase.rounding = recipe.quantise.rounding;
  phase.seed = static_cast<uint64_t>(recipe.train.seed);
  phase.step = step;
  return phase;
}

}  // namespace tritwise
