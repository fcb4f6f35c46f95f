// tritwise inspect: what is in a model file, how it would be run, and what that costs.
#include <array>
#include <cinttypes>
#include <cstdio>
#include <filesystem>
#include <map>
#include <vector>

#include "format/names.h"
#include "format/pack.h"
#include "tools/commands.h"
#include "tools/model_flags.h"
#include "tools/output.h"
#include "trainer/error_status.h"
#include "tritwise/plan.h"

namespace tritwise {
namespace {

struct InspectFlags {
  ModelFlags model;
  bool plan = false;
  bool memory = false;
  bool json = false;
};

using Table = std::vector<std::vector<std::string>>;

// Shares of -1, 0 and +1 among a ternary tensor's weights, padding not counted.
std::array<double, 3> TritShares(const TensorSpec& spec, const TensorData& data) {
  const auto rows = static_cast<size_t>(spec.rows);
  const auto cols = static_cast<size_t>(spec.cols);
  std::vector<int8_t> trits(rows * cols);
  if (!UnpackTernary(MakeTernaryGeometry(spec.storage, rows, cols), data.data, trits)) {
    throw Error("tensor " + spec.name + " holds bytes that no ternary matrix packs to");
  }
  std::array<size_t, 3> counts = {};
  for (const int8_t trit : trits) ++counts[static_cast<size_t>(trit + 1)];
  std::array<double, 3> shares = {};
  for (size_t i = 0; i < 3; ++i) shares[i] = static_cast<double>(counts[i]) / static_cast<double>(trits.size());
  return shares;
}

// Throws where bytes that only fill up are not what a packer writes.
void CheckPadding(const TensorSpec& spec, const TensorData& data) {
  if (!IsNarrow(spec.storage)) return;
  const auto rows = static_cast<size_t>(spec.rows);
  const auto cols = static_cast<size_t>(spec.cols);
  const NarrowGeometry geometry = MakeNarrowGeometry(spec.storage, rows, cols);
  std::vector<int8_t> values(rows * cols);
  std::vector<uint16_t> scales(rows * geometry.groups);
  if (!UnpackNarrow(geometry, data.data, values, scales)) {
    throw Error("tensor " + spec.name + " has padding that is not zero");
  }
}

double BitsAWeight(const TensorSpec& spec) {
  return 8.0 * static_cast<double>(DataBytes(spec)) / (static_cast<double>(spec.rows) * static_cast<double>(spec.cols));
}

// All ternary matrices together.
struct TernaryTotal {
  uint64_t weights = 0;
  uint64_t bytes = 0;  // padding included

  explicit TernaryTotal(const Graph& graph) {
    for (const TensorSpec& spec : graph.tensors) {
      if (!IsTernary(spec.storage)) continue;
      weights += static_cast<uint64_t>(spec.rows) * static_cast<uint64_t>(spec.cols);
      bytes += DataBytes(spec);
    }
  }
  double bits_a_weight() const {
    return weights == 0 ? 0.0 : 8.0 * static_cast<double>(bytes) / static_cast<double>(weights);
  }
};

Json TensorJson(const TensorSpec& spec, const TensorData& data) {
  Json tensor;
  tensor["name"] = spec.name;
  tensor["shape"] = {spec.rows, spec.cols};
  tensor["storage"] = NameOf(spec.storage);
  tensor["scale"] = NameOf(spec.scale);
  if (spec.group != 0) tensor["group"] = spec.group;
  tensor["data_bytes"] = data.data.size();
  tensor["scale_bytes"] = data.scales.size_bytes();
  tensor["bits_a_weight"] = BitsAWeight(spec);
  CheckPadding(spec, data);
  if (IsTernary(spec.storage)) {
    const auto shares = TritShares(spec, data);
    tensor["share"] = {{"-1", shares[0]}, {"0", shares[1]}, {"+1", shares[2]}};
  }
  return tensor;
}

Json ModelJson(const InspectFlags& flags, const Model& model) {
  const Graph& graph = model.graph();
  Json object;
  object["file"] = flags.model.path;
  object["file_bytes"] = model.file().bytes().size();
  object["flatbuffer_bytes"] = model.file().flatbuffer_bytes();
  object["format_version"] = kFormatVersion;
  object["producer"] = model.producer();
  object["metadata"] = Json::object();
  for (const auto& [key, value] : model.metadata()) object["metadata"][key] = value;
  object["input"] = {{"kind", graph.input == InputKind::kTokens ? "tokens" : "features"}, {"width", graph.input_width}};
  object["output_width"] = graph.output_width();
  object["context"] = graph.context;
  object["vocabulary"] = model.tokenizer() == nullptr ? 0 : model.tokenizer()->size();
  object["ops"] = Json::array();
  for (const Op& op : graph.ops) {
    object["ops"].push_back({{"name", op.name},
                             {"kind", OpKindName(op.kind())},
                             {"inputs", op.inputs},
                             {"output", op.output},
                             {"width", graph.value_widths[static_cast<size_t>(op.output)]}});
  }
  const TernaryTotal ternary(graph);
  object["ternary"] = {
      {"weights", ternary.weights}, {"data_bytes", ternary.bytes}, {"bits_a_weight", ternary.bits_a_weight()}};
  object["tensors"] = Json::array();
  for (size_t i = 0; i < graph.tensors.size(); ++i) {
    object["tensors"].push_back(TensorJson(graph.tensors[i], model.tensor(static_cast<int32_t>(i))));
  }
  return object;
}

Json PlanJson(const Plan& plan) {
  Json object;
  object["target"] = plan.options().target;
  object["threads"] = plan.options().threads;
  object["max_rows"] = plan.options().max_rows;
  object["max_outputs"] = plan.options().max_outputs;
  object["arena_bytes"] = plan.memory().arena;
  object["ops"] = Json::array();
  for (const PlannedOp& op : plan.ops()) {
    object["ops"].push_back({{"name", op.name},
                             {"kind", op.kind},
                             {"shape", op.shape},
                             {"kernels", op.kernels},
                             {"output_rows_only", op.output_rows_only}});
  }
  return object;
}

// The parts in the order in which they are shown.
std::vector<std::pair<std::string, uint64_t>> MemoryParts(const MemoryReport& m, uint64_t cache) {
  return {{"ternary", m.ternary}, {"plain", m.plain}, {"embedding_head", m.embedding_head},
          {"scales", m.scales},   {"other", m.other}, {"weights", m.weights()},
          {"cache", cache},       {"arena", m.arena}};
}

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

void PrintModel(const InspectFlags& flags, const Model& model) {
  const Graph& graph = model.graph();
  std::map<std::string_view, size_t> kinds;
  for (const Op& op : graph.ops) ++kinds[OpKindName(op.kind())];
  std::string ops = std::to_string(graph.ops.size());
  for (const auto& [kind, count] : kinds) ops += ", " + std::string(kind) + " " + std::to_string(count);

  const uint64_t bytes = model.file().bytes().size();
  Table head = {
      {"file", flags.model.path + ", " + FormatBytes(bytes) + " (" + std::to_string(bytes) + " bytes)"},
      {"format", "version " + std::to_string(kFormatVersion) + ", description " +
                     std::to_string(model.file().flatbuffer_bytes()) + " bytes"},
      {"producer", model.producer()},
      {"input", (graph.input == InputKind::kTokens ? "tokens, " : "features, ") + std::to_string(graph.input_width) +
                    (graph.context == 0 ? "" : ", context " + std::to_string(graph.context))},
      {"output", std::to_string(graph.output_width()) + " wide"},
      {"operations", ops}};
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
    CheckPadding(spec, data);
    if (IsTernary(spec.storage)) {
      for (const double share : TritShares(spec, data)) row.push_back(FormatNumber(100.0 * share, 1) + "%");
    }
    tensors.push_back(std::move(row));
  }
  PrintTable(head);
  std::puts("");
  PrintTable(tensors);
  const TernaryTotal ternary(graph);
  if (ternary.weights == 0) return;
  std::printf("\n%" PRIu64 " ternary weights in %" PRIu64 " bytes: %s bits a weight\n", ternary.weights, ternary.bytes,
              FormatNumber(ternary.bits_a_weight(), 4).c_str());
}

void Inspect(const InspectFlags& flags) {
  const auto model = flags.model.Load();
  const PlanOptions options = flags.model.Options();
  const int64_t context = model->graph().context;
  const uint64_t cache = CacheBytes(model->graph(), options, context);
  if (flags.json) {
    Json object = ModelJson(flags, *model);
    if (flags.plan) object["plan"] = PlanJson(*ValueOrThrow(Plan::Make(model, options)));
    if (flags.memory) {
      Json memory;
      for (const auto& [part, bytes] : MemoryParts(ValueOrThrow(MeasureMemory(model->graph(), options)), cache)) {
        memory[part + "_bytes"] = bytes;
      }
      memory["context"] = context;
      object["memory"] = memory;
    }
    PrintJson(object);
    return;
  }
  if (!flags.plan && !flags.memory) PrintModel(flags, *model);
  if (flags.plan) std::fputs(ValueOrThrow(Plan::Make(model, options))->Describe().c_str(), stdout);
  if (flags.plan && flags.memory) std::puts("");
  if (flags.memory) PrintMemory(ValueOrThrow(MeasureMemory(model->graph(), options)), cache, context);
}

}  // namespace

void AddInspect(CLI::App& app) {
  auto flags = std::make_shared<InspectFlags>();
  CLI::App* command = app.add_subcommand("inspect", "Shows what is in a model file and checks all of it");
  flags->model.AddPath(*command);
  command->add_flag("--plan", flags->plan, "How it would be run here: kernels by operation, arena");
  command->add_flag("--memory", flags->memory, "What it needs, by part");
  command->add_option("--threads", flags->model.threads, "Threads to plan for (0: all this process may use)")
      ->check(CLI::Range(0, 256));
  command->add_flag("--json", flags->json, "One JSON object");
  command->footer("Example:\n  tritwise inspect model.trit --plan --memory");
  command->callback([flags] { Inspect(*flags); });
}

}  // namespace tritwise
