#include "trainer/run.h"

#include <sys/resource.h>

#include <chrono>
#include <cmath>
#include <cstdio>

#include "format/atomic_file.h"
#include "trainer/checkpoint.h"
#include "trainer/data/dataset.h"
#include "trainer/distributed/follow.h"
#include "trainer/distributed/share.h"
#include "trainer/distributed/together.h"
#include "trainer/error_status.h"
#include "trainer/export.h"
#include "trainer/log/metrics.h"
#include "trainer/log/progress.h"
#include "trainer/log/units.h"
#include "trainer/schedule.h"

namespace tritwise {
namespace {

using std::filesystem::path;

// Without a new checkpoint between them.
constexpr int kMostRollbacks = 3;

double Now() { return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count(); }

int64_t PeakRssBytes() {
  rusage usage = {};
  getrusage(RUSAGE_SELF, &usage);
  return int64_t{usage.ru_maxrss} * 1024;
}

void MakeFolder(const path& folder) {
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  if (error) throw Error(folder.string() + ": cannot make this folder: " + error.message());
}

// The checkpoint to go on from, or a fresh state without vocabulary and graph. Other ranks than the first get
// theirs from it.
Checkpoint Begin(const RunOptions& options) {
  Checkpoint start;
  const int ranks = options.ranks->ranks();
  if (options.ranks->is_first() && options.resume) {
    start = ReadCheckpoint(CheckpointPath(options.folder));
    const std::string difference = FirstDifference(start.recipe, options.recipe);
    if (!difference.empty()) throw Error(options.folder.string() + ": the recipe does not match: " + difference);
    if (start.threads != options.threads || start.ranks != ranks) {
      std::fprintf(stderr, "the run had %s so far and goes on with %s: its numbers will differ in the last digits\n",
                   WorkersText(start.ranks, start.threads).c_str(), WorkersText(ranks, options.threads).c_str());
    }
    if (options.saved) options.saved(start.state.step);
  } else if (options.ranks->is_first() && std::filesystem::exists(CheckpointPath(options.folder))) {
    throw Error(options.folder.string() + ": holds a run already; go on with --resume " + options.folder.string() +
                ", or choose another --out");
  } else if (options.start != nullptr) {
    start.description.vocabulary = options.start->vocabulary;
  }
  start.recipe = options.recipe;
  start.threads = options.threads;
  start.ranks = ranks;
  return start;
}

class Run {
 public:
  explicit Run(const RunOptions& options)
      : options_(options),
        recipe_(options.recipe),
        ranks_(*options.ranks),
        checkpoint_(Begin(options)),
        kernels_(ValueOrThrow(kernels::ResolveKernels())),
        guard_(recipe_.train.spike_factor, {}) {
    OpenData();
    learner_ = std::make_unique<Learner>(recipe_, graph(), kernels_, BestComputeType(), options.threads, ranks_);
    if (ranks_.is_first() && !options.resume) {
      checkpoint_.state = learner_->InitialState();
      if (options.start != nullptr) CopyWeights(*options.start, graph(), state().weights);
    }
    ShareBeginning();
    if (ranks_.is_first()) WriteDescriptions();
    OpenLogs();
    // Somewhere to go back to.
    if (!options.resume && recipe_.train.on_divergence == OnDivergence::kRollBack) Save();
  }

  RunOutcome Go() {
    RunOutcome outcome;
    const double begin = Now();
    stop_ = AnyRank(ranks_, StopWanted());
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
    if (ranks_.ranks() > 1) {
      const double waited = 100.0 * learner_->profile().exchange_s / outcome.train_seconds;
      progress_->Line(FixedText(waited, 0) + " % of the time went into waiting for sums over ranks");
    }
    Save();
    Finish(outcome);
    return outcome;
  }

 private:
  TrainState& state() { return checkpoint_.state; }
  bool StopWanted() const { return options_.stop != nullptr && options_.stop->load(); }
  // Several ranks must agree, which they do in each step.
  bool ShouldStop() {
    return stop_ || (ranks_.ranks() == 1 && StopWanted()) ||
           (options_.stop_after != 0 && state().step >= options_.stop_after);
  }
  const Graph& graph() const { return checkpoint_.description.graph; }

  // The first rank learns the vocabulary, if it must be; the others read the data with what it has learnt.
  void OpenData() {
    if (ranks_.is_first()) {
      dataset_ = OpenDataset(recipe_, checkpoint_.description.vocabulary);
      MakeFolder(options_.folder);
      Describe();
    }
    ShareDescription(ranks_, checkpoint_.description);
    if (!ranks_.is_first()) dataset_ = OpenDataset(recipe_, checkpoint_.description.vocabulary);
    CheckSameData(ranks_, *dataset_);
  }

  // The numbers that training goes on from, as the first rank has them.
  void ShareBeginning() {
    ShareState(ranks_, checkpoint_);
    guard_ = LossGuard(recipe_.train.spike_factor, checkpoint_.losses);
  }

  void WriteDescriptions() {
    ThrowIfError(WriteFileAtomically(RecipePath(options_.folder).string(), WriteRecipe(recipe_)));
    const std::string validation = dataset_->validation_text();
    if (!validation.empty()) {
      ThrowIfError(WriteFileAtomically((options_.folder / "validation.txt").string(), validation));
    }
  }

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
    metrics_ = !ranks_.is_first() ? std::make_unique<MetricsLog>()
               : options_.resume  ? std::make_unique<MetricsLog>(MetricsPath(options_.folder), state().step)
                                  : std::make_unique<MetricsLog>(MetricsPath(options_.folder));
    RunMetrics run;
    run.version = TRITWISE_VERSION;
    for (const auto& [key, value] : checkpoint_.description.metadata) {
      if (key == "init") run.init = value;
    }
    run.threads = options_.threads;
    run.ranks = ranks_.ranks();
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
    progress.silent = !ranks_.is_first();
    progress_ = std::make_unique<Progress>(progress);
    progress_->Line(CountText(run.parameters) + " parameters, " + CountText(run.train_tokens) + " training " + unit_ +
                    ", " + WorkersText(run.ranks, run.threads) + ", " + run.products + ", kernels " + run.target);
  }

  void Step() {
    const int64_t step = state().step;
    const Phase phase = PhaseOf(recipe_, step);
    if (step == recipe_.transition_step()) {
      AnnounceTransition(step);
      guard_.Forget();
    }
    const double begin = Now();
    const auto count = static_cast<size_t>(recipe_.train.batch);
    const TrainBatch batch = dataset_->Training(state().data_position, count);
    const StepResult result = learner_->Step(batch, state(), options_.stop);
    stop_ = result.stop;
    state().data_position += count;
    if (const std::string wrong = guard_.Check(result.loss, result.gradient_norm); !wrong.empty()) {
      return Diverged(step, wrong);
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
    if (ranks_.is_first() && options_.keep_steps.contains(state().step)) {
      WriteState(KeptCheckpointPath(options_.folder, state().step));
    }
  }

  // As the recipe says: ends the run, or goes back to its last checkpoint with the batches since left out.
  void Diverged(int64_t step, const std::string& wrong) {
    progress_->Break();
    const std::string what = wrong + " at step " + std::to_string(step);
    if (recipe_.train.on_divergence == OnDivergence::kStop) {
      throw Error(what +
                  "; the checkpoint before it is kept (try a lower train.learning_rate, or train.on_divergence = "
                  "\"roll-back\")");
    }
    const uint64_t position = state().data_position;
    if (ranks_.is_first()) {
      // Not the graph, which the learner refers to.
      Checkpoint before = ReadCheckpoint(CheckpointPath(options_.folder).string());
      checkpoint_.state = std::move(before.state);
      checkpoint_.codes = std::move(before.codes);
      checkpoint_.losses = before.losses;
    }
    ShareBeginning();
    const std::string back = std::to_string(state().step);
    if (++rollbacks_ > kMostRollbacks) {
      throw Error(what + "; rolled back to step " + back + " " + std::to_string(kMostRollbacks) + " times in vain");
    }
    state().data_position = position;
    if (ranks_.is_first()) metrics_ = std::make_unique<MetricsLog>(MetricsPath(options_.folder), state().step);
    metrics_->Write(RollbackMetrics{state().step, step, wrong});
    progress_->Line(what + ": rolled back to step " + back + ", the batches since are left out");
  }

  void AnnounceTransition(int64_t step) {
    const auto how = recipe_.quantise.optimiser;
    const bool phased = recipe_.quantise.strength != StrengthSchedule::kStepped;
    metrics_->Write(TransitionMetrics{step, how != OptimiserAtTransition::kKeep, phased});
    const char* optimiser = how == OptimiserAtTransition::kKeep    ? "kept"
                            : how == OptimiserAtTransition::kReset ? "reset"
                                                                   : "reset (second moments only)";
    progress_->Line("step " + std::to_string(step) + ": transition to 1.58-bit, optimiser state " + optimiser +
                    ", quantisation " + (phased ? "phased in" : "stepped"));
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
    if (!ranks_.is_first()) return score;
    CodesMetrics codes;
    codes.step = last_step;
    for (const CodeShares& s : learner_->Codes(state().weights, checkpoint_.codes))
      codes.layers.push_back({s.tensor, s.minus, s.zero, s.plus, s.changed});
    metrics_->Write(codes);
    return score;
  }

  void WriteState(const path& file) {
    checkpoint_.losses = guard_.memory();
    WriteCheckpoint(file.string(), checkpoint_);
  }

  void Save() {
    CheckSameWeights(ranks_, state());
    rollbacks_ = 0;
    if (!ranks_.is_first()) return;
    WriteState(CheckpointPath(options_.folder));
    if (options_.saved) options_.saved(state().step);
  }

  void Finish(RunOutcome& outcome) {
    outcome.validation = Validate(true);
    outcome.ternary = IsFullyTernary(recipe_, state().step);
    ExportOptions exporting;
    exporting.layout = outcome.ternary ? recipe_.exporting.layout : Storage::kF16;
    exporting.head = outcome.ternary ? recipe_.exporting.head : Storage::kF16;
    if (ranks_.is_first()) ExportCheckpoint(checkpoint_, ModelPath(options_.folder).string(), exporting);
    metrics_->Write(EndMetrics{state().step - 1, outcome.train_seconds});
    progress_->Break();
    outcome.finished = true;
    outcome.steps_done = state().step;
  }

  const RunOptions& options_;
  const Recipe& recipe_;
  Communicator& ranks_;
  bool stop_ = false;  // agreed by all ranks
  Checkpoint checkpoint_;
  std::unique_ptr<Dataset> dataset_;
  kernels::Kernels kernels_;
  LossGuard guard_;
  int rollbacks_ = 0;  // since the last checkpoint
  std::unique_ptr<Learner> learner_;
  std::unique_ptr<MetricsLog> metrics_;
  std::unique_ptr<Progress> progress_;
  std::string unit_;
};

}  // namespace

RunOutcome TrainRun(const RunOptions& options) {
  if (options.ranks->is_first()) AnnounceRun(*options.ranks, options);
  return Run(options).Go();
}

Recipe ReadRunRecipe(const std::filesystem::path& folder) { return ReadRecipe(RecipePath(folder).string(), {}); }

}  // namespace tritwise
