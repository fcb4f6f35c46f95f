#include "tools/token_bytes.h"

#include <vector>

#include "format/model_file.h"

namespace tritwise {

uint64_t TokenBytes(const Graph& graph, const PlanOptions& options, int64_t positions) {
  std::vector<bool> gathered(graph.tensors.size(), false);
  for (const Op& op : graph.ops) {
    if (const auto* a = std::get_if<EmbeddingAttrs>(&op.attrs)) gathered[static_cast<size_t>(a->table)] = true;
  }
  for (const Op& op : graph.ops) {
    if (const auto* a = std::get_if<PlainLinearAttrs>(&op.attrs)) gathered[static_cast<size_t>(a->weight)] = false;
  }
  uint64_t bytes = 0;
  for (size_t i = 0; i < graph.tensors.size(); ++i) {
    const uint64_t all = DataBytes(graph.tensors[i]) + ScaleCount(graph.tensors[i]) * sizeof(float);
    bytes += gathered[i] ? all / static_cast<uint64_t>(graph.tensors[i].rows) : all;
  }
  return bytes + CacheBytes(graph, options, positions);
}

}  // namespace tritwise
