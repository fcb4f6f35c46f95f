#include "trainer/executor.h"

#include <algorithm>
#include <numeric>

namespace tritwise {

TrainExecutor::TrainExecutor(const Graph& graph, const ParameterLayout& layout, const kernels::Kernels& kernels,
                             ComputeType type)
    : matmul_(type), environment_{graph, layout, kernels, matmul_}, pass_(graph) {
  for (const Op& op : graph.ops) {
    ops_.push_back(std::visit([&](const auto& attrs) { return MakeTrainOp(environment_, op, attrs); }, op.attrs));
  }
}

std::span<const float> TrainExecutor::Forward(const Inputs& with, const TrainBatch& batch, size_t first, size_t last) {
  const auto lengths = std::span(batch.sequence_rows);
  first_row_ = std::accumulate(lengths.begin(), lengths.begin() + static_cast<std::ptrdiff_t>(first), size_t{0});
  pass_.sequence_rows = lengths.subspan(first, last - first);
  pass_.rows = std::accumulate(pass_.sequence_rows.begin(), pass_.sequence_rows.end(), size_t{0});
  pass_.parameters = with.parameters;
  pass_.weights = with.weights;
  pass_.phase = with.phase;
  pass_.precision = with.precision;
  const auto input_width = static_cast<size_t>(environment_.graph.input_width);
  if (environment_.graph.input == InputKind::kTokens) {
    pass_.tokens = std::span(batch.tokens).subspan(first_row_, pass_.rows);
    pass_.Begin({});
  } else {
    pass_.Begin(std::span(batch.features).subspan(first_row_ * input_width, pass_.rows * input_width));
  }
  for (const auto& op : ops_) op->Forward(pass_);
  return Value(environment_.graph.output);
}

double TrainExecutor::Backward(const TrainBatch& batch, float weight, float* gradients) {
  const auto width = static_cast<size_t>(environment_.graph.output_width());
  const float* scores = pass_.value(environment_.graph.output);
  float* gradient = pass_.LossGradient();
  double loss = 0.0;
  for (size_t r = 0; r < pass_.rows; ++r) {
    std::copy_n(scores + r * width, width, gradient + r * width);
    loss += CrossEntropyRow(gradient + r * width, width, static_cast<size_t>(batch.targets[first_row_ + r]), weight);
  }
  BackwardOps(gradients);
  return loss;
}

void TrainExecutor::BackwardFrom(std::span<const float> score_gradient, float* gradients) {
  std::copy(score_gradient.begin(), score_gradient.end(), pass_.LossGradient());
  BackwardOps(gradients);
}

void TrainExecutor::BackwardOps(float* gradients) {
  pass_.parameter_gradients = gradients;
  for (size_t i = ops_.size(); i-- > 0;) {
    // A value that nothing reads has no gradient, and so has nothing before it.
    if (pass_.HasGradient(environment_.graph.ops[i].output)) ops_[i]->Backward(pass_);
  }
}

size_t TrainExecutor::Size(int32_t value) const {
  return pass_.rows * static_cast<size_t>(environment_.graph.value_widths[static_cast<size_t>(value)]);
}

std::span<const float> TrainExecutor::Value(int32_t index) { return {pass_.value(index), Size(index)}; }
std::span<const float> TrainExecutor::Gradient(int32_t index) { return {pass_.gradient(index), Size(index)}; }

}  // namespace tritwise
