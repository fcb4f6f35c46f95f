// Runs a graph forwards and backwards on some sequences: one worker of the trainer.
//
// Single-threaded on purpose. A training step gives each worker its own sequences and adds up the
// workers' gradients at the end, so a step has three parallel regions instead of one for every
// operation, and every activation stays in the cache of the core that made it.
#pragma once

#include <memory>
#include <span>
#include <vector>

#include "trainer/ops/op.h"

namespace tritwise {

class TrainExecutor {
 public:
  // `graph` and `layout` outlive the executor.
  TrainExecutor(const Graph& graph, const ParameterLayout& layout, const kernels::Kernels& kernels, ComputeType type);

  // Scores of all rows of the sequences [first, last) of `batch`: [rows, output_width], valid until the
  // next call. The pass's parameters, weights, phase and precision are taken from `with`.
  struct Inputs {
    std::span<const float> parameters;
    const PreparedWeights* weights = nullptr;
    Phase phase;
    Precision precision = Precision::kTraining;
  };
  std::span<const float> Forward(const Inputs& with, const TrainBatch& batch, size_t first, size_t last);

  // After Forward with kTraining: sum of the losses of its rows, in nats; adds the gradient of
  // loss * weight to gradients[layout.size()].
  double Backward(const TrainBatch& batch, float weight, float* gradients);

  // The same from a given gradient of the scores, [rows, output_width].
  void BackwardFrom(std::span<const float> score_gradient, float* gradients);

  // A value of the graph as the last Forward left it, and its gradient as the last Backward did: [rows, its width].
  std::span<const float> Value(int32_t index);
  std::span<const float> Gradient(int32_t index);

 private:
  Matmul matmul_;
  OpEnvironment environment_;
  std::vector<std::unique_ptr<TrainOp>> ops_;
  TrainPass pass_;
  size_t first_row_ = 0;

  void BackwardOps(float* gradients);
  size_t Size(int32_t value) const;
};

}  // namespace tritwise
