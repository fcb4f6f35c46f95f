// tritwise bench: the command line of model.cc and train.cc, and of a load test.
#include "tools/bench/bench.h"

#include <algorithm>
#include <cstdlib>
#include <memory>

#include "kernels/kernels.h"
#include "runtime/thread_pool.h"
#ifdef TRITWISE_WITH_LOAD
#include "tools/bench/load/command.h"
#endif
#include "tools/commands.h"
#ifdef TRITWISE_WITH_TRAINER
#include "tools/footprint/document.h"
#endif

namespace tritwise {
namespace {

struct BenchArguments {
  BenchModelFlags model;
  BenchTrainingFlags training;
#ifdef TRITWISE_WITH_LOAD
  LoadFlags load;
#endif
  std::vector<std::string> only;
  std::string kernel;
  std::string page;  // --report
#ifdef TRITWISE_WITH_TRAINER
  BenchReportFlags report;
  std::vector<std::string> compare;
#endif
};

// Ascending, each once, 0 as what the process may use.
std::vector<int> ResolveThreads(std::vector<int> threads) {
  const auto all = static_cast<int>(runtime::AvailableProcessors());
  if (threads.empty()) threads = {1, all};
  for (int& count : threads) count = count == 0 ? all : count;
  std::sort(threads.begin(), threads.end());
  threads.erase(std::unique(threads.begin(), threads.end()), threads.end());
  return threads;
}

void CheckKernels(const BenchArguments& a) {
  const BenchModelFlags& flags = a.model;
  if (!flags.target.empty()) {
    const std::vector<std::string> targets = kernels::SupportedTargets();
    if (std::find(targets.begin(), targets.end(), flags.target) == targets.end()) {
      std::string all;
      for (const std::string& name : targets) all += " " + name;
      throw UsageError("--target: \"" + flags.target + "\" is not in this build or not in this CPU; there are:" + all);
    }
  }
  if (!a.kernel.empty()) {
    const Result<kernels::Kernels> forced = kernels::ResolveKernels(flags.target, a.kernel);
    if (!forced.ok()) throw UsageError(std::string("--kernel: ") + forced.status().message());
    setenv("TRITWISE_FORCE_KERNEL", a.kernel.c_str(), 1);  // which every plan reads
  }
}

#ifdef TRITWISE_WITH_TRAINER
void Report(BenchArguments& a) {
  if (a.model.model.path.empty()) throw UsageError("--report needs a model or the folder of a run");
  for (const std::string& section : a.only) {
    if (section != "memory" && section != "model")
      throw UsageError("--report measures memory and model, not " + section);
  }
  a.report.page = a.page;
  a.report.source = a.model.model.path;
  a.report.speed = a.only.empty() || std::find(a.only.begin(), a.only.end(), "model") != a.only.end();
  if (!a.model.target.empty()) setenv("TRITWISE_FORCE_TARGET", a.model.target.c_str(), 1);  // for every process
  BenchReport(a.report, a.model);
}
#endif

void Bench(BenchArguments& a) {
#ifdef TRITWISE_WITH_LOAD
  if (!a.load.client.connect.empty()) {
    a.load.json = a.model.json;
    a.load.report = a.page;
    return BenchServer(a.load);
  }
#endif
  if (!a.training.recipe.empty()) {
#ifdef TRITWISE_WITH_TRAINER
    if (a.model.threads.size() > 1) throw UsageError("--train takes one number of --threads");
    a.training.threads = a.model.threads.empty() ? 0 : a.model.threads[0];
    a.training.json = a.model.json;
    return BenchTraining(a.training);
#else
    throw UsageError("--train: this build has no trainer");
#endif
  }
  BenchModelFlags& flags = a.model;
#ifdef TRITWISE_WITH_TRAINER
  if (!a.compare.empty()) return CompareFootprints(a.compare[0], a.compare[1], flags.json);
#endif
  const auto wanted = [&](const char* section) {
    return a.only.empty() || std::find(a.only.begin(), a.only.end(), section) != a.only.end();
  };
  flags.machine = wanted("machine");
  flags.kernels = wanted("kernels");
  flags.network = wanted("model");
  CheckKernels(a);
  flags.threads = ResolveThreads(flags.threads);
#ifdef TRITWISE_WITH_TRAINER
  if (!a.page.empty()) return Report(a);
#endif
  const bool memory = !a.only.empty() && wanted("memory");
  if (memory && a.only.size() > 1)
    throw UsageError("--only memory is measured by itself: nothing else may be resident");
  if ((flags.network || memory) && flags.model.path.empty()) {
    throw UsageError("give a model, or --train with a recipe, or --only machine,kernels");
  }
  memory ? BenchMemory(flags) : BenchModel(flags);
}

}  // namespace

void AddBench(CLI::App& app) {
  auto a = std::make_shared<BenchArguments>();
  BenchModelFlags& flags = a->model;
  CLI::App* command =
      app.add_subcommand("bench", "Measures speed and memory of this machine, its kernels and a model, or of training");
  auto* model = command->add_option("MODEL.trit", flags.model.path, "The model file");
  command->add_option("--only", a->only, "Sections to measure: machine, kernels, model (default: these); memory alone")
      ->delimiter(',')
      ->allow_extra_args(false)
      ->check(CLI::IsMember({"machine", "kernels", "model", "memory"}));
  command->add_option("--threads", flags.threads, "Thread counts, as 1,2,4 (default: 1 and all; 0: all)")
      ->delimiter(',')
      ->allow_extra_args(false)
      ->check(CLI::Range(0, 256));
  command->add_option("--batch", flags.batches, "Sequences that decode together (default: 1,2,4,8,16)")
      ->delimiter(',')
      ->allow_extra_args(false)
      ->check(CLI::Range(1, 256));
  [[maybe_unused]] auto* context =
      command->add_option("--context", flags.contexts, "Positions in the cache before decoding (default: 128)")
          ->delimiter(',')
          ->allow_extra_args(false)
          ->check(CLI::Range(int64_t{0}, int64_t{1} << 24));
  [[maybe_unused]] auto* prompt =
      command->add_option("--prompt", flags.prompt, "Tokens of a prefill (default: 512; of a server's prompts: 32)")
          ->check(CLI::Range(int64_t{1}, int64_t{1} << 24));
  command->add_option("--tokens", flags.decode_tokens, "Tokens decoded at a time (default: half a second's)")
      ->check(CLI::Range(int64_t{1}, int64_t{1} << 24));
  command
      ->add_option("--bandwidth-mib", flags.bandwidth_mib,
                   "Buffer for bandwidth (default: 1024, at most a quarter of memory)")
      ->check(CLI::Range(int64_t{1}, int64_t{1} << 20));
  command->add_option("--target", flags.target, "Instruction set, as `inspect --plan` names it (default: the best)");
  command->add_option("--kernel", a->kernel,
                      "Kernels for the model, as mask or ternary_row_t2=mask,... (default: the instruction set's)");
  flags.model.AddStorage(*command);
  command->add_flag("--quick", flags.quick, "Small buffers, few repetitions: to see that it works, not to compare");
  command->add_option("--train", a->training.recipe, "Measure the training steps of this recipe instead")
      ->excludes(model);
  command->add_option("--set", a->training.overrides, "With --train: change one value of the recipe")
      ->take_all()
      ->allow_extra_args(false);
  std::vector<CLI::Option*> shared = {prompt, command->add_flag("--json", flags.json, "One JSON object")};
#ifdef TRITWISE_WITH_TRAINER
  auto* report = command->add_option("--report", a->page,
                                     "Store the model in several precisions, measure each, and write FILE.html and "
                                     "FILE.json; with --connect the load test's page");
  shared.push_back(report);
  command->add_option("--variants", a->report.variants, "With --report: LINEARS/HEAD/CACHE, as t2/int8,t5/int4/int8")
      ->delimiter(',')
      ->allow_extra_args(false)
      ->needs(report);
  command->add_option("--text", a->report.text, "With --report: held-out text for the perplexity (default: the run's)")
      ->needs(report);
  command->add_option("--compare", a->compare, "What changed from one report's JSON to another's")
      ->expected(2)
      ->excludes(model);
#endif
#ifdef TRITWISE_WITH_LOAD
  shared.push_back(command->get_help_ptr());
  std::vector<CLI::Option*> local = command->get_options();
  std::erase_if(local, [&](CLI::Option* one) { return std::ranges::find(shared, one) != shared.end(); });
  prompt->each([a](const std::string& tokens) { a->load.options.work.prompt_tokens = std::stoll(tokens); });
  a->load.Add(*command, local);
#endif
  command->footer(
      "Examples:\n  tritwise bench model.trit --threads 1,2\n  tritwise bench --only machine,kernels --target AVX2\n"
      "  tritwise bench runs/mine --report bench.html\n  tritwise bench --train recipes/small.toml\n"
      "  tritwise bench --connect tcp://127.0.0.1:5555 --clients 100 --seconds 60 --report load.html");
  command->callback([=] {
#ifdef TRITWISE_WITH_TRAINER
    if (context->count() != 0) a->report.contexts = a->model.contexts;
#endif
    Bench(*a);
  });
}

}  // namespace tritwise
