// tritwise bench: the command line of model.cc and train.cc.
#include "tools/bench/bench.h"

#include <memory>

#include "tools/commands.h"

namespace tritwise {
namespace {

struct Arguments {
  BenchModelFlags model;
  BenchTrainingFlags training;
};

void Bench(Arguments& a) {
  if (!a.training.recipe.empty()) {
#ifdef TRITWISE_WITH_TRAINER
    a.training.threads = a.model.model.threads;
    a.training.json = a.model.json;
    return BenchTraining(a.training);
#else
    throw UsageError("--train: this build has no trainer");
#endif
  }
  if (a.model.model.path.empty()) throw UsageError("give a model, or --train with a recipe");
  BenchModel(a.model);
}

}  // namespace

void AddBench(CLI::App& app) {
  auto a = std::make_shared<Arguments>();
  CLI::App* command =
      app.add_subcommand("bench", "Measures speed and memory of a model, or of training, on this machine");
  auto* model = command->add_option("MODEL.trit", a->model.model.path, "The model file");
  a->model.model.AddComputing(*command);
  command->add_option("--train", a->training.recipe, "Measure the training steps of this recipe instead")
      ->excludes(model);
  command->add_option("--set", a->training.overrides, "With --train: change one value of the recipe")
      ->take_all()
      ->allow_extra_args(false);
  command->add_flag("--json", a->model.json, "One JSON object");
  command->footer("Examples:\n  tritwise bench model.trit --threads 2\n  tritwise bench --train recipes/small.toml");
  command->callback([a] { Bench(*a); });
}

}  // namespace tritwise
