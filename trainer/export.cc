#include "trainer/export.h"

#include <algorithm>
#include <cstring>

#include "format/half.h"
#include "format/pack.h"
#include "format/transform.h"
#include "trainer/error_status.h"
#include "trainer/group_quantiser.h"
#include "trainer/schedule.h"

namespace tritwise {
namespace {

struct StoredTensor {
  std::vector<std::byte> data;
  std::vector<float> scales;
};

template <class T>
std::vector<std::byte> ToBytes(std::span<const T> values) {
  std::vector<std::byte> bytes(values.size_bytes());
  std::memcpy(bytes.data(), values.data(), bytes.size());
  return bytes;
}

StoredTensor StoreGroups(const TensorSpec& spec, std::span<const float> weights) {
  const auto rows = static_cast<size_t>(spec.rows);
  const auto cols = static_cast<size_t>(spec.cols);
  GroupCodes quantised = QuantiseGroups(spec, weights);
  StoredTensor stored;
  stored.data.resize(DataBytes(spec));
  if (IsTernary(spec.storage)) {
    PackTernary(MakeTernaryGeometry(spec.storage, rows, cols), quantised.codes, stored.data);
    stored.scales = std::move(quantised.scales);
    return stored;
  }
  std::vector<uint16_t> halves(quantised.scales.size());
  std::transform(quantised.scales.begin(), quantised.scales.end(), halves.begin(), HalfFromFloat);
  PackNarrow(MakeNarrowGeometry(spec.storage, rows, cols), quantised.codes, halves, stored.data);
  return stored;
}

StoredTensor Store(const TensorSpec& spec, std::span<const float> weights, WeightMeasure measure) {
  const auto rows = static_cast<size_t>(spec.rows);
  const auto cols = static_cast<size_t>(spec.cols);
  if (HasGroups(spec)) return StoreGroups(spec, weights);
  StoredTensor stored;
  switch (spec.storage) {
    case Storage::kF32:
      stored.data = ToBytes(weights);
      break;
    case Storage::kF16: {
      std::vector<uint16_t> halves(weights.size());
      std::transform(weights.begin(), weights.end(), halves.begin(), HalfFromFloat);
      stored.data = ToBytes(std::span<const uint16_t>(halves));
      break;
    }
    case Storage::kI8: {
      Int8Rows quantised = QuantiseRows(weights, rows, cols);
      stored.data = ToBytes(std::span<const int8_t>(quantised.codes));
      stored.scales = std::move(quantised.scales);
      break;
    }
    case Storage::kI6:
    case Storage::kI4:
      break;  // have groups
    case Storage::kT2:
    case Storage::kT5:
    case Storage::kLut: {
      const float scale = WeightScale(weights, measure);
      const TernaryGeometry geometry = MakeTernaryGeometry(spec.storage, rows, cols);
      stored.data.resize(geometry.total_bytes);
      PackTernary(geometry, TernaryCodes(weights, scale), stored.data);
      stored.scales = {scale};
      break;
    }
  }
  return stored;
}

}  // namespace

void WriteWeights(const std::string& path, const ModelDescription& description, std::span<const float> weights,
                  WeightMeasure measure) {
  const Graph& graph = description.graph;
  const ParameterLayout layout(graph);
  std::vector<StoredTensor> stored;
  std::vector<TensorData> data;
  for (size_t t = 0; t < graph.tensors.size(); ++t) {
    stored.push_back(Store(graph.tensors[t], layout.Of(weights, static_cast<int32_t>(t)), measure));
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
  if (options.layout == Storage::kF16) {
    description.graph = WithoutTernary(description.graph, PhaseOf(checkpoint.recipe, last_step).ternary);
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
