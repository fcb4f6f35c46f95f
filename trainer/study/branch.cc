#include "trainer/study/branch.h"

#include "format/atomic_file.h"
#include "trainer/checkpoint.h"
#include "trainer/error_status.h"
#include "trainer/log/metrics.h"
#include "trainer/run.h"
#include "trainer/study/plan.h"

namespace tritwise {

using std::filesystem::path;

void BranchRun(const path& from_folder, int64_t step, const Recipe& recipe, const path& folder) {
  Checkpoint checkpoint = ReadCheckpoint(KeptCheckpointPath(from_folder, step).string());
  const std::string difference = FirstDifference(TrunkRecipe(checkpoint.recipe), TrunkRecipe(recipe));
  if (!difference.empty()) throw Error(from_folder.string() + ": cannot branch off from it: " + difference);
  if (checkpoint.state.step > recipe.transition_step() || checkpoint.state.step > checkpoint.recipe.transition_step()) {
    throw Error(from_folder.string() + ": cannot branch off after a transition");
  }
  checkpoint.recipe = recipe;

  const path partial = folder.string() + ".partial";
  std::error_code error;
  std::filesystem::remove_all(partial, error);
  std::filesystem::create_directories(partial, error);
  if (!error) std::filesystem::copy_file(from_folder / "metrics.jsonl", partial / "metrics.jsonl", error);
  if (error) throw Error(partial.string() + ": cannot make this folder: " + error.message());
  { const MetricsLog cut(partial / "metrics.jsonl", step); }
  WriteCheckpoint(CheckpointPath(partial).string(), checkpoint);
  ThrowIfError(WriteFileAtomically((partial / "recipe.toml").string(), WriteRecipe(recipe)));
  std::filesystem::rename(partial, folder, error);
  if (error) throw Error(folder.string() + ": cannot make this folder: " + error.message());
}

}  // namespace tritwise
