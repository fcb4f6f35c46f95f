#include "trainer/study/branch.h"

#include "format/atomic_file.h"
#include "trainer/checkpoint.h"
#include "trainer/error_status.h"
#include "trainer/log/metrics.h"
#include "trainer/run_folder.h"
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
  if (!error) std::filesystem::copy_file(MetricsPath(from_folder), MetricsPath(partial), error);
  if (error) throw Error(partial.string() + ": cannot make this folder: " + error.message());
  { const MetricsLog cut(MetricsPath(partial), step); }
  WriteCheckpoint(CheckpointPath(partial).string(), checkpoint);
  ThrowIfError(WriteFileAtomically(RecipePath(partial).string(), WriteRecipe(recipe)));
  std::filesystem::rename(partial, folder, error);
  if (error) throw Error(folder.string() + ": cannot make this folder: " + error.message());
}

}  // namespace tritwise
