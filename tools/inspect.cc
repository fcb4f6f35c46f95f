// tritwise inspect: what is in a model file, how it would be run, and what that costs.
#include <cstdio>

#include "format/names.h"
#include "tools/commands.h"
#include "tools/model_facts.h"
#include "tools/model_flags.h"
#include "tools/model_tables.h"
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
  ThrowIfError(CheckPadding(spec, data));
  if (IsTernary(spec.storage)) {
    const auto shares = ValueOrThrow(TritShares(spec, data));
    tensor["share"] = {{"-1", shares[0]}, {"0", shares[1]}, {"+1", shares[2]}};
  }
  return tensor;
}

Json ChatJson(const ChatTemplate& chat) {
  Json object;
  const auto turn = [](const ChatTurn& t) { return Json{{"prefix", t.prefix}, {"suffix", t.suffix}}; };
  object["system"] = turn(chat.system);
  object["user"] = turn(chat.user);
  object["assistant"] = turn(chat.assistant);
  object["begin"] = chat.begin;
  object["stop_ids"] = chat.stop_ids;
  return object;
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
  object["chat"] = model.chat() == nullptr ? Json() : ChatJson(*model.chat());
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
  if (!flags.plan && !flags.memory) ThrowIfError(PrintModel(flags.model.path, *model));
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
