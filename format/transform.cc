#include "format/transform.h"

namespace tritwise {
namespace {

void StoreHead(Graph& graph, Storage head) {
  for (const Op& op : graph.ops) {
    if (const auto* a = std::get_if<EmbeddingAttrs>(&op.attrs)) {
      StorePlain(graph.tensors[static_cast<size_t>(a->table)], head);
    }
    const auto* linear = std::get_if<PlainLinearAttrs>(&op.attrs);
    if (linear != nullptr && op.output == graph.output) {
      StorePlain(graph.tensors[static_cast<size_t>(linear->weight)], head);
    }
  }
}

}  // namespace

Graph WithStorage(Graph graph, Storage linears, Storage head) {
  if (!IsTernary(linears)) return WithoutTernary(graph, true, linears, head);
  for (TensorSpec& tensor : graph.tensors) {
    if (IsTernaryWeight(tensor)) tensor.storage = linears;
  }
  StoreHead(graph, head);
  return graph;
}

Graph WithoutTernary(const Graph& graph, bool keep_norms, Storage linears, Storage head) {
  Graph plain = graph;
  plain.ops.clear();
  for (const Op& op : graph.ops) {
    if (const auto* a = std::get_if<PlainLinearAttrs>(&op.attrs)) {
      StorePlain(plain.tensors[static_cast<size_t>(a->weight)], Storage::kF16);
    }
    const auto* ternary = std::get_if<TernaryLinearAttrs>(&op.attrs);
    if (ternary == nullptr) {
      plain.ops.push_back(op);
      continue;
    }
    StorePlain(plain.tensors[static_cast<size_t>(ternary->weight)], linears);
    Op linear = op;
    const ActivationQuantiser& q = ternary->quantiser;
    PlainLinearAttrs attrs{ternary->weight, ternary->bias, {}};
    if (linears == Storage::kI8) {
      attrs.quantiser.range = q.range;
      attrs.quantiser.lowest = q.lowest;
      attrs.quantiser.measure = q.measure;
    }
    linear.attrs = attrs;
    if (keep_norms && q.norm != NormKind::kNone) {
      const auto normed = static_cast<int32_t>(plain.value_widths.size());
      plain.value_widths.push_back(plain.value_widths[static_cast<size_t>(op.inputs[0])]);
      plain.ops.push_back({op.name + ".input_norm", op.inputs, normed, NormAttrs{q.norm, q.norm_eps, q.gain}});
      linear.inputs = {normed};
    }
    plain.ops.push_back(std::move(linear));
  }
  StoreHead(plain, head);
  return plain;
}

}  // namespace tritwise
