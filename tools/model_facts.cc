#include "tools/model_facts.h"

#include "format/pack.h"

namespace tritwise {

Result<std::array<double, 3>> TritShares(const TensorSpec& spec, const TensorData& data) {
  const auto rows = static_cast<size_t>(spec.rows);
  const auto cols = static_cast<size_t>(spec.cols);
  std::vector<int8_t> trits(rows * cols);
  if (!UnpackTernary(MakeTernaryGeometry(spec.storage, rows, cols), data.data, trits)) {
    return Status::Error(StatusCode::kCorrupt, "tensor %s holds bytes that no ternary matrix packs to",
                         spec.name.c_str());
  }
  std::array<size_t, 3> counts = {};
  for (const int8_t trit : trits) ++counts[static_cast<size_t>(trit + 1)];
  std::array<double, 3> shares = {};
  for (size_t i = 0; i < 3; ++i) shares[i] = static_cast<double>(counts[i]) / static_cast<double>(trits.size());
  return shares;
}

Status CheckPadding(const TensorSpec& spec, const TensorData& data) {
  if (!IsNarrow(spec.storage)) return {};
  const auto rows = static_cast<size_t>(spec.rows);
  const auto cols = static_cast<size_t>(spec.cols);
  const NarrowGeometry geometry = MakeNarrowGeometry(spec.storage, rows, cols);
  std::vector<int8_t> values(rows * cols);
  std::vector<uint16_t> scales(rows * geometry.groups);
  if (!UnpackNarrow(geometry, data.data, values, scales)) {
    return Status::Error(StatusCode::kCorrupt, "tensor %s has padding that is not zero", spec.name.c_str());
  }
  return {};
}

double BitsAWeight(const TensorSpec& spec) {
  return 8.0 * static_cast<double>(DataBytes(spec)) / (static_cast<double>(spec.rows) * static_cast<double>(spec.cols));
}

TernaryTotal::TernaryTotal(const Graph& graph) {
  for (const TensorSpec& spec : graph.tensors) {
    if (!IsTernary(spec.storage)) continue;
    weights += static_cast<uint64_t>(spec.rows) * static_cast<uint64_t>(spec.cols);
    bytes += DataBytes(spec);
  }
}

std::string ChatLine(const ChatTemplate& chat) {
  const auto quoted = [](const std::string& text) {
    std::string all = "\"";
    for (const char c : text) {
      if (c == '\n') {
        all += "\\n";
      } else {
        all += c;
      }
    }
    return all + "\"";
  };
  std::string line;
  const std::pair<const char*, const ChatTurn*> turns[] = {
      {"system ", &chat.system}, {", user ", &chat.user}, {", assistant ", &chat.assistant}};
  for (const auto& [role, turn] : turns) line += role + quoted(turn->prefix) + " ... " + quoted(turn->suffix);
  line += chat.begin ? ", begins with the begin id" : "";
  for (const int32_t id : chat.stop_ids) {
    line += (id == chat.stop_ids.front() ? ", stops at " : ", ") + std::to_string(id);
  }
  return line;
}

std::vector<std::pair<std::string, uint64_t>> MemoryParts(const MemoryReport& m, uint64_t cache) {
  return {{"ternary", m.ternary}, {"plain", m.plain}, {"embedding_head", m.embedding_head},
          {"scales", m.scales},   {"other", m.other}, {"weights", m.weights()},
          {"cache", cache},       {"arena", m.arena}};
}

}  // namespace tritwise
