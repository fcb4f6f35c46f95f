#include "runtime/liveness.h"

namespace tritwise::runtime {

Liveness AnalyseLiveness(const Graph& graph) {
  Liveness live;
  live.values.resize(graph.value_widths.size());
  for (size_t v = 0; v < live.values.size(); ++v) live.values[v].shares_with = static_cast<int32_t>(v);
  const auto value = [&](int32_t v) -> ValueLife& { return live.values[static_cast<size_t>(v)]; };
  const auto width = [&](int32_t v) { return graph.value_widths[static_cast<size_t>(v)]; };

  if (graph.input == InputKind::kFeatures) value(0).exists = true;
  const auto ops = static_cast<int32_t>(graph.ops.size());
  for (int32_t i = 0; i < ops; ++i) {
    const Op& op = graph.ops[static_cast<size_t>(i)];
    for (const int32_t input : op.inputs) value(input).last_read = i;
    value(op.output).exists = true;
    value(op.output).written = i;
    value(op.output).last_read = i;
    if (MixesRows(op.kind())) live.cut_op = i;
  }
  value(graph.output).last_read = ops;

  for (int32_t i = 0; i < ops; ++i) {
    const Op& op = graph.ops[static_cast<size_t>(i)];
    if (!MayWriteOverInput(op.kind())) continue;
    for (const int32_t input : op.inputs) {
      if (value(input).last_read != i || width(input) != width(op.output)) continue;
      value(op.output).shares_with = value(input).shares_with;
      break;
    }
  }
  return live;
}

std::vector<int32_t> Liveness::LiveAt(int32_t op) const {
  std::vector<int32_t> live;
  for (size_t v = 0; v < values.size(); ++v) {
    if (values[v].exists && values[v].written < op && values[v].last_read >= op)
      live.push_back(static_cast<int32_t>(v));
  }
  return live;
}

}  // namespace tritwise::runtime
