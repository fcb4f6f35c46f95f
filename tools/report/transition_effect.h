// What a transition does to the training loss, as three numbers: the only place where they are defined.
//
// `losses` are by step, as far as the run got; `transition` is the first ternary step. A loss that is not
// finite is passed over. Each function gives nothing where the run does not reach far enough.
#pragma once

#include <cstdint>
#include <optional>
#include <span>

namespace tritwise {

inline constexpr int64_t kBeforeSteps = 50;    // that "before" is a mean of, fewer where the run is younger
inline constexpr int64_t kSpikeSteps = 100;    // from the transition, in which a spike is looked for
inline constexpr int64_t kRecoverySteps = 25;  // that must be as low as before on average

// The mean of the steps just before the transition.
std::optional<double> LossBefore(std::span<const double> losses, int64_t transition);

// The highest single loss among the first kSpikeSteps ternary steps, minus LossBefore. Batches differ, so this
// is above 0 even where nothing changes: compare it with the same of a 16-bit run.
std::optional<double> SpikeHeight(std::span<const double> losses, int64_t transition);

// How many steps after the transition the mean of kRecoverySteps steps from there on is first at or below
// LossBefore. Nothing: not within the run.
std::optional<int64_t> StepsToRecover(std::span<const double> losses, int64_t transition);

// The mean of the last fiftieth of the steps (2 %), at least one.
std::optional<double> FinalTrainingLoss(std::span<const double> losses);

}  // namespace tritwise
