#include "tritwise/plan.h"

#include <algorithm>
#include <cinttypes>

#include "format/names.h"
#include "runtime/executor.h"
#include "runtime/ops/ops.h"
#include "tritwise/session.h"

namespace tritwise {
namespace {

// "768x256 t2" for an operation with a matrix.
std::string Shape(const Graph& graph, int32_t tensor) {
  const TensorSpec& t = graph.tensors[static_cast<size_t>(tensor)];
  return std::to_string(t.rows) + "x" + std::to_string(t.cols) + " " + std::string(NameOf(t.storage));
}

std::string Shape(const Graph& graph, const Op& op) {
  if (const auto* a = std::get_if<EmbeddingAttrs>(&op.attrs)) return Shape(graph, a->table);
  if (const auto* a = std::get_if<TernaryLinearAttrs>(&op.attrs)) return Shape(graph, a->weight);
  if (const auto* a = std::get_if<PlainLinearAttrs>(&op.attrs)) return Shape(graph, a->weight);
  return {};
}

void AppendPadded(const std::string& text, size_t width, std::string* line) {
  *line += text;
  line->append(width > text.size() ? width - text.size() + 2 : 2, ' ');
}

}  // namespace

Plan::Plan(std::unique_ptr<runtime::Executor> executor) : executor_(std::move(executor)) {
  prefill_rows_.resize(static_cast<size_t>(options().max_rows));
}

Plan::~Plan() = default;

Result<std::unique_ptr<Plan>> Plan::Make(std::shared_ptr<const Model> model, const PlanOptions& options) {
  TRITWISE_ASSIGN_OR_RETURN(auto executor, runtime::Executor::Make(std::move(model), options));
  return std::unique_ptr<Plan>(new Plan(std::move(executor)));
}

Result<OutputRows> Plan::Forward(const Batch& batch) { return executor_->Forward(batch); }

Result<OutputRows> Plan::Prefill(Session& session, std::span<const int32_t> tokens) {
  const Graph& graph = model()->graph();
  if (tokens.empty()) return Status::Error(StatusCode::kInvalidArgument, "no tokens to read");
  for (size_t i = 0; i < tokens.size(); ++i) {
    if (tokens[i] < 0 || tokens[i] >= graph.input_width) {
      return Status::Error(StatusCode::kInvalidArgument, "token %zu: id %" PRId32 " is not below %" PRId64, i,
                           tokens[i], graph.input_width);
    }
  }
  const auto room = static_cast<uint64_t>(session.context() - session.position());
  if (tokens.size() > room) {
    return Status::Error(StatusCode::kResourceExhausted,
                         "%zu tokens do not fit: the context of %" PRId64 " has room for %" PRIu64, tokens.size(),
                         session.context(), room);
  }
  OutputRows output;
  while (!tokens.empty()) {
    const size_t count = std::min(tokens.size(), prefill_rows_.size());
    const bool last = count == tokens.size();
    for (size_t i = 0; i < count; ++i) prefill_rows_[i] = {&session, tokens[i], last && i + 1 == count};
    TRITWISE_ASSIGN_OR_RETURN(output, Forward({std::span(prefill_rows_).first(count)}));
    tokens = tokens.subspan(count);
  }
  return output;
}

const std::shared_ptr<const Model>& Plan::model() const { return executor_->model(); }
const PlanOptions& Plan::options() const { return executor_->options(); }
int32_t Plan::decode_threads() const { return executor_->decode_threads(); }
const MemoryReport& Plan::memory() const { return executor_->memory(); }

std::vector<PlannedOp> Plan::ops() const {
  const Graph& graph = model()->graph();
  const runtime::ArenaLayout& layout = executor_->layout();
  std::vector<PlannedOp> ops;
  for (size_t i = 0; i < graph.ops.size(); ++i) {
    const Op& op = graph.ops[i];
    const auto index = static_cast<int32_t>(i);
    const runtime::OpPlace place{graph, op, layout.rows(options(), index)};
    PlannedOp planned;
    planned.name = op.name;
    planned.kind = OpKindName(op.kind());
    planned.shape = Shape(graph, op);
    planned.kernels = kernels::WithKernelNames(
        executor_->kernels(),
        std::visit([&](const auto& attrs) { return runtime::KernelNames(attrs, place); }, op.attrs));
    planned.output_rows_only = index > layout.liveness.cut_op;
    ops.push_back(std::move(planned));
  }
  return ops;
}

std::string Plan::Describe() const {
  const PlanOptions& o = options();
  std::string text = "target " + o.target + ", threads " + std::to_string(o.threads) + ", rows at once " +
                     std::to_string(o.max_rows) + " (" + std::to_string(o.max_outputs) + " with output), arena " +
                     std::to_string(memory().arena) + " bytes\n";
  const std::vector<PlannedOp> planned = ops();
  size_t name = 0;
  size_t kind = 0;
  size_t shape = 0;
  for (const PlannedOp& op : planned) {
    name = std::max(name, op.name.size());
    kind = std::max(kind, op.kind.size());
    shape = std::max(shape, op.shape.size());
  }
  for (const PlannedOp& op : planned) {
    AppendPadded(op.name, name, &text);
    AppendPadded(op.kind, kind, &text);
    AppendPadded(op.shape, shape, &text);
    text += op.kernels;
    text += op.output_rows_only ? " (output rows only)\n" : "\n";
  }
  return text;
}

}  // namespace tritwise
