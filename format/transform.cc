#include "format/transform.h"

namespace tritwise {
namespace {

// Calls visit for the matrix of every embedding and plain linear.
template <class Visit>
void ForEachPlainMatrix(Graph& graph, Visit visit) {
  for (const Op& op : graph.ops) {
    if (const auto* a = std::get_if<EmbeddingAttrs>(&op.attrs)) visit(graph.tensors[static_cast<size_t>(a->table)]);
    if (const auto* a = std::get_if<PlainLinearAttrs>(&op.attrs)) visit(graph.tensors[static_cast<size_t>(a->weight)]);
  }
}

}  // namespace

Graph WithStorage(Graph graph, Storage ternary, Storage plain) {
  for (TensorSpec& tensor : graph.tensors) {
    if (IsTernaryWeight(tensor)) tensor.storage = ternary;
  }
  for (const Op& op : graph.ops) {
    if (const auto* a = std::get_if<EmbeddingAttrs>(&op.attrs)) {
      StorePlain(graph.tensors[static_cast<size_t>(a->table)], plain);
    }
    const auto* linear = std::get_if<PlainLinearAttrs>(&op.attrs);
    if (linear != nullptr && op.output == graph.output) {
      StorePlain(graph.tensors[static_cast<size_t>(linear->weight)], plain);
    }
  }
  return graph;
}

Graph WithoutTernary(const Graph& graph, bool keep_norms) {
  Graph plain = graph;
  plain.ops.clear();
  for (const Op& op : graph.ops) {
    const auto* ternary = std::get_if<TernaryLinearAttrs>(&op.attrs);
    if (ternary == nullptr) {
      plain.ops.push_back(op);
      continue;
    }
    Op linear = op;
    linear.attrs = PlainLinearAttrs{ternary->weight, ternary->bias, {}};
    const ActivationQuantiser& q = ternary->quantiser;
    if (keep_norms && q.norm != NormKind::kNone) {
      const auto normed = static_cast<int32_t>(plain.value_widths.size());
      plain.value_widths.push_back(plain.value_widths[static_cast<size_t>(op.inputs[0])]);
      plain.ops.push_back({op.name + ".input_norm", op.inputs, normed, NormAttrs{q.norm, q.norm_eps, q.gain}});
      linear.inputs = {normed};
    }
    plain.ops.push_back(std::move(linear));
  }
  ForEachPlainMatrix(plain, [](TensorSpec& tensor) { StorePlain(tensor, Storage::kF16); });
  return plain;
}

}  // namespace tritwise
