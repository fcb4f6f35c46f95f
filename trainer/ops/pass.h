// One forward (and backward) pass of one worker over some sequences of a batch: its values and gradients.
//
// Memory decides how large a network fits. A value stays after its last reader of the forward pass only where
// a backward pass reads it, and even then not if its operation is cheap: such values are made again when they
// are needed. Gradients live from their first writer to the backward pass of the operation that made the value.
#pragma once

#include <span>
#include <vector>

#include "format/graph.h"
#include "trainer/gradient_sum.h"
#include "trainer/ops/buffer_pool.h"
#include "trainer/phase.h"
#include "trainer/prepared_weights.h"

namespace tritwise {

// Where an operation puts the gradient of an input: set it, or add to what is there.
struct GradientSlot {
  float* data = nullptr;  // [rows, width]; null: nobody wants this gradient
  bool accumulate = false;
};

// What a pass keeps.
enum class Keep : uint8_t {
  kNothing,      // no backward pass follows
  kForBackward,  // what the backward pass needs
  kEverything,   // every value and gradient, to be looked at
};

class TrainPass {
 public:
  // What the pass computes with.
  std::span<const float> parameters;
  const PreparedWeights* weights = nullptr;
  Phase phase;
  Precision precision = Precision::kTraining;
  Keep keep = Keep::kForBackward;
  GradientSum* gradient_sum = nullptr;  // whose turns are those of
  size_t worker = 0;
  size_t number = 0;  // of the worker's passes of this part of a step

  // What it computes on.
  size_t rows = 0;
  std::span<const int32_t> tokens;
  std::span<const size_t> sequence_rows;

  // `thrifty`: cheap values are made again rather than kept.
  TrainPass(const Graph& graph, bool thrifty);
  // What operation `op` says of itself for this pass: whether its backward pass reads its inputs' values, and
  // whether its forward pass is cheap enough to be done again. For all operations, before Begin.
  void SetNeeds(size_t op, bool reads_inputs, bool cheap);

  void Begin(std::span<const float> features);
  // Around the forward pass of an operation.
  void BeginForward(size_t op);
  void EndForward(size_t op);
  // Drops the gradient that the operation's backward pass read.
  void EndBackward(size_t op);

  float* value(int32_t index) { return values_[static_cast<size_t>(index)]->data(); }
  bool HasValue(int32_t index) const { return values_[static_cast<size_t>(index)] != nullptr; }
  const float* gradient(int32_t index) const { return gradients_[static_cast<size_t>(index)]->data(); }
  // The gradient of an operation's output, complete when its backward pass runs.
  const float* OutputGradient(const Op& op) const { return gradient(op.output); }
  bool HasGradient(int32_t value) const { return gradients_[static_cast<size_t>(value)] != nullptr; }
  GradientSlot InputGradient(const Op& op, size_t input);
  // Input `input` has the same gradient as the output: shared, or added to what is there.
  void PassGradientOn(const Op& op, size_t input);
  // Where the loss puts the gradient of the network's output.
  float* LossGradient();

  // The turn of `op` at one of its tensors.
  GradientSum::Turn ParameterGradient(const Op& op, int32_t tensor) {
    return gradient_sum->Take(tensor, static_cast<size_t>(&op - graph_.ops.data()), worker, number);
  }

 private:
  size_t Count(size_t value) const { return rows * static_cast<size_t>(graph_.value_widths[value]); }
  bool IsFeatures(size_t value) const { return graph_.input == InputKind::kFeatures && value == 0; }

  const Graph& graph_;
  bool thrifty_;
  BufferPool pool_;
  std::vector<BufferPool::Buffer> values_;
  std::vector<BufferPool::Buffer> gradients_;
  std::vector<size_t> last_reader_;  // operation that reads a value last in the forward pass
  std::vector<bool> needed_;         // by the backward pass
  std::vector<bool> cheap_;          // made again where it is needed
};

}  // namespace tritwise
