#include "trainer/ops/pass.h"

#include <algorithm>

#include "trainer/row_ops/row_ops.h"

namespace tritwise {

TrainPass::TrainPass(const Graph& graph, bool thrifty)
    : graph_(graph),
      thrifty_(thrifty),
      values_(graph.value_widths.size()),
      gradients_(graph.value_widths.size()),
      last_reader_(graph.value_widths.size(), graph.ops.size()),
      needed_(graph.value_widths.size(), false),
      cheap_(graph.value_widths.size(), false) {
  for (size_t i = 0; i < graph.ops.size(); ++i) {
    for (const int32_t input : graph.ops[i].inputs) last_reader_[static_cast<size_t>(input)] = i;
  }
  // What nobody reads is the output, or goes with the operation that made it.
  for (size_t i = 0; i < graph.ops.size(); ++i) {
    const auto output = static_cast<size_t>(graph.ops[i].output);
    if (last_reader_[output] == graph.ops.size() && graph.ops[i].output != graph.output) last_reader_[output] = i;
  }
}

void TrainPass::SetNeeds(size_t op, bool reads_inputs, bool cheap) {
  const Op& node = graph_.ops[op];
  if (op == 0) std::fill(needed_.begin(), needed_.end(), false);
  cheap_[static_cast<size_t>(node.output)] = cheap && thrifty_;
  if (!reads_inputs) return;
  for (const int32_t input : node.inputs) needed_[static_cast<size_t>(input)] = true;
}

void TrainPass::Begin(std::span<const float> features) {
  for (BufferPool::Buffer& buffer : values_) pool_.Release(buffer);
  for (BufferPool::Buffer& buffer : gradients_) pool_.Release(buffer);
  if (graph_.input != InputKind::kFeatures) return;
  values_[0] = pool_.Take(Count(0));
  std::copy(features.begin(), features.end(), values_[0]->data());
}

void TrainPass::BeginForward(size_t op) {
  const auto output = static_cast<size_t>(graph_.ops[op].output);
  if (values_[output] == nullptr) values_[output] = pool_.Take(Count(output));
}

void TrainPass::EndForward(size_t op) {
  if (keep == Keep::kEverything) return;
  const auto release = [&](int32_t value) {
    const auto v = static_cast<size_t>(value);
    const bool kept = keep == Keep::kForBackward && ((needed_[v] && !cheap_[v]) || IsFeatures(v));
    if (last_reader_[v] == op && !kept) pool_.Release(values_[v]);
  };
  for (const int32_t input : graph_.ops[op].inputs) release(input);
  release(graph_.ops[op].output);
}

void TrainPass::EndBackward(size_t op) {
  if (keep == Keep::kEverything) return;
  const auto output = static_cast<size_t>(graph_.ops[op].output);
  pool_.Release(gradients_[output]);
  pool_.Release(values_[output]);
}

GradientSlot TrainPass::InputGradient(const Op& op, size_t input) {
  const auto index = static_cast<size_t>(op.inputs[input]);
  if (IsFeatures(index)) return {};
  BufferPool::Buffer& gradient = gradients_[index];
  if (gradient == nullptr) {
    gradient = pool_.Take(Count(index));
    return {gradient->data(), false};
  }
  if (gradient.use_count() > 1) {
    BufferPool::Buffer own = pool_.Take(Count(index));
    std::copy_n(gradient->data(), Count(index), own->data());
    gradient = std::move(own);
  }
  return {gradient->data(), true};
}

void TrainPass::PassGradientOn(const Op& op, size_t input) {
  const auto index = static_cast<size_t>(op.inputs[input]);
  if (IsFeatures(index)) return;
  if (gradients_[index] == nullptr) {
    gradients_[index] = gradients_[static_cast<size_t>(op.output)];
  } else {
    Accumulate(OutputGradient(op), Count(index), InputGradient(op, input).data);
  }
}

float* TrainPass::LossGradient() {
  const auto output = static_cast<size_t>(graph_.output);
  gradients_[output] = pool_.Take(Count(output));
  return gradients_[output]->data();
}

}  // namespace tritwise
