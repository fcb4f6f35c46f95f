#include "trainer/run.h"

#include <sys/resource.h>

#include <chrono>
#include <cmath>
#include <cstdio>

#include "format/atomic_file.h"
#include "trainer/checkpoint.h"
#include "trainer/data/dataset.h"
#include "trainer/error_status.h"
#include "trainer/export.h"
#include "trainer/log/metrics.h"
#include "trainer/log/progress.h"
#include "trainer/log/units.h"
#include "trainer/schedule.h"

namespace tritwise {
namespace {

using std::filesystem::path;

double Now() { return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count(); }

int64_t PeakRssBytes() {
  rusage usage = {};
  getrusage(RUSAGE_SELF, &usage);
  return int64_t{usage.ru_maxrss} * 1024;
}

path CheckpointPath(const path& folder) { return folder / "checkpoint.safetensors"; }
path MetricsPath(const path& folder) { return folder / "metrics.jsonl"; }

void MakeFolder(const path& folder) {
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  if (error) throw Error(folder.string() + ": cannot make this folder: " + error.message());
}

// The checkpoint to go on from, or a fresh state without vocabulary and graph.
Checkpoint Begin(const RunOptions& options) {
  Checkpoint start;
  if (options.resume) {
    start = ReadCheckpoint(CheckpointPath(options.folder));
    const std::string difference = FirstDifference(start.recipe, options.recipe);
    if (!difference.empty()) throw Error(options.folder.string() + ": the recipe does not match: " + difference);
    if (start.threads != options.threads) {
      std::fprintf(stderr,
                   "the run had %d threads so far and goes on with %d: its numbers will differ in the last digits\n",
                   start.threads, options.threads);
    }
  } else if (std::filesystem::exists(CheckpointPath(options.folder))) {
    throw Error(options.folder.string() + ": holds a run already; go on with --resume " + options.folder.string() +
                ", or choose another --out");
  } else if (options.start != nullptr) {
    start.description.vocabulary = options.start->vocabulary;
  }
  start.recipe = options.recipe;
  start.threads = options.threads;
  return start;
}

class Run {
 public:
  explicit Run(const RunOptions& options)
      : options_(options),
        recipe_(options.recipe),
        checkpoint_(Begin(options)),
        dataset_(OpenDataset(recipe_, checkpoint_.description.vocabulary)),
        kernels_(ValueOrThrow(kernels::ResolveKernels())) {
    MakeFolder(options.folder);
    Describe();
    learner_ = std::make_unique<Learner>(recipe_, graph(), kernels_, BestComputeType(), options.threads);
    if (!options.resume) {
      checkpoint_.state = learner_->InitialState();
      if (options.start != nullptr) CopyWeights(*options.start, graph(), state().weights);
    }
    ThrowIfError(WriteFileAtomically((options.folder / "recipe.toml").string(), WriteRecipe(recipe_)));
    const std::string validation = dataset_->validation_text();
    if (!validation.empty()) {
      ThrowIfError(WriteFileAtomically((options.folder / "validation.txt").string(), validation));
    }
    OpenLogs();
  }

  RunOutcome Go() {
    RunOutcome outcome;
    const double begin = Now();
    while (state().step < recipe_.train.steps) {
      if (ShouldStop()) {
        progress_->Break();
        Save();
        outcome.steps_done = state().step;
        return outcome;
      }
      Step();
    }
    outcome.train_seconds = Now() - begin;
    Save();
    Finish(outcome);
    return outcome;
  }

 private:
  TrainState& state() { return checkpoint_.state; }
  bool ShouldStop() {
    return (options_.stop != nullptr && options_.stop->load()) ||
           (options_.stop_after != 0 && state().step >= options_.stop_after);
  }
  const Graph& graph() const { return checkpoint_.description.graph; }

  void Describe() {
    ModelDescription& description = checkpoint_.description;
    if (options_.resume) return;
    description.graph = ValueOrThrow(BuildFamily(recipe_.network, dataset_->shape(), recipe_.linear_options()));
    description.vocabulary = dataset_->vocabulary();
    description.producer = "tritwise " TRITWISE_VERSION;
    description.metadata = {{"family", std::string(FamilyName(recipe_.network))},
                            {"measure", std::string(NameOf(recipe_.quantise.measure))}};
    if (options_.start != nullptr) description.metadata.emplace_back("init", options_.start->origin);
  }

  void OpenLogs() {
    unit_ = graph().input == InputKind::kTokens ? "tokens" : "images";
    metrics_ = options_.resume ? std::make_unique<MetricsLog>(MetricsPath(options_.folder), state().step)
                               : std::make_unique<MetricsLog>(MetricsPath(options_.folder));
    RunMetrics run;
    run.version = TRITWISE_VERSION;
    for (const auto& [key, value] : checkpoint_.description.metadata) {
      if (key == "init") run.init = value;
    }
    run.threads = options_.threads;
    run.products = MatmulDescription();
    run.target = kernels_.target;
    run.parameters = static_cast<int64_t>(learner_->parameter_count());
    run.train_tokens = static_cast<int64_t>(dataset_->training_rows());
    run.steps = recipe_.train.steps;
    const int64_t rows = graph().context == 0 ? 1 : graph().context;
    run.batch_rows = recipe_.train.batch * rows;
    run.unit = unit_;
    metrics_->Write(run);
    ProgressOptions progress;
    progress.steps = recipe_.train.steps;
    progress.unit = unit_;
    progress_ = std::make_unique<Progress>(progress);
    progress_->Line(CountText(run.parameters) + " parameters, " + CountText(run.train_tokens) + " training " + unit_ +
                    ", " + std::to_string(run.threads) + " threads, " + run.products + ", kernels " + run.target);
  }

  void Step() {
    const int64_t step = state().step;
    const Phase phase = PhaseOf(recipe_, step);
    if (step == recipe_.transition_step()) AnnounceTransition(step);
    const double begin = Now();
    const auto count = static_cast<size_t>(recipe_.train.batch);
    const TrainBatch batch = dataset_->Training(state().data_position, count);
    const StepResult result = learner_->Step(batch, state());
    state().data_position += count;
    if (!std::isfinite(result.loss)) {
      progress_->Break();
      throw Error("the loss is not a number at step " + std::to_string(step) +
                  "; the checkpoint before it is kept (try a lower train.learning_rate)");
    }
    StepMetrics line;
    line.step = step;
    line.loss = result.loss;
    line.learning_rate = LearningRate(recipe_, step);
    line.gradient_norm = result.gradient_norm;
    line.ternary = phase.ternary;
    line.strength = phase.ternary ? static_cast<double>(phase.strength) : 0.0;
    line.rows_per_s = static_cast<double>(batch.rows()) / (Now() - begin);
    line.peak_rss_bytes = PeakRssBytes();
    metrics_->Write(line);
    progress_->Step(line);

    const bool last = state().step == recipe_.train.steps;
    if (recipe_.train.validate_every != 0 && state().step % recipe_.train.validate_every == 0 && !last) Validate(false);
    if (state().step % recipe_.train.checkpoint_every == 0 && !last) Save();
  }

  void AnnounceTransition(int64_t step) {
    const bool reset = recipe_.quantise.optimiser == OptimiserAtTransition::kReset;
    const bool phased = recipe_.quantise.strength == StrengthSchedule::kPhased;
    metrics_->Write(TransitionMetrics{step, reset, phased});
    progress_->Line("step " + std::to_string(step) + ": transition to 1.58-bit, optimiser state " +
                    (reset ? "reset" : "kept") + ", quantisation " + (phased ? "phased in" : "stepped"));
  }

  // Scores the network as it stands: as it will be exported once it is fully ternary, else as it trains.
  Score Validate(bool all) {
    const int64_t last_step = state().step - 1;
    const Phase phase = PhaseOf(recipe_, last_step);
    const bool exported = IsFullyTernary(recipe_, state().step);
    const size_t limit = all ? 0 : static_cast<size_t>(recipe_.train.validate_sequences);
    const Score score = learner_->Evaluate(dataset_->Validation(limit), state(), phase,
                                           exported ? Precision::kExported : Precision::kTraining);
    ValidationMetrics line;
    line.step = last_step;
    line.loss = score.loss;
    line.accuracy = score.accuracy;
    line.items = static_cast<int64_t>(score.items);
    line.exported = exported;
    metrics_->Write(line);
    progress_->Validation(line);
    CodesMetrics codes;
    codes.step = last_step;
    for (const CodeShares& s : learner_->Codes(state())) codes.layers.push_back({s.tensor, s.minus, s.zero, s.plus});
    metrics_->Write(codes);
    return score;
  }

  void Save() { WriteCheckpoint(CheckpointPath(options_.folder).string(), checkpoint_); }

  void Finish(RunOutcome& outcome) {
    outcome.validation = Validate(true);
    outcome.ternary = IsFullyTernary(recipe_, state().step);
    ExportOptions exporting;
    exporting.layout = outcome.ternary ? recipe_.exporting.layout : Storage::kF16;
    exporting.head = recipe_.exporting.head;
    ExportCheckpoint(checkpoint_, (options_.folder / "model.trit").string(), exporting);
    metrics_->Write(EndMetrics{state().step - 1, outcome.train_seconds});
    progress_->Break();
    outcome.finished = true;
    outcome.steps_done = state().step;
  }

  const RunOptions& options_;
  const Recipe& recipe_;
  Checkpoint checkpoint_;
  std::unique_ptr<Dataset> dataset_;
  kernels::Kernels kernels_;
  std::unique_ptr<Learner> learner_;
  std::unique_ptr<MetricsLog> metrics_;
  std::unique_ptr<Progress> progress_;
  std::string unit_;
};

}  // namespace

RunOutcome TrainRun(const RunOptions& options) { return Run(options).Go(); }

Recipe ReadRunRecipe(const std::filesystem::path& folder) { return ReadRecipe((folder / "recipe.toml").string(), {}); }

}  // namespace tritwise
