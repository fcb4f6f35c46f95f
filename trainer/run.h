// One training run in its folder, from the first step or from its checkpoint to the exported model.
//
// The folder holds recipe.toml (all defaults written out), metrics.jsonl, checkpoint.safetensors, for text
// validation.txt, and at the end model.trit.
#pragma once

#include <atomic>
#include <filesystem>
#include <functional>
#include <set>
#include <string>

#include "trainer/distributed/communicator.h"
#include "trainer/learner.h"
#include "trainer/recipe/recipe.h"
#include "trainer/run_folder.h"
#include "trainer/start.h"

namespace tritwise {

struct RunOptions {
  Recipe recipe;
  std::filesystem::path folder;
  bool resume = false;           // go on from the folder's checkpoint; the recipe must be the run's
  const Start* start = nullptr;  // what a new run begins with (the recipe's network is its); null: random weights
  int threads = 1;
  // Where there are several, only rank 0 calls TrainRun with a folder; the others are told (FollowRuns).
  Communicator* ranks = &OneRank();
  const std::atomic<bool>* stop = nullptr;  // set by Ctrl-C: save and return after the step under way
  int64_t stop_after = 0;                   // save and return when so many steps of the run are done; 0: at its end
  std::set<int64_t> keep_steps;             // checkpoints to keep beside the last, for runs that branch off there
  std::function<void(int64_t step)> saved;  // called when the folder's checkpoint is that of this step
};

struct RunOutcome {
  bool finished = false;       // false: stopped before the recipe's end, a checkpoint is written
  int64_t steps_done = 0;      // of the whole run
  bool ternary = false;        // model.trit is ternary; false: the run ended before its transition
  Score validation;            // of the exported network, by the trainer
  double train_seconds = 0.0;  // of this process
};

// Throws Error.
RunOutcome TrainRun(const RunOptions& options);

// The recipe of a run folder.
Recipe ReadRunRecipe(const std::filesystem::path& folder);

}  // namespace tritwise
