#include "trainer/gradient_sum.h"

#include <algorithm>
#include <cstring>

namespace tritwise {

std::vector<bool> LiveOps(const Graph& graph) {
  std::vector<bool> live(graph.ops.size(), false);
  std::vector<bool> wanted(graph.value_widths.size(), false);
  wanted[static_cast<size_t>(graph.output)] = true;
  for (size_t i = graph.ops.size(); i-- > 0;) {
    live[i] = wanted[static_cast<size_t>(graph.ops[i].output)];
    if (!live[i]) continue;
    for (const int32_t input : graph.ops[i].inputs) wanted[static_cast<size_t>(input)] = true;
  }
  return live;
}

std::vector<int32_t> TensorsOf(const Op& op) {
  std::vector<int32_t> tensors;
  const auto add = [&](int32_t tensor) {
    if (tensor != kNoTensor) tensors.push_back(tensor);
  };
  if (const auto* a = std::get_if<EmbeddingAttrs>(&op.attrs)) add(a->table);
  if (const auto* a = std::get_if<NormAttrs>(&op.attrs)) add(a->gain);
  if (const auto* a = std::get_if<PlainLinearAttrs>(&op.attrs)) {
    add(a->weight);
    add(a->bias);
  }
  if (const auto* a = std::get_if<TernaryLinearAttrs>(&op.attrs)) {
    add(a->weight);
    add(a->bias);
    add(a->quantiser.gain);
  }
  return tensors;
}

GradientSum::GradientSum(const Graph& graph, const ParameterLayout& layout)
    : graph_(graph),
      layout_(layout),
      size_(layout.size()),
      uses_(graph.tensors.size()),
      at_(std::make_unique<std::atomic<uint32_t>[]>(graph.tensors.size())) {
  std::fill_n(values_.Reserve(size_), size_, 0.0f);
  const std::vector<bool> live = LiveOps(graph);
  for (size_t i = graph.ops.size(); i-- > 0;) {
    if (!live[i]) continue;
    for (const int32_t tensor : TensorsOf(graph.ops[i])) uses_[static_cast<size_t>(tensor)].push_back(i);
  }
}

void GradientSum::Begin(std::vector<size_t> passes_of_worker, bool first_part) {
  passes_ = std::move(passes_of_worker);
  worker_passes_ = 0;
  for (const size_t passes : passes_) worker_passes_ += static_cast<uint32_t>(passes);
  first_part_ = first_part;
  for (size_t t = 0; t < uses_.size(); ++t) at_[t].store(0, std::memory_order_relaxed);
}

GradientSum::Turn GradientSum::Take(int32_t tensor, size_t op, size_t worker, size_t pass) {
  const std::vector<size_t>& uses = uses_[static_cast<size_t>(tensor)];
  const auto use = static_cast<size_t>(std::find(uses.begin(), uses.end(), op) - uses.begin());
  // Workers with a pass of this number, in earlier passes, and before this worker.
  size_t before = 0;
  size_t active = 0;
  size_t rank = 0;
  for (size_t w = 0; w < passes_.size(); ++w) {
    before += std::min(passes_[w], pass);
    if (passes_[w] > pass) {
      ++active;
      rank += w < worker ? 1 : 0;
    }
  }
  return Turn(*this, tensor, static_cast<uint32_t>(before * uses.size() + use * active + rank));
}

std::vector<size_t> GradientSum::TensorsInOrder() const {
  std::vector<size_t> tensors;
  for (size_t t = 0; t < uses_.size(); ++t) {
    if (!uses_[t].empty()) tensors.push_back(t);
  }
  // Complete with the operation that uses it first in the graph, which the backward pass meets last.
  std::stable_sort(tensors.begin(), tensors.end(),
                   [&](size_t a, size_t b) { return uses_[a].back() > uses_[b].back(); });
  return tensors;
}

GradientSum::Turn::Turn(GradientSum& sum, int32_t tensor, uint32_t number)
    : sum_(sum),
      tensor_(static_cast<size_t>(tensor)),
      data_(sum.values_.data() + sum.layout_.begin(tensor_)),
      accumulate_(number != 0 || !sum.first_part_) {
  std::atomic<uint32_t>& at = sum_.at_[tensor_];
  for (uint32_t now = at.load(std::memory_order_acquire); now != number; now = at.load(std::memory_order_acquire)) {
    at.wait(now, std::memory_order_acquire);
  }
}

GradientSum::Turn::~Turn() {
  std::atomic<uint32_t>& at = sum_.at_[tensor_];
  const uint32_t done = at.load(std::memory_order_relaxed) + 1;
  at.store(done, std::memory_order_release);
  at.notify_all();
  if (sum_.complete && done == sum_.worker_passes_ * sum_.uses_[tensor_].size()) sum_.complete(tensor_);
}

float* GradientSum::Turn::Zeroed() {
  if (!accumulate_) std::memset(data_, 0, sum_.layout_.count(tensor_) * sizeof(float));
  accumulate_ = true;
  return data_;
}

}  // namespace tritwise
