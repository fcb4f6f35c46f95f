#include "trainer/executor.h"

#include <algorithm>
#include <numeric>

namespace tritwise {
namespace {

// Adds what a matrix product counted and a clock measured to an operation's account.
class Timed {
 public:
  Timed(Matmul& matmul, double& seconds, OpProfile& profile)
      : matmul_(matmul), seconds_(seconds), profile_(profile), before_(matmul.work()) {}
  ~Timed() {
    seconds_ += watch_.Seconds();
    profile_.product_s += matmul_.work().seconds - before_.seconds;
    profile_.product_flops += matmul_.work().flops - before_.flops;
  }
  Timed(const Timed&) = delete;
  Timed& operator=(const Timed&) = delete;

 private:
  Matmul& matmul_;
  double& seconds_;
  OpProfile& profile_;
  Matmul::Work before_;
  Stopwatch watch_;
};

}  // namespace

TrainExecutor::TrainExecutor(const Graph& graph, const ParameterLayout& layout, const kernels::Kernels& kernels,
                             ComputeType type, bool thrifty)
    : matmul_(type),
      environment_{graph, layout, kernels, matmul_, scratch_},
      live_(LiveOps(graph)),
      producer_(graph.value_widths.size(), graph.ops.size()),
      pass_(graph, thrifty),
      profile_(graph.ops.size()) {
  for (const Op& op : graph.ops) {
    producer_[static_cast<size_t>(op.output)] = ops_.size();
    ops_.push_back(std::visit([&](const auto& attrs) { return MakeTrainOp(environment_, op, attrs); }, op.attrs));
  }
}

void TrainExecutor::Begin(const Inputs& with, const TrainBatch& batch, size_t first, size_t last, Keep keep) {
  const auto lengths = std::span(batch.sequence_rows);
  first_row_ = std::accumulate(lengths.begin(), lengths.begin() + static_cast<std::ptrdiff_t>(first), size_t{0});
  pass_.sequence_rows = lengths.subspan(first, last - first);
  pass_.rows = std::accumulate(pass_.sequence_rows.begin(), pass_.sequence_rows.end(), size_t{0});
  pass_.parameters = with.parameters;
  pass_.weights = with.weights;
  pass_.phase = with.phase;
  pass_.precision = with.precision;
  pass_.keep = keep;
  for (size_t i = 0; i < ops_.size(); ++i) pass_.SetNeeds(i, ops_[i]->ReadsInputs(pass_), ops_[i]->IsCheap());
  const auto input_width = static_cast<size_t>(environment_.graph.input_width);
  if (environment_.graph.input == InputKind::kTokens) {
    pass_.tokens = std::span(batch.tokens).subspan(first_row_, pass_.rows);
    pass_.Begin({});
  } else {
    pass_.Begin(std::span(batch.features).subspan(first_row_ * input_width, pass_.rows * input_width));
  }
}

void TrainExecutor::ForwardOp(size_t op) {
  const Timed timed(matmul_, profile_[op].forward_s, profile_[op]);
  pass_.BeginForward(op);
  ops_[op]->Forward(pass_);
}

void TrainExecutor::ForwardOps(size_t count) {
  for (size_t i = 0; i < count; ++i) {
    ForwardOp(i);
    pass_.EndForward(i);
  }
}

void TrainExecutor::ForwardInto(bool gradients, const RowSink& sink) {
  const size_t last = ops_.size() - 1;
  ForwardOps(last);
  {
    const Timed timed(matmul_, profile_[last].forward_s, profile_[last]);
    if (ops_[last]->ForwardInChunks(pass_, gradients, sink)) return pass_.EndForward(last);
  }
  ForwardOp(last);
  float* scores = pass_.value(environment_.graph.output);
  if (!gradients) return sink(0, pass_.rows, scores);
  float* gradient = pass_.LossGradient();
  std::copy_n(scores, Size(environment_.graph.output), gradient);
  sink(0, pass_.rows, gradient);
}

double TrainExecutor::Train(const Inputs& with, const TrainBatch& batch, size_t first, size_t last, float weight,
                            const Gradients& gradients) {
  Begin(with, batch, first, last, Keep::kForBackward);
  const auto width = static_cast<size_t>(environment_.graph.output_width());
  double loss = 0.0;
  ForwardInto(true, [&](size_t row, size_t count, float* scores) {
    for (size_t r = 0; r < count; ++r) {
      const auto target = static_cast<size_t>(batch.targets[first_row_ + row + r]);
      loss += CrossEntropyRow(scores + r * width, width, target, weight);
    }
  });
  BackwardOps(gradients);
  return loss;
}

void TrainExecutor::Evaluate(const Inputs& with, const TrainBatch& batch, size_t first, size_t last,
                             const RowSink& sink) {
  Begin(with, batch, first, last, Keep::kNothing);
  ForwardInto(false, sink);
}

std::span<const float> TrainExecutor::Forward(const Inputs& with, const TrainBatch& batch, size_t first, size_t last) {
  Begin(with, batch, first, last, Keep::kEverything);
  ForwardOps(ops_.size());
  return Value(environment_.graph.output);
}

void TrainExecutor::BackwardFrom(std::span<const float> score_gradient, const Gradients& gradients) {
  std::copy(score_gradient.begin(), score_gradient.end(), pass_.LossGradient());
  BackwardOps(gradients);
}

void TrainExecutor::BackwardOps(const Gradients& gradients) {
  pass_.gradient_sum = &gradients.sum;
  pass_.worker = gradients.worker;
  pass_.number = gradients.pass;
  for (size_t i = ops_.size(); i-- > 0;) {
    if (!live_[i]) continue;
    if (ops_[i]->ReadsInputs(pass_)) {
      for (const int32_t input : environment_.graph.ops[i].inputs) Restore(input);
    }
    const Timed timed(matmul_, profile_[i].backward_s, profile_[i]);
    ops_[i]->Backward(pass_);
    pass_.EndBackward(i);
  }
}

void TrainExecutor::Restore(int32_t value) {
  if (pass_.HasValue(value)) return;
  const size_t op = producer_[static_cast<size_t>(value)];
  for (const int32_t input : environment_.graph.ops[op].inputs) Restore(input);
  ForwardOp(op);
}

size_t TrainExecutor::Size(int32_t value) const {
  return pass_.rows * static_cast<size_t>(environment_.graph.value_widths[static_cast<size_t>(value)]);
}

std::span<const float> TrainExecutor::Value(int32_t index) { return {pass_.value(index), Size(index)}; }
std::span<const float> TrainExecutor::Gradient(int32_t index) { return {pass_.gradient(index), Size(index)}; }

}  // namespace tritwise
