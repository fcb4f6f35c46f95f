// A small graph with random weights on the trainer's executor, in f32 so that definitions can be compared.
#pragma once

#include <cmath>
#include <functional>
#include <vector>

#include "format/families/families.h"
#include "trainer/error_status.h"
#include "trainer/executor.h"
#include "trainer/random.h"

namespace tritwise::test {

class OpFixture {
 public:
  explicit OpFixture(Graph g, ComputeType type = ComputeType::kF32)
      : graph(std::move(g)),
        layout(graph),
        kernels(ValueOrThrow(kernels::ResolveKernels())),
        weights(graph, layout, type),
        executor(graph, layout, kernels, type),
        parameters(layout.size()),
        sum(graph, layout),
        gradients(sum.values()) {
    for (float& p : parameters) p = Uniform(-0.8f, 0.8f);
  }

  float Uniform(float low, float high) {
    const double unit = static_cast<double>(random.Bits(drawn++) >> 11) * 0x1p-53;
    return low + (high - low) * static_cast<float>(unit);
  }

  // Rows of features (values in [-1, 1]) or ids, in sequences of the given lengths.
  TrainBatch RandomBatch(const std::vector<size_t>& sequence_rows) {
    TrainBatch batch;
    batch.sequence_rows = sequence_rows;
    for (const size_t rows : sequence_rows) {
      for (size_t r = 0; r < rows; ++r) {
        const auto width = static_cast<size_t>(graph.input_width);
        if (graph.input == InputKind::kTokens) {
          batch.tokens.push_back(static_cast<int32_t>(random.Below(drawn++, static_cast<uint32_t>(width))));
        } else {
          for (size_t i = 0; i < width; ++i) batch.features.push_back(Uniform(-1.0f, 1.0f));
        }
        batch.targets.push_back(
            static_cast<int32_t>(random.Below(drawn++, static_cast<uint32_t>(graph.output_width()))));
      }
    }
    return batch;
  }

  std::vector<float> Forward(const TrainBatch& batch, Precision precision = Precision::kTraining) {
    weights.Prepare(parameters, phase, precision);
    const auto scores =
        executor.Forward({parameters, &weights, phase, precision}, batch, 0, batch.sequence_rows.size());
    return {scores.begin(), scores.end()};
  }

  // After Forward: gradients of the scores times `direction`.
  void Backward(std::span<const float> direction) {
    sum.Begin({1}, true);
    executor.BackwardFrom(direction, {sum});
  }

  // Forward and backward of the loss times `weight`, as a training step does them; returns the sum of losses.
  double Train(const TrainBatch& batch, float weight) {
    weights.Prepare(parameters, phase, Precision::kTraining);
    sum.Begin({1}, true);
    return executor.Train({parameters, &weights, phase, Precision::kTraining}, batch, 0, batch.sequence_rows.size(),
                          weight, {sum});
  }

  // Sum of the scores times `direction`, in double.
  double Projected(const TrainBatch& batch, const std::vector<float>& direction) {
    const std::vector<float> scores = Forward(batch);
    double sum = 0.0;
    for (size_t i = 0; i < scores.size(); ++i) sum += double{scores[i]} * double{direction[i]};
    return sum;
  }

  Graph graph;
  ParameterLayout layout;
  kernels::Kernels kernels;
  PreparedWeights weights;
  TrainExecutor executor;
  std::vector<float> parameters;
  GradientSum sum;
  std::span<const float> gradients;  // as the last Backward left them
  Phase phase;
  RandomStream random{17, 3};
  uint64_t drawn = 0;
};

// d f / d x by central differences, x restored.
inline double CentralDifference(float& x, float h, const std::function<double()>& f) {
  const float before = x;
  x = before + h;
  const double above = f();
  x = before - h;
  const double below = f();
  const double width = double{before + h} - double{before - h};
  x = before;
  return (above - below) / width;
}

}  // namespace tritwise::test
