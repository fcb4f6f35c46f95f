// Runs a graph forwards and backwards on some sequences: one worker of the trainer.
//
// Single-threaded on purpose. A training step gives each worker its own sequences, and they add to one
// gradient in turns, so a step has three parallel regions instead of one for every operation, and every
// activation stays in the cache of the core that made it.
#pragma once

#include <memory>
#include <span>
#include <vector>

#include "trainer/batch.h"
#include "trainer/ops/op.h"
#include "trainer/profile.h"

namespace tritwise {

class TrainExecutor {
 public:
  // `graph` and `layout` outlive the executor. `thrifty`: less memory for a little more work.
  TrainExecutor(const Graph& graph, const ParameterLayout& layout, const kernels::Kernels& kernels, ComputeType type,
                bool thrifty = true);

  // What a pass computes with.
  struct Inputs {
    std::span<const float> parameters;
    const PreparedWeights* weights = nullptr;
    Phase phase;
    Precision precision = Precision::kTraining;
  };
  // Where a pass adds its gradient, and whose turns it takes.
  struct Gradients {
    GradientSum& sum;
    size_t worker = 0;
    size_t pass = 0;
  };

  // Forward and backward pass of the sequences [first, last) of `batch`: returns the sum of the losses of their
  // rows, in nats, and adds the gradient of loss * weight.
  double Train(const Inputs& with, const TrainBatch& batch, size_t first, size_t last, float weight,
               const Gradients& gradients);

  // Scores of the sequences [first, last), a few rows at a time: row numbers count from the first sequence's.
  void Evaluate(const Inputs& with, const TrainBatch& batch, size_t first, size_t last, const RowSink& sink);

  // For looking inside. Scores of all rows, [rows, output_width], valid until the next call, with every value kept.
  std::span<const float> Forward(const Inputs& with, const TrainBatch& batch, size_t first, size_t last);
  // After Forward with kTraining: adds the gradients for a given gradient of the scores, [rows, output_width].
  void BackwardFrom(std::span<const float> score_gradient, const Gradients& gradients);
  // A value of the graph as the last Forward left it, and its gradient as BackwardFrom did: [rows, its width].
  std::span<const float> Value(int32_t index);
  std::span<const float> Gradient(int32_t index);

  // Of all passes so far, operation by operation.
  const std::vector<OpProfile>& profile() const { return profile_; }

 private:
  void Begin(const Inputs& with, const TrainBatch& batch, size_t first, size_t last, Keep keep);
  void ForwardOp(size_t op);
  void ForwardOps(size_t count);
  // All operations; the last one's output goes to `sink`.
  void ForwardInto(bool gradients, const RowSink& sink);
  void BackwardOps(const Gradients& gradients);
  // Makes a value again that was not kept.
  void Restore(int32_t value);
  size_t Size(int32_t value) const;

  Matmul matmul_;
  Scratch scratch_;
  OpEnvironment environment_;
  std::vector<std::unique_ptr<TrainOp>> ops_;
  std::vector<bool> live_;
  std::vector<size_t> producer_;  // operation that makes a value
  TrainPass pass_;
  size_t first_row_ = 0;
  std::vector<OpProfile> profile_;
};

}  // namespace tritwise
