// `tritwise train`: trains by a recipe, or by defaults on somebody's own text, or goes on with a run.
#include <filesystem>
#include <memory>
#include <optional>

#include "tools/commands.h"
#include "tools/interrupt.h"
#include "tools/ranks.h"
#include "tools/report/report.h"
#include "trainer/data/corpus.h"
#include "trainer/recipe/defaults.h"
#include "trainer/run.h"

namespace tritwise {
namespace {

using std::filesystem::path;

struct TrainArguments {
  std::string recipe;
  std::string data;
  std::string out;
  std::string resume;
  std::string init;
  std::vector<std::string> overrides;
  int threads = 0;
};

uint64_t TextBytes(const std::string& data) {
  uint64_t bytes = 0;
  for (const std::string& document : ReadCorpus(data)) bytes += document.size();
  return bytes;
}

// For a text and a network that somebody has trained already.
Recipe FineTuningRecipe(const TrainArguments& a, const Start& start) {
  Recipe recipe = DefaultTextRecipe(a.data, TextBytes(a.data));
  recipe.network = start.network;
  recipe.train.learning_rate = 3e-4;
  if (start.context != 0) recipe.data.context = std::min(recipe.data.context, start.context);
  return recipe;
}

Recipe ChooseRecipe(const TrainArguments& a, const Start* start) {
  std::vector<std::string> overrides;
  if (!a.data.empty()) overrides.push_back("data.path=\"" + a.data + "\"");
  overrides.insert(overrides.end(), a.overrides.begin(), a.overrides.end());
  if (!a.recipe.empty()) return ReadRecipe(a.recipe, overrides);
  if (!a.resume.empty()) return ReadRecipe(RecipePath(a.resume).string(), overrides);
  if (a.data.empty()) throw UsageError("give a recipe, --data with a text of yours, or --resume with a run's folder");
  const Recipe recipe = start != nullptr ? FineTuningRecipe(a, *start) : DefaultTextRecipe(a.data, TextBytes(a.data));
  return ParseRecipe(WriteRecipe(recipe), "defaults", overrides);
}

// runs/NAME, with a number behind where that is taken.
path NewFolder(const TrainArguments& a) {
  const std::string name = path(a.recipe.empty() ? a.data : a.recipe).stem().string();
  path folder = path("runs") / name;
  for (int i = 2; std::filesystem::exists(folder); ++i) folder = path("runs") / (name + "-" + std::to_string(i));
  return folder;
}

void Train(const TrainArguments& a, const RankSession& session) {
  RunOptions options;
  std::optional<Start> start;
  if (!a.init.empty()) {
    if (a.recipe.empty() && a.data.empty()) throw UsageError("--init needs a recipe, or --data with a text of yours");
    start = ReadStart(a.init);
    options.start = &*start;
  }
  options.recipe = ChooseRecipe(a, options.start);
  if (start) ApplyStart(*start, options.recipe);
  options.resume = !a.resume.empty();
  options.folder = options.resume ? path(a.resume) : a.out.empty() ? NewFolder(a) : path(a.out);
  session.Fill(options);
  const RunOutcome outcome = TrainRun(options);
  if (outcome.steps_done > 0) WriteReport(options.folder);
  const std::string folder = options.folder.string();
  if (!outcome.finished) {
    std::fprintf(stderr, "stopped and saved; go on with: %s train --resume %s\n", session.Command().c_str(),
                 folder.c_str());
    throw Interrupted();
  }
  std::printf("%s/model.trit: %s, validation loss %.4f, accuracy %.4f over %zu rows, trained in %.0f s\n",
              folder.c_str(), outcome.ternary ? "ternary" : "16-bit (the run ended before its transition)",
              outcome.validation.loss, outcome.validation.accuracy, outcome.validation.items, outcome.train_seconds);
}

}  // namespace

void AddTrain(CLI::App& app) {
  auto a = std::make_shared<TrainArguments>();
  CLI::App* command = app.add_subcommand("train", "Train a network: 16-bit first, then 1.58-bit");
  command->add_option("recipe", a->recipe, "Recipe (TOML); without one, --data is trained on by defaults");
  command->add_option("--data", a->data, "Text file, folder of texts, or JSONL with a field \"text\"");
  command->add_option("--set", a->overrides, "Change one value of the recipe: --set train.steps=500")
      ->take_all()
      ->allow_extra_args(false);
  auto* out = command->add_option("--out", a->out, "Folder for the run (default: runs/NAME)");
  auto* resume = command->add_option("--resume", a->resume, "Go on with the run in this folder")->excludes(out);
  command
      ->add_option(
          "--init", a->init,
          "Begin with the weights and vocabulary of a run, a checkpoint, or a Hugging Face folder (Llama, OLMo)")
      ->excludes(resume);
  command->add_option("--threads", a->threads, "Worker threads (default: one a core)")->check(CLI::Range(1, 1024));
  command->footer(
      "Examples:\n  tritwise train --data my.txt\n"
      "  tritwise train recipes/king-james.toml --set quantise.transition=0.2 --out runs/early\n"
      "  tritwise train --init OLMo-1B --data my.txt\n"
      "  tritwise train --resume runs/early");
  command->callback([a] { WithRanks(a->threads, [a](const RankSession& session) { Train(*a, session); }); });
}

}  // namespace tritwise
