// Whole runs in their folders: what they leave, how they stop, resume and fail.
#include "trainer/run.h"

#include <sys/resource.h>

#include <catch2/catch.hpp>
#include <csignal>

#include "format/model_file.h"
#include "tests/trainer/small_run.h"
#include "trainer/checkpoint.h"
#include "trainer/error.h"
#include "trainer/export.h"
#include "trainer/log/metrics_reader.h"

namespace tritwise::test {
namespace {

using Catch::Contains;

TEST_CASE("a run leaves recipe, metrics, checkpoint, validation text and a ternary model") {
  const SmallRun small;
  const RunOutcome outcome = TrainRun(small.Options("run"));
  CHECK(outcome.finished);
  CHECK(outcome.ternary);
  const auto folder = small.folder.path() / "run";
  CHECK(FirstDifference(ReadRunRecipe(folder), small.recipe).empty());
  CHECK_THAT(FileBytes(folder / "metrics.jsonl"), Contains("\"transition\"") && Contains("\"codes\""));
  CHECK(std::filesystem::file_size(folder / "validation.txt") > 1000);
  CHECK(ReadCheckpoint((folder / "checkpoint.safetensors").string()).state.step == 24);
  CHECK(ModelFile::Read((folder / "model.trit").string()).ok());
}

TEST_CASE("training lowers the loss far below that of guessing") {
  SmallRun small;
  small.recipe.train.steps = 300;
  // Words are drawn evenly from 22, in pieces of a vocabulary of 300 (5.7 nats to begin with).
  CHECK(TrainRun(small.Options("run")).validation.loss < 3.0);
}

TEST_CASE("a run that is stopped and resumed ends with the same bytes as one that was not") {
  SmallRun small;
  small.recipe.quantise.optimiser = OptimiserAtTransition::kReset;
  small.recipe.quantise.strength = StrengthSchedule::kPhased;
  small.recipe.quantise.phase_steps = 6;
  TrainRun(small.Options("whole"));
  // Stops before the first step and after every one, so that every state of the run is written and read once.
  const std::atomic<bool> stop = true;
  RunOptions options = small.Options("pieces");
  options.stop = &stop;
  CHECK_FALSE(TrainRun(options).finished);
  options.stop = nullptr;
  options.resume = true;
  const auto pieces = small.folder.path() / "pieces";
  for (int64_t step = 0; step < 24; ++step) {
    REQUIRE(ReadCheckpoint((pieces / "checkpoint.safetensors").string()).state.step == step);
    options.stop_after = step + 1;
    CHECK(TrainRun(options).finished == (step == 23));
  }
  const auto whole = small.folder.path() / "whole";
  CHECK(FileBytes(whole / "checkpoint.safetensors") == FileBytes(pieces / "checkpoint.safetensors"));
  CHECK(FileBytes(whole / "model.trit") == FileBytes(pieces / "model.trit"));
}

TEST_CASE("a run resumed from an older checkpoint ends with the same bytes") {
  const SmallRun small;
  RunOptions options = small.Options("run");
  options.stop_after = 13;
  TrainRun(options);
  const auto folder = small.folder.path() / "run";
  const std::string older = FileBytes(folder / "checkpoint.safetensors");
  options.stop_after = 0;
  options.resume = true;
  TrainRun(options);
  const std::string model = FileBytes(folder / "model.trit");
  std::ofstream(folder / "checkpoint.safetensors", std::ios::binary) << older;
  TrainRun(options);
  CHECK(FileBytes(folder / "model.trit") == model);
}

TEST_CASE("resuming with a recipe that does not match is refused and names the field") {
  SmallRun small;
  RunOptions options = small.Options("run");
  options.stop_after = 3;
  TrainRun(options);
  options.resume = true;
  options.recipe.train.learning_rate = 1e-4;
  CHECK_THROWS_WITH(TrainRun(options), Contains("does not match") && Contains("train.learning_rate"));
}

TEST_CASE("a new run does not overwrite one that is there") {
  const SmallRun small;
  RunOptions options = small.Options("run");
  options.stop_after = 3;
  TrainRun(options);
  CHECK_THROWS_WITH(TrainRun(options), Contains("holds a run already") && Contains("--resume"));
}

TEST_CASE("resuming where there is no run is refused") {
  const SmallRun small;
  RunOptions options = small.Options("nothing");
  options.resume = true;
  CHECK_THROWS_AS(TrainRun(options), Error);
}

TEST_CASE("a run whose transition is at its end gives a 16-bit model") {
  SmallRun small;
  small.recipe.quantise.transition.value = 1.0;
  const RunOutcome outcome = TrainRun(small.Options("run"));
  CHECK_FALSE(outcome.ternary);
  const auto model = ModelFile::Read((small.folder.path() / "run" / "model.trit").string());
  REQUIRE(model.ok());
  for (const TensorSpec& t : model.value().graph().tensors) CHECK(t.storage == Storage::kF16);
}

TEST_CASE("a checkpoint that is not fully ternary is exported only when told so") {
  SmallRun small;
  RunOptions options = small.Options("run");
  options.stop_after = 5;
  TrainRun(options);
  const auto folder = small.folder.path() / "run";
  const Checkpoint checkpoint = ReadCheckpoint((folder / "checkpoint.safetensors").string());
  const std::string path = (folder / "early.trit").string();
  ExportOptions exporting;
  CHECK_THROWS_WITH(ExportCheckpoint(checkpoint, path, exporting), Contains("--quantise-now"));
  exporting.quantise_now = true;
  ExportCheckpoint(checkpoint, path, exporting);
  CHECK(ModelFile::Read(path).ok());
}

TEST_CASE("an empty corpus is refused in one line") {
  SmallRun small;
  std::ofstream(small.folder.path() / "text.txt", std::ios::trunc);
  CHECK_THROWS_AS(TrainRun(small.Options("run")), Error);
}

TEST_CASE("a truncated checkpoint is refused in one line at every length") {
  const SmallRun small;
  RunOptions options = small.Options("run");
  options.stop_after = 1;
  TrainRun(options);
  const auto path = small.folder.path() / "run" / "checkpoint.safetensors";
  const std::string whole = FileBytes(path);
  for (size_t length = 0; length < whole.size(); length += whole.size() / 97 + 1) {
    std::ofstream(path, std::ios::binary) << whole.substr(0, length);
    CHECK_THROWS_AS(ReadCheckpoint(path.string()), Error);
  }
}

// Files cannot grow beyond a limit while it lives: what a full disk looks like to a writer.
class FullDisk {
 public:
  explicit FullDisk(rlim_t bytes) : signal_(std::signal(SIGXFSZ, SIG_IGN)) {
    getrlimit(RLIMIT_FSIZE, &before_);
    const rlimit limit = {bytes, before_.rlim_max};
    setrlimit(RLIMIT_FSIZE, &limit);
  }
  ~FullDisk() {
    setrlimit(RLIMIT_FSIZE, &before_);
    std::signal(SIGXFSZ, signal_);
  }

 private:
  rlimit before_ = {};
  void (*signal_)(int);
};

TEST_CASE("a full disk while checkpointing or exporting leaves the old files and one line") {
  const SmallRun small;
  RunOptions options = small.Options("run");
  options.stop_after = 23;
  TrainRun(options);
  const auto folder = small.folder.path() / "run";
  const std::string path = (folder / "checkpoint.safetensors").string();
  const std::string before = FileBytes(path);
  const Checkpoint checkpoint = ReadCheckpoint(path);
  const std::string model = (folder / "old.trit").string();
  ExportCheckpoint(checkpoint, model, {});
  const std::string old_model = FileBytes(model);
  {
    const FullDisk full(4096);
    CHECK_THROWS_WITH(WriteCheckpoint(path, checkpoint), Contains("cannot write") && Contains("unchanged"));
    CHECK_THROWS_WITH(ExportCheckpoint(checkpoint, model, {}), Contains("cannot write") && Contains("unchanged"));
  }
  CHECK(FileBytes(path) == before);
  CHECK(FileBytes(model) == old_model);
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    CHECK_THAT(entry.path().string(), !Contains(".part"));
  }
}

// A run after one step, in a state that training can only make worse, to be gone on with.
RunOptions SpoiltRun(const SmallRun& small) {
  RunOptions options = small.Options("run");
  options.stop_after = 1;
  TrainRun(options);
  const std::string path = CheckpointPath(options.folder).string();
  Checkpoint checkpoint = ReadCheckpoint(path);
  checkpoint.state.weights[0] = std::numeric_limits<float>::infinity();
  WriteCheckpoint(path, checkpoint);
  options.stop_after = 0;
  options.resume = true;
  return options;
}

TEST_CASE("a loss that is not a number ends the run and keeps the checkpoint") {
  SmallRun small;
  small.recipe.train.learning_rate = 9.0;
  small.recipe.train.clip = 0.0;
  small.recipe.train.epsilon = 1e-30;
  const RunOptions options = SpoiltRun(small);
  const auto path = CheckpointPath(options.folder);
  const std::string before = FileBytes(path);
  CHECK_THROWS_WITH(TrainRun(options), Contains("not a number"));
  CHECK(FileBytes(path) == before);
}

TEST_CASE("a run that may roll back goes on from its last checkpoint with other batches") {
  SmallRun small;
  small.recipe.train.on_divergence = OnDivergence::kRollBack;
  small.recipe.train.spike_factor = 1.005;  // noise alone is a spike
  small.recipe.train.checkpoint_every = 1;
  small.recipe.train.steps = 60;
  small.recipe.train.validate_every = 0;
  const RunOutcome outcome = TrainRun(small.Options("run"));
  CHECK(outcome.finished);
  const std::string metrics = FileBytes(small.folder.path() / "run" / "metrics.jsonl");
  CHECK_THAT(metrics, Contains("\"rollback\"") && Contains("times its recent mean"));
  // Every step is there once, in order, as if nothing had happened.
  const MetricsRecord record = ReadMetrics(small.folder.path() / "run" / "metrics.jsonl");
  REQUIRE(record.steps.size() == 60);
  for (size_t i = 0; i < 60; ++i) CHECK(record.steps[i].step == static_cast<int64_t>(i));
  // Batches were left out.
  const Checkpoint checkpoint = ReadCheckpoint((small.folder.path() / "run" / "checkpoint.safetensors").string());
  CHECK(checkpoint.state.data_position > 60 * 6);
}

TEST_CASE("a run that cannot get past a divergence gives up in one line") {
  SmallRun small;
  small.recipe.train.on_divergence = OnDivergence::kRollBack;
  CHECK_THROWS_WITH(TrainRun(SpoiltRun(small)),
                    Contains("not a number") && Contains("rolled back to step 1 3 times in vain"));
}

TEST_CASE("a spike stops the run where the recipe says so, with its size") {
  SmallRun small;
  small.recipe.train.spike_factor = 1.0001;
  small.recipe.train.steps = 60;
  CHECK_THROWS_WITH(TrainRun(small.Options("run")), Contains("above 1.0001 times its recent mean"));
}

TEST_CASE("a loss guard learns the loss before it judges, and forgets it at a transition") {
  LossGuard guard(2.0, {});
  CHECK(guard.Check(100.0, 1.0).empty());
  for (int i = 0; i < 40; ++i) CHECK(guard.Check(3.0, 1.0).empty());
  CHECK_THAT(guard.Check(20.0, 1.0), Contains("above 2 times"));
  CHECK(guard.memory().count == 41);  // what was wrong is not remembered
  guard.Forget();
  CHECK(guard.Check(20.0, 1.0).empty());
  CHECK(guard.Check(std::nan(""), 1.0) == "the loss is not a number");
  CHECK(guard.Check(1.0, HUGE_VAL) == "the gradient is not a number");
}

}  // namespace
}  // namespace tritwise::test
