// What a recipe says for one step: learning rate, phase, strength.
#pragma once

#include <cstdint>

#include "trainer/phase.h"
#include "trainer/recipe/recipe.h"

namespace tritwise {

// Steps count from 0. Linear warm-up to the peak over warmup_steps, then as the schedule says, down to
// final_learning_rate * peak at the last step. The peak is the second stage's from its step on. With
// rewarm_steps the rate climbs from 0 again after the transition to where the schedule then is, as the code
// of arXiv 2502.11895 does on a reset.
double LearningRate(const Recipe& recipe, int64_t step);

double WeightDecay(const Recipe& recipe, int64_t step);

// Ternary from the transition step on; its strength as StrengthSchedule says, then 1.
Phase PhaseOf(const Recipe& recipe, int64_t step);

}  // namespace tritwise
