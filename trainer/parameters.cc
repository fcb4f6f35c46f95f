#include "trainer/parameters.h"

#include <algorithm>
#include <cmath>
#include <set>

#include "trainer/random.h"

namespace tritwise {
namespace {

int32_t WeightOf(const Op& op) {
  if (const auto* a = std::get_if<TernaryLinearAttrs>(&op.attrs)) return a->weight;
  if (const auto* a = std::get_if<PlainLinearAttrs>(&op.attrs)) return a->weight;
  return kNoTensor;
}

}  // namespace

ParameterLayout::ParameterLayout(const Graph& graph) {
  for (const TensorSpec& tensor : graph.tensors) {
    begin_.push_back(size_);
    count_.push_back(static_cast<size_t>(tensor.rows * tensor.cols));
    size_ += (count_.back() + 15) / 16 * 16;
  }
}

std::vector<float> InitialParameters(const Graph& graph, const ParameterLayout& layout, uint64_t seed) {
  std::set<int32_t> added;
  size_t additions = 0;
  for (const Op& op : graph.ops) {
    if (op.kind() != OpKind::kAdd) continue;
    ++additions;
    added.insert(op.inputs.begin(), op.inputs.end());
  }
  // Deviation of each tensor; 0: not random.
  std::vector<double> deviation(graph.tensors.size(), 0.0);
  for (const Op& op : graph.ops) {
    const int32_t weight = WeightOf(op);
    if (weight == kNoTensor) continue;
    double& d = deviation[static_cast<size_t>(weight)];
    d = 1.0 / std::sqrt(static_cast<double>(graph.tensors[static_cast<size_t>(weight)].cols));
    if (added.contains(op.output)) d /= std::sqrt(static_cast<double>(additions));
  }
  std::set<size_t> gains;
  for (const Op& op : graph.ops) {
    if (const auto* a = std::get_if<EmbeddingAttrs>(&op.attrs)) deviation[static_cast<size_t>(a->table)] = 0.02;
    if (const auto* a = std::get_if<NormAttrs>(&op.attrs)) gains.insert(static_cast<size_t>(a->gain));
    if (const auto* a = std::get_if<TernaryLinearAttrs>(&op.attrs))
      gains.insert(static_cast<size_t>(a->quantiser.gain));
  }

  std::vector<float> all(layout.size(), 0.0f);
  for (size_t t = 0; t < graph.tensors.size(); ++t) {
    const RandomStream random(seed, 1000 + t);
    const auto values = layout.Of(std::span(all), static_cast<int32_t>(t));
    for (size_t i = 0; i < values.size(); ++i) {
      if (gains.contains(t)) {
        values[i] = 1.0f;
      } else if (deviation[t] != 0.0) {
        values[i] = static_cast<float>(deviation[t] * std::clamp(random.Normal(i), -3.0, 3.0));
      }
    }
  }
  return all;
}

std::vector<bool> DecayedTensors(const Graph& graph) {
  std::vector<bool> decayed(graph.tensors.size(), false);
  for (const Op& op : graph.ops) {
    if (WeightOf(op) != kNoTensor) decayed[static_cast<size_t>(WeightOf(op))] = true;
  }
  for (const Op& op : graph.ops) {
    if (const auto* a = std::get_if<EmbeddingAttrs>(&op.attrs)) decayed[static_cast<size_t>(a->table)] = false;
  }
  return decayed;
}

}  // namespace tritwise
