// A place in a training run.
#pragma once

#include <cstdint>
#include <variant>

namespace tritwise {

// A step of the run: an integer is a step number, a fraction from 0.0 to 1.0 is of all steps.
struct StepOrFraction {
  std::variant<int64_t, double> value = 0.5;
  int64_t StepOf(int64_t steps) const;
};

}  // namespace tritwise
