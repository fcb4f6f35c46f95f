#include "trainer/study/run_study.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include <nlohmann/json.hpp>

#include "format/atomic_file.h"
#include "trainer/error_status.h"
#include "trainer/log/metrics_reader.h"
#include "trainer/log/units.h"
#include "trainer/run.h"
#include "trainer/study/branch.h"

namespace tritwise {
namespace {

using std::filesystem::exists;
using std::filesystem::path;
using Json = nlohmann::ordered_json;

class StudyRunner {
 public:
  explicit StudyRunner(const StudyOptions& options) : options_(options), plan_(PlanStudy(options.study)) {
    std::error_code error;
    std::filesystem::create_directories(options.folder / "runs", error);
    if (error) throw Error(options.folder.string() + ": cannot make this folder: " + error.message());
  }

  bool Go() {
    WriteIndex();
    for (size_t i = 0; i < plan_.size(); ++i) {
      if (IsDone(plan_[i])) continue;
      if (!Train(i)) return false;
      if (options_.report) options_.report();
    }
    DropKeptCheckpoints();
    if (options_.report) options_.report();
    return true;
  }

 private:
  path Folder(const StudyRun& run) const { return options_.folder / "runs" / run.folder; }

  // A trunk that is nobody's condition is needed only while somebody has yet to branch off.
  bool IsDone(const StudyRun& run) const {
    if (run.condition >= 0) return IsRunFinished(Folder(run)) && CheckSame(run);
    const auto index = static_cast<int>(&run - plan_.data());
    return std::all_of(plan_.begin(), plan_.end(), [&](const StudyRun& other) {
      return other.trunk != index || exists(Folder(other)) ||
             exists(KeptCheckpointPath(Folder(run), other.branch_step));
    });
  }

  bool CheckSame(const StudyRun& run) const {
    const std::string difference = FirstDifference(ReadRunRecipe(Folder(run)), run.recipe);
    if (difference.empty()) return true;
    throw Error(Folder(run).string() + ": was trained by another recipe (" + difference +
                "); remove it to train it again, or give another --out");
  }

  bool Train(size_t index) {
    const StudyRun& run = plan_[index];
    RunOptions training;
    training.recipe = run.recipe;
    training.folder = Folder(run);
    options_.prepare(training);
    training.keep_steps = run.keep_steps;
    if (run.last_step < run.recipe.train.steps) training.stop_after = run.last_step;
    std::string from;
    if (!exists(training.folder) && run.trunk >= 0) {
      const path trunk = Folder(plan_[static_cast<size_t>(run.trunk)]);
      // Without the checkpoint (a condition was added later) the run trains everything itself.
      if (exists(KeptCheckpointPath(trunk, run.branch_step))) {
        BranchRun(trunk, run.branch_step, run.recipe, training.folder);
        from = ", from step " + CountText(run.branch_step);
      }
    }
    training.resume = exists(CheckpointPath(training.folder));
    options_.say("run " + std::to_string(index + 1) + " of " + std::to_string(plan_.size()) + ": " + run.title + from);
    const RunOutcome outcome = TrainRun(training);
    return outcome.finished || (training.stop_after != 0 && outcome.steps_done >= training.stop_after);
  }

  void DropKeptCheckpoints() const {
    for (const StudyRun& run : plan_) {
      for (const int64_t step : run.keep_steps) {
        std::error_code ignored;
        std::filesystem::remove(KeptCheckpointPath(Folder(run), step), ignored);
      }
    }
  }

  void WriteIndex() const {
    const Study& study = options_.study;
    Json index;
    index["study"] = study.name;
    index["seeds"] = study.seeds;
    for (size_t i = 0; i < study.conditions.size(); ++i) {
      const StudyCondition& condition = study.conditions[i];
      const Recipe& recipe = condition.recipe;
      Json entry;
      entry["name"] = condition.name;
      entry["group"] = condition.group;
      entry["steps"] = recipe.train.steps;
      entry["transition_step"] = recipe.transition_step();
      entry["optimiser"] = NameOf(recipe.quantise.optimiser);
      entry["rewarm_steps"] = recipe.quantise.rewarm_steps;
      entry["strength"] = NameOf(recipe.quantise.strength);
      entry["schedule"] = NameOf(recipe.train.schedule);
      for (const StudyRun& run : plan_) {
        if (run.condition != static_cast<int>(i)) continue;
        entry["runs"].push_back({{"seed", run.seed}, {"folder", "runs/" + run.folder}});
      }
      index["conditions"].push_back(entry);
    }
    index["figures"] = Json::array();
    for (const StudyFigure& figure : study.figures) {
      index["figures"].push_back(
          {{"title", figure.title}, {"kind", NameOf(figure.kind)}, {"conditions", figure.conditions}});
    }
    ThrowIfError(WriteFileAtomically((options_.folder / "study.json").string(), index.dump(1) + "\n"));
  }

  const StudyOptions& options_;
  std::vector<StudyRun> plan_;
};

}  // namespace

bool IsRunFinished(const path& folder) {
  return exists(MetricsPath(folder)) && exists(ModelPath(folder)) && ReadMetrics(MetricsPath(folder)).end.has_value();
}

bool RunStudy(const StudyOptions& options) { return StudyRunner(options).Go(); }

}  // namespace tritwise
