#include <algorithm>

#include "trainer/ops/op.h"

namespace tritwise {

TrainPass::TrainPass(const Graph& graph)
    : graph_(graph),
      values_(graph.value_widths.size()),
      gradients_(graph.value_widths.size()),
      has_gradient_(graph.value_widths.size()) {}

void TrainPass::Begin(std::span<const float> features) {
  for (size_t i = 0; i < values_.size(); ++i) values_[i].Reserve(rows * static_cast<size_t>(graph_.value_widths[i]));
  if (graph_.input == InputKind::kFeatures) std::copy(features.begin(), features.end(), values_[0].data());
  std::fill(has_gradient_.begin(), has_gradient_.end(), false);
}

GradientSlot TrainPass::InputGradient(const Op& op, size_t input) {
  const auto index = static_cast<size_t>(op.inputs[input]);
  if (graph_.input == InputKind::kFeatures && index == 0) return {};
  float* data = gradients_[index].Reserve(rows * static_cast<size_t>(graph_.value_widths[index]));
  const bool accumulate = has_gradient_[index];
  has_gradient_[index] = true;
  return {data, accumulate};
}

float* TrainPass::LossGradient() {
  has_gradient_[static_cast<size_t>(graph_.output)] = true;
  return gradients_[static_cast<size_t>(graph_.output)].Reserve(rows * static_cast<size_t>(graph_.output_width()));
}

}  // namespace tritwise
