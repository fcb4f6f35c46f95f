// One gradient for all workers: each adds its part of a tensor's gradient when it is its turn.
//
// Turns are in a fixed order (pass by pass, then use by use, then worker by worker), so that the sum has the
// same bits whatever the timing, and one vector is enough where every worker had its own before. Workers
// take the same tensors in the same order and at about the same pace, so a turn is seldom waited for long. A
// tensor whose last turn is over is complete, before the backward pass is at its end: see `complete`.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <vector>

#include "format/graph.h"
#include "trainer/aligned_buffer.h"
#include "trainer/parameters.h"

namespace tritwise {

class GradientSum {
 public:
  GradientSum(const Graph& graph, const ParameterLayout& layout);

  // Where the gradient of one tensor is written, while this lives.
  class Turn {
   public:
    Turn(GradientSum& sum, int32_t tensor, uint32_t number);
    ~Turn();
    Turn(const Turn&) = delete;
    Turn& operator=(const Turn&) = delete;
    float* data() const { return data_; }
    // False: the first of a step, what is there is to be overwritten (all of it).
    bool accumulate() const { return accumulate_; }
    // For those who can only add.
    float* Zeroed();

   private:
    GradientSum& sum_;
    size_t tensor_;
    float* data_;
    bool accumulate_;
  };

  // Before a part of a step: how many passes each worker will make. The first part overwrites, others add.
  void Begin(std::vector<size_t> passes_of_worker, bool first_part);

  // Waits for the turn of operation `op` of the graph, in pass number `pass` of `worker`, at `tensor`. Every
  // operation takes its turn at each of its tensors once a pass.
  Turn Take(int32_t tensor, size_t op, size_t worker, size_t pass);

  std::span<float> values() { return {values_.data(), size_}; }
  const ParameterLayout& layout() const { return layout_; }

  // Called by the worker that ends a tensor's last turn of a part, if set. Tensors that no operation with a
  // gradient uses never come.
  std::function<void(size_t tensor)> complete;
  // Tensors that do come, the first complete first, if workers keep pace.
  std::vector<size_t> TensorsInOrder() const;

 private:
  friend class Turn;
  const Graph& graph_;
  const ParameterLayout& layout_;
  size_t size_;
  AlignedBuffer<float> values_;                  // [layout.size()]
  std::vector<std::vector<size_t>> uses_;        // operations of each tensor in backward order
  std::unique_ptr<std::atomic<uint32_t>[]> at_;  // turns done, tensor by tensor
  std::vector<size_t> passes_;
  uint32_t worker_passes_ = 0;  // sum of passes_
  bool first_part_ = true;
};

// For each operation, whether the network's output depends on it.
std::vector<bool> LiveOps(const Graph& graph);
// Tensors that an operation trains.
std::vector<int32_t> TensorsOf(const Op& op);

}  // namespace tritwise
