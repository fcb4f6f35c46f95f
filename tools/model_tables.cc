#include "tools/model_tables.h"

#include <cinttypes>
#include <cstdio>
#include <map>

#include "format/names.h"
#include "tools/model_facts.h"
#include "tools/table.h"

namespace tritwise {

void PrintMemory(const MemoryReport& memory, uint64_t cache, int64_t context) {
  Table table = {{"memory", "bytes", ""}};
  for (const auto& [part, bytes] : MemoryParts(memory, cache)) {
    std::string name = part == "embedding_head" ? "embedding and head" : part;
    if (part == "cache") name += " (context " + std::to_string(context) + ")";
    if (part == "weights") name = "weights in all";
    table.push_back({name, std::to_string(bytes), FormatBytes(bytes)});
  }
  PrintTable(table);
}

Status PrintModel(const std::string& path, const Model& model) {
  const Graph& graph = model.graph();
  std::map<std::string_view, size_t> kinds;
  for (const Op& op : graph.ops) ++kinds[OpKindName(op.kind())];
  std::string ops = std::to_string(graph.ops.size());
  for (const auto& [kind, count] : kinds) ops += ", " + std::string(kind) + " " + std::to_string(count);

  const uint64_t bytes = model.file().bytes().size();
  Table head = {
      {"file", path + ", " + FormatBytes(bytes) + " (" + std::to_string(bytes) + " bytes)"},
      {"format", "version " + std::to_string(kFormatVersion) + ", description " +
                     std::to_string(model.file().flatbuffer_bytes()) + " bytes"},
      {"producer", model.producer()},
      {"input", (graph.input == InputKind::kTokens ? "tokens, " : "features, ") + std::to_string(graph.input_width) +
                    (graph.context == 0 ? "" : ", context " + std::to_string(graph.context))},
      {"output", std::to_string(graph.output_width()) + " wide"},
      {"operations", ops}};
  if (model.chat() != nullptr) head.push_back({"chat template", ChatLine(*model.chat())});
  for (const auto& [key, value] : model.metadata()) head.push_back({key, value});
  for (auto& row : head) row[1] += ' ';  // text, also where it looks like a number

  Table tensors = {{"tensor", "shape", "storage", "bytes", "scales", "bits/weight", "-1", "0", "+1"}};
  for (size_t i = 0; i < graph.tensors.size(); ++i) {
    const TensorSpec& spec = graph.tensors[i];
    const TensorData data = model.tensor(static_cast<int32_t>(i));
    std::vector<std::string> row = {spec.name,
                                    std::to_string(spec.rows) + "x" + std::to_string(spec.cols),
                                    std::string(NameOf(spec.storage)),
                                    std::to_string(data.data.size()),
                                    std::to_string(data.scales.size_bytes()),
                                    FormatNumber(BitsAWeight(spec), 3)};
    TRITWISE_RETURN_IF_ERROR(CheckPadding(spec, data));
    if (IsTernary(spec.storage)) {
      TRITWISE_ASSIGN_OR_RETURN(const auto shares, TritShares(spec, data));
      for (const double share : shares) row.push_back(FormatNumber(100.0 * share, 1) + "%");
    }
    tensors.push_back(std::move(row));
  }
  PrintTable(head);
  std::puts("");
  PrintTable(tensors);
  const TernaryTotal ternary(graph);
  if (ternary.weights == 0) return {};
  std::printf("\n%" PRIu64 " ternary weights in %" PRIu64 " bytes: %s bits a weight\n", ternary.weights, ternary.bytes,
              FormatNumber(ternary.bits_a_weight(), 4).c_str());
  return {};
}

}  // namespace tritwise
