// tritwise footprint: what a network would cost in each precision, from its shape alone.
#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <memory>

#include "runtime/thread_pool.h"
#include "tools/commands.h"
#include "tools/footprint/document.h"
#include "tools/footprint/source.h"
#include "tools/footprint/tables.h"
#include "tools/random/shape.h"

namespace tritwise {
namespace {

struct FootprintArguments {
  std::string path;
  std::string shape;
  std::vector<int64_t> contexts;
  std::vector<std::string> boards;
  double gb_per_s = 0.0;
  std::vector<std::string> variants;
  int threads = 0;
  bool json = false;
  std::string report;
};

std::vector<Board> BoardsOf(const FootprintArguments& a) {
  const std::vector<Board> all = Boards();
  std::vector<Board> chosen;
  for (const std::string& name : a.boards) {
    const auto at = std::find_if(all.begin(), all.end(), [&](const Board& b) { return b.name == name; });
    if (at == all.end()) throw UsageError("--board: there is no \"" + name + "\" (there are " + BoardNames() + ")");
    chosen.push_back(*at);
  }
  if (a.gb_per_s > 0.0) chosen.push_back({"--bandwidth", a.gb_per_s, ""});
  return chosen;
}

void FootprintOf(const FootprintArguments& a) {
  if (a.path.empty() == a.shape.empty()) throw UsageError("give a model, a run, a recipe, or --shape");
  if (!a.shape.empty() && !IsShippedShape(a.shape) && !std::filesystem::exists(a.shape)) {
    throw UsageError("there is no shape \"" + a.shape + "\" (there are " + ShippedShapeNames() +
                     "; or give a TOML file)");
  }
  if (!a.report.empty()) JsonPath(a.report);  // refused before anything is done
  FootprintRequest request;
  request.variants = ParseVariants(a.variants);
  request.boards = BoardsOf(a);
  request.contexts = a.contexts;
  request.only_these_contexts = !a.contexts.empty();
  request.threads = {a.threads == 0 ? static_cast<int>(runtime::AvailableProcessors()) : a.threads};
  const FootprintSource source = a.shape.empty() ? ReadSource(a.path) : ReadShapeSource(a.shape);
  const Footprint footprint = MakeFootprint(source, request);
  if (!a.report.empty()) WriteFootprintReport(footprint, a.report);
  if (a.json) return PrintJson(ToJson(footprint));
  PrintFootprint(footprint);
  if (!a.report.empty()) std::printf("%s\n", a.report.c_str());
}

}  // namespace

void AddFootprint(CLI::App& app) {
  auto a = std::make_shared<FootprintArguments>();
  CLI::App* command = app.add_subcommand("footprint", "Plans what a network costs in memory and speed, against fp16");
  command->add_option("SOURCE", a->path, "MODEL.trit, the folder of a run, or a recipe");
  command->add_option("--shape", a->shape, ShippedShapeNames() + ", or a TOML file like those in tools/shapes/");
  command->add_option("--context", a->contexts, "Positions that are full, as 512,4096 (default: 512 to the network's)")
      ->delimiter(',')
      ->allow_extra_args(false)
      ->check(CLI::Range(int64_t{1}, int64_t{1} << 24));
  command->add_option("--variants", a->variants, "LINEARS/HEAD/CACHE beside fp16, as t2/int8,t5/int4/int8 (see docs)")
      ->delimiter(',')
      ->allow_extra_args(false);
  command->add_option("--board", a->boards, "Whose memory bounds tokens/s: " + BoardNames())
      ->delimiter(',')
      ->allow_extra_args(false);
  command->add_option("--bandwidth", a->gb_per_s, "The same for a memory of so many GB/s")->check(CLI::PositiveNumber);
  command->add_option("--threads", a->threads, "Threads to plan for (0: all this process may use)")
      ->check(CLI::Range(0, 256));
  command->add_flag("--json", a->json, "One JSON object");
  command->add_option("--report", a->report, "Write a page too, FILE.html with FILE.json beside it");
  command->footer(
      "Examples:\n  tritwise footprint --shape bitnet-2b4t --board rpi5\n"
      "  tritwise footprint model.trit --variants t2/int8,t5/int4/int8 --report footprint.html");
  command->callback([a] { FootprintOf(*a); });
}

}  // namespace tritwise
