#include "trainer/export.h"

#include <algorithm>

#include "format/transform.h"
#include "trainer/error_status.h"
#include "trainer/schedule.h"
#include "trainer/store_tensor.h"

namespace tritwise {

void WriteWeights(const std::string& path, const ModelDescription& description, std::span<const float> weights,
                  WeightMeasure measure) {
  const Graph& graph = description.graph;
  const ParameterLayout layout(graph);
  std::vector<StoredTensor> stored;
  std::vector<TensorData> data;
  for (size_t t = 0; t < graph.tensors.size(); ++t) {
    stored.push_back(StoreTensor(graph.tensors[t], layout.Of(weights, static_cast<int32_t>(t)), measure));
  }
  for (const StoredTensor& tensor : stored) data.push_back({tensor.data, tensor.scales});
  ThrowIfError(WriteModel(path, description, data));
}

bool IsFullyTernary(const Recipe& recipe, int64_t steps_done) {
  const Phase phase = PhaseOf(recipe, std::max<int64_t>(0, steps_done - 1));
  return phase.ternary && phase.strength == 1.0f;
}

void ExportCheckpoint(const Checkpoint& checkpoint, const std::string& path, const ExportOptions& options) {
  const int64_t last_step = std::max<int64_t>(0, checkpoint.state.step - 1);
  ModelDescription description = checkpoint.description;
  if (!IsTernary(options.layout)) {
    const bool was_ternary = PhaseOf(checkpoint.recipe, last_step).ternary;
    description.graph = WithoutTernary(description.graph, was_ternary, options.layout, options.head);
  } else {
    if (!options.quantise_now && !IsFullyTernary(checkpoint.recipe, checkpoint.state.step)) {
      throw Error("the network is not fully ternary after " + std::to_string(checkpoint.state.step) +
                  " steps (transition at step " + std::to_string(checkpoint.recipe.transition_step()) +
                  "); train on, or give --quantise-now");
    }
    description.graph = WithStorage(description.graph, options.layout, options.head);
  }
  WriteWeights(path, description, checkpoint.state.weights, checkpoint.recipe.quantise.measure);
}

}  // namespace tritwise
