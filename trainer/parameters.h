// The trained numbers of a network: f32 master weights (the shadow weights of arXiv 2402.17764 once it is
// ternary), one stretch of memory for all tensors of a graph.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "format/graph.h"

namespace tritwise {

// Where each tensor lies in a flat vector of floats; every tensor starts at a multiple of 16.
class ParameterLayout {
 public:
  explicit ParameterLayout(const Graph& graph);

  size_t size() const { return size_; }
  size_t tensors() const { return begin_.size(); }
  size_t begin(size_t tensor) const { return begin_[tensor]; }
  size_t count(size_t tensor) const { return count_[tensor]; }

  template <class Float>
  std::span<Float> Of(std::span<Float> all, int32_t tensor) const {
    const auto i = static_cast<size_t>(tensor);
    return all.subspan(begin_[i], count_[i]);
  }

 private:
  std::vector<size_t> begin_;
  std::vector<size_t> count_;
  size_t size_ = 0;
};

// Gains 1, biases 0, embeddings normal with deviation 0.02, matrices normal with deviation
// 1/sqrt(inputs), both cut at three deviations; matrices whose product is added to the residual stream
// are divided by sqrt(number of additions) more, so that depth does not make the stream grow.
std::vector<float> InitialParameters(const Graph& graph, const ParameterLayout& layout, uint64_t seed);

// True for tensors that weight decay applies to: matrices of linears, not embeddings, gains or biases.
std::vector<bool> DecayedTensors(const Graph& graph);

}  // namespace tritwise
