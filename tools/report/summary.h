// What a run came to, as pairs of a name and a text with units, and as one sentence about its transition.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "trainer/log/metrics_reader.h"

namespace tritwise {

using Facts = std::vector<std::pair<std::string, std::string>>;

// The headline: losses, time, steps. At least one step is in the record.
Facts Headline(const MetricsRecord& record);
// The rest: network, data, machine.
Facts Details(const MetricsRecord& record);

// When the weights became ternary.
struct TransitionPoint {
  size_t index = 0;  // in record.steps, of the first ternary step
  int64_t step = 0;
  std::optional<TransitionMetrics> how;
};
// Nothing where the whole run was of one kind.
std::optional<TransitionPoint> FindTransition(const MetricsRecord& record);
std::string TransitionSentence(const MetricsRecord& record);

// Of the training loss, over all steps, as it is drawn.
std::vector<double> SmoothedLoss(const MetricsRecord& record);

}  // namespace tritwise
