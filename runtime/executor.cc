// Planning: from a model and options to bound steps.
#include "runtime/executor.h"

#include <utility>

#include "runtime/ops/ops.h"

namespace tritwise::runtime {

Result<std::unique_ptr<Executor>> Executor::Make(std::shared_ptr<const Model> model, const PlanOptions& options) {
  TRITWISE_ASSIGN_OR_RETURN(PlanOptions resolved, ResolveOptions(options));
  TRITWISE_ASSIGN_OR_RETURN(const kernels::Kernels kernels, kernels::ResolveKernels(resolved.target));
  resolved.target = kernels.target;
  TRITWISE_ASSIGN_OR_RETURN(ArenaLayout layout, LayOut(model->graph(), resolved));
  TRITWISE_ASSIGN_OR_RETURN(AlignedBlock arena, AlignedBlock::Allocate(layout.bytes, "the arena"));
  TRITWISE_ASSIGN_OR_RETURN(auto pool, ThreadPool::Make(static_cast<size_t>(resolved.threads)));
  TRITWISE_ASSIGN_OR_RETURN(const MemoryReport memory, MeasureMemory(model->graph(), resolved));
  std::unique_ptr<Executor> executor(new Executor(std::move(model), std::move(resolved), kernels, std::move(layout),
                                                  std::move(arena), std::move(pool)));
  executor->memory_ = memory;
  if (options.threads == 0) executor->tuner_.emplace(executor->options_.threads);
  executor->Bind();
  return executor;
}

Executor::Executor(std::shared_ptr<const Model> model, PlanOptions options, const kernels::Kernels& kernels,
                   ArenaLayout layout, AlignedBlock arena, std::unique_ptr<ThreadPool> pool)
    : model_(std::move(model)),
      options_(std::move(options)),
      kernels_(kernels),
      layout_(std::move(layout)),
      arena_(std::move(arena)),
      pool_(std::move(pool)),
      pass_{*pool_, reinterpret_cast<RowState*>(Place(layout_.row_states)), 0, {}} {}

std::byte* Executor::Place(int32_t buffer) const {
  return buffer == kNoBuffer ? nullptr : arena_.data() + layout_.buffers[static_cast<size_t>(buffer)].offset;
}

void Executor::Bind() {
  const Graph& graph = model_->graph();
  for (size_t v = 0; v < graph.value_widths.size(); ++v) {
    const auto width = static_cast<size_t>(graph.value_widths[v]);
    values_.push_back({reinterpret_cast<float*>(Place(layout_.value_buffer[v])), width, RowStride(width)});
  }
  for (const ArenaLayout::RotarySet& set : layout_.rotary_sets) {
    rotary_.push_back(
        {set.frequency, reinterpret_cast<float*>(Place(set.buffer)), 2 * RowStride(set.frequency.size())});
  }
  if (layout_.liveness.cut_op != kBeforeFirstOp) {
    for (const int32_t v : layout_.liveness.LiveAt(layout_.liveness.cut_op)) live_at_drop_.push_back(value(v));
  }
  pass_.live_at_drop = live_at_drop_;

  for (size_t i = 0; i < graph.ops.size(); ++i) {
    const auto index = static_cast<int32_t>(i);
    const OpPlace place{graph, graph.ops[i], layout_.rows(options_, index)};
    Binding binding{*model_, kernels_, values_, Place(layout_.shared_scratch[i]), {}, 0, {}, {}, false};
    binding.thread_scratch = {Place(layout_.thread_scratch[i]), layout_.thread_scratch_bytes[i]};
    binding.drops_rows = layout_.liveness.cut_op == index;
    if (layout_.cache_layer[i] >= 0) {
      binding.cache_layer = static_cast<size_t>(layout_.cache_layer[i]);
      binding.cache = layout_.cache_layers[binding.cache_layer];
    }
    if (layout_.rotary_set[i] >= 0) binding.rotary = rotary_[static_cast<size_t>(layout_.rotary_set[i])];
    steps_.push_back(
        std::visit([&](const auto& attrs) -> Step { return runtime::Bind(attrs, place, binding); }, place.op.attrs));
  }
}

}  // namespace tritwise::runtime
