// MakeFootprint: each variant planned, and where that is asked for written to a file, measured and deleted again.
#include <filesystem>
#include <fstream>
#include <iterator>

#include "runtime/thread_pool.h"
#include "tools/footprint/document.h"
#include "tools/footprint/program.h"
#include "tools/footprint/recode.h"
#include "tools/footprint/source.h"
#include "trainer/error_status.h"

namespace tritwise {
namespace {

// As it was typed, with the program's name in place of its path.
std::string CommandLine() {
  std::ifstream file("/proc/self/cmdline", std::ios::binary);
  std::string command = "tritwise";
  std::string word;
  for (size_t i = 0; std::getline(file, word, '\0'); ++i) {
    if (i == 0) continue;
    const bool plain = !word.empty() && word.find_first_of(" \t\n\"'\\$`*?;&|<>()") == std::string::npos;
    command += plain ? " " + word : " '" + word + "'";
  }
  return command;
}

void Describe(const FootprintSource& source, Footprint& footprint) {
  const Graph& graph = source.description.graph;
  footprint.name = source.name;
  footprint.note = source.note;
  footprint.digest = Digest(source.description);
  footprint.reads_text = graph.context != 0;
  for (const TensorSpec& t : graph.tensors) {
    const auto weights = static_cast<uint64_t>(t.rows) * static_cast<uint64_t>(t.cols);
    footprint.parameters += weights;
    if (IsTernaryWeight(t)) footprint.ternary_weights += weights;
  }
}

std::vector<int64_t> PlannedContexts(const Graph& graph, const FootprintRequest& request) {
  std::vector<int64_t> contexts = request.contexts;
  for (const int64_t context : contexts) {
    if (context > graph.context) {
      throw Error("--context " + std::to_string(context) + ": the network's is " + std::to_string(graph.context));
    }
  }
  if (request.only_these_contexts) return contexts;
  for (const int64_t usual : UsualContexts(graph)) {
    if (std::find(contexts.begin(), contexts.end(), usual) == contexts.end()) contexts.push_back(usual);
  }
  return contexts;
}

Measured WriteAndMeasure(const ModelFile& base, const Variant& variant, const MeasureRequest& request,
                         const WorkFolder& folder) {
  const std::string path = folder / "variant.trit";
  WriteVariant(base, variant, path);
  const Measured measured = MeasureVariant(path, variant, request);
  std::filesystem::remove(path);
  return measured;
}

}  // namespace

Footprint MakeFootprint(const FootprintSource& source, const FootprintRequest& request) {
  const bool measuring = request.measure.has_value();
  const WorkFolder folder(measuring ? std::filesystem::path(request.page)
                                    : std::filesystem::temp_directory_path() / "tritwise");
  Footprint footprint;
  Describe(source, footprint);
  footprint.command = CommandLine();
  footprint.threads = request.threads.back();
  footprint.boards = request.boards;

  PlanRequest plan;
  plan.contexts = PlannedContexts(source.description.graph, request);
  plan.threads = footprint.threads;
  for (const Variant& variant : request.variants) {  // what cannot be planned is refused before anything takes its time
    footprint.variants.push_back({variant, PlanVariant(source.description, variant, plan), {}});
  }
  std::optional<ModelFile> base;
  MeasureRequest measure;
  if (measuring) {
    measure = *request.measure;
    if (measure.contexts.empty()) measure.contexts = {plan.contexts[0]};
    base.emplace(ValueOrThrow(ModelFile::Read(BaseModel(source, folder))));
    footprint.prompt = measure.speed ? std::min(measure.prompt, std::max<int64_t>(1, base->graph().context)) : 0;
    footprint.quick = measure.quick;
    footprint.text = std::filesystem::path(measure.text).filename().string();
  }
  for (VariantFootprint& v : footprint.variants) {
    plan.program_bytes = MeasureProgram(source.description, v.variant, plan.threads, folder);
    v.planned = PlanVariant(source.description, v.variant, plan);
    if (!measuring) continue;
    std::fprintf(stderr, "measuring %s (%s)\n", NameOf(v.variant).c_str(), FormatBytes(v.planned.file).c_str());
    v.measured = WriteAndMeasure(*base, v.variant, measure, folder);
  }
  return footprint;
}

}  // namespace tritwise
