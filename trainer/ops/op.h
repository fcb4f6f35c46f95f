// What a training operation is: one node of the graph, forwards and backwards, for one worker.
//
// Every worker has an instance of each operation, which keeps what its backward pass needs from its last
// forward pass. The graph's own description is the only configuration.
#pragma once

#include <memory>
#include <span>
#include <vector>

#include "format/graph.h"
#include "kernels/kernels.h"
#include "trainer/aligned_buffer.h"
#include "trainer/batch.h"
#include "trainer/matmul.h"
#include "trainer/parameters.h"
#include "trainer/phase.h"
#include "trainer/prepared_weights.h"

namespace tritwise {

// What does not change from pass to pass.
struct OpEnvironment {
  const Graph& graph;
  const ParameterLayout& layout;
  const kernels::Kernels& kernels;
  Matmul& matmul;
};

// Where an operation puts the gradient of an input: set it, or add to what is there.
struct GradientSlot {
  float* data = nullptr;  // [rows, width]; null: nobody wants this gradient
  bool accumulate = false;
};

// One forward (and backward) pass over some sequences of a batch.
class TrainPass {
 public:
  // What the pass computes with.
  std::span<const float> parameters;
  const PreparedWeights* weights = nullptr;
  Phase phase;
  Precision precision = Precision::kTraining;
  float* parameter_gradients = nullptr;  // [layout.size()], added to

  // What it computes on.
  size_t rows = 0;
  std::span<const int32_t> tokens;
  std::span<const size_t> sequence_rows;

  TrainPass(const Graph& graph);

  // Makes room for `rows` rows of every value.
  void Begin(std::span<const float> features);
  float* value(int32_t index) { return values_[static_cast<size_t>(index)].data(); }
  const float* gradient(int32_t index) const { return gradients_[static_cast<size_t>(index)].data(); }
  // The gradient of an operation's output, complete when its backward pass runs.
  const float* OutputGradient(const Op& op) const { return gradient(op.output); }
  bool HasGradient(int32_t value) const { return has_gradient_[static_cast<size_t>(value)]; }
  GradientSlot InputGradient(const Op& op, size_t input);
  // Where the loss puts the gradient of the network's output.
  float* LossGradient();

 private:
  const Graph& graph_;
  std::vector<AlignedBuffer<float>> values_;
  std::vector<AlignedBuffer<float>> gradients_;
  std::vector<bool> has_gradient_;
};

class TrainOp {
 public:
  TrainOp() = default;
  TrainOp(const TrainOp&) = delete;
  TrainOp& operator=(const TrainOp&) = delete;
  virtual ~TrainOp() = default;
  virtual void Forward(TrainPass& pass) = 0;
  virtual void Backward(TrainPass& pass) = 0;
};

// One factory an operation, found through format/ops.inc; `op` outlives the result.
#define TRITWISE_OP(Name, text) \
  std::unique_ptr<TrainOp> MakeTrainOp(const OpEnvironment& environment, const Op& op, const Name##Attrs& attrs);
#include "format/ops.inc"
#undef TRITWISE_OP
// For the empty alternative of OpAttrs, which no verified graph holds.
inline std::unique_ptr<TrainOp> MakeTrainOp(const OpEnvironment&, const Op&, std::monostate) { return nullptr; }

}  // namespace tritwise
