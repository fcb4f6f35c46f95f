#include "tritwise/memory.h"

#include <cstddef>
#include <vector>

#include "format/model_file.h"
#include "runtime/layout.h"

namespace tritwise {
namespace {

enum class Part : uint8_t { kOther, kPlain, kEmbeddingHead, kTernary };

// What each tensor of the graph is for; a matrix with two uses is the embedding's or the head's.
std::vector<Part> PartsOf(const Graph& graph) {
  std::vector<Part> parts(graph.tensors.size(), Part::kOther);
  const auto part = [&](int32_t tensor) -> Part& { return parts[static_cast<size_t>(tensor)]; };
  for (const Op& op : graph.ops) {
    if (const auto* a = std::get_if<TernaryLinearAttrs>(&op.attrs)) part(a->weight) = Part::kTernary;
    if (const auto* a = std::get_if<EmbeddingAttrs>(&op.attrs)) part(a->table) = Part::kEmbeddingHead;
    if (const auto* a = std::get_if<PlainLinearAttrs>(&op.attrs)) {
      Part& p = part(a->weight);
      if (op.output == graph.output) p = Part::kEmbeddingHead;
      if (p != Part::kEmbeddingHead) p = Part::kPlain;
    }
  }
  return parts;
}

}  // namespace

Result<MemoryReport> MeasureMemory(const Graph& graph, const PlanOptions& options) {
  TRITWISE_ASSIGN_OR_RETURN(const PlanOptions resolved, runtime::ResolveOptions(options));
  TRITWISE_ASSIGN_OR_RETURN(const runtime::ArenaLayout layout, runtime::LayOut(graph, resolved));
  MemoryReport report;
  const std::vector<Part> parts = PartsOf(graph);
  for (size_t i = 0; i < parts.size(); ++i) {
    const TensorSpec& tensor = graph.tensors[i];
    uint64_t& bytes = parts[i] == Part::kTernary         ? report.ternary
                      : parts[i] == Part::kPlain         ? report.plain
                      : parts[i] == Part::kEmbeddingHead ? report.embedding_head
                                                         : report.other;
    bytes += DataBytes(tensor);
    report.scales += ScaleCount(tensor) * sizeof(float);
  }
  report.arena = layout.bytes;
  return report;
}

uint64_t CacheBytes(const Graph& graph, const PlanOptions& options, int64_t context) {
  return runtime::CacheBytes(runtime::MakeCacheLayers(graph, options), static_cast<uint64_t>(context));
}

}  // namespace tritwise
