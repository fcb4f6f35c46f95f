// What a training operation is: one node of the graph, forwards and backwards, for one worker.
//
// Every worker has an instance of each operation, which keeps what its backward pass needs from its last
// forward pass. The graph's own description is the only configuration.
#pragma once

#include <array>
#include <functional>
#include <memory>
#include <span>
#include <vector>

#include "format/graph.h"
#include "kernels/kernels.h"
#include "trainer/aligned_buffer.h"
#include "trainer/matmul.h"
#include "trainer/ops/pass.h"
#include "trainer/parameters.h"

namespace tritwise {

// Memory that an operation needs only until it returns, shared by all operations of a worker.
class Scratch {
 public:
  enum Slot : size_t { kOperand, kOutputGradient, kInputGradient, kScores, kRow, kSlots };
  template <class T>
  T* Get(Slot slot, size_t count) {
    return reinterpret_cast<T*>(slots_[slot].Reserve(count * sizeof(T)));
  }

 private:
  std::array<AlignedBuffer<std::byte>, kSlots> slots_;
};

// What does not change from pass to pass.
struct OpEnvironment {
  const Graph& graph;
  const ParameterLayout& layout;
  kernels::Kernels kernels;
  Matmul& matmul;
  Scratch& scratch;
};

// Rows [first, first + count) of an operation's output: [count, width]. The receiver may overwrite them.
using RowSink = std::function<void(size_t first, size_t count, float* rows)>;

class TrainOp {
 public:
  TrainOp() = default;
  TrainOp(const TrainOp&) = delete;
  TrainOp& operator=(const TrainOp&) = delete;
  virtual ~TrainOp() = default;

  virtual void Forward(TrainPass& pass) = 0;
  virtual void Backward(TrainPass& pass) = 0;

  // Whether Backward reads the values of its inputs.
  virtual bool ReadsInputs(const TrainPass&) const { return false; }
  // Whether doing Forward again costs less than the memory that keeping its output takes.
  virtual bool IsCheap() const { return false; }

  // As Forward for the last operation of a network, whose output may be too wide to be kept whole: a few rows
  // at a time go to `sink`. With `gradients`, what the sink leaves there is the output's gradient, which a
  // following Backward uses. False: not offered, nothing is done.
  virtual bool ForwardInChunks(TrainPass&, bool /*gradients*/, const RowSink& /*sink*/) { return false; }
};

// One factory an operation, found through format/ops.inc; `op` outlives the result.
#define TRITWISE_OP(Name, text) \
  std::unique_ptr<TrainOp> MakeTrainOp(const OpEnvironment& environment, const Op& op, const Name##Attrs& attrs);
#include "format/ops.inc"
#undef TRITWISE_OP
// For the empty alternative of OpAttrs, which no verified graph holds.
inline std::unique_ptr<TrainOp> MakeTrainOp(const OpEnvironment&, const Op&, std::monostate) { return nullptr; }

}  // namespace tritwise
