#include "tools/report/study_record.h"

#include <algorithm>
#include <cmath>
#include <fstream>
#include <nlohmann/json.hpp>

#include "trainer/error.h"
#include "trainer/log/metrics_reader.h"
#include "trainer/run_folder.h"

namespace tritwise {
namespace {

using nlohmann::json;
using std::filesystem::path;

constexpr int64_t kMostSteps = 100'000'000;

std::vector<double> LossesByStep(const MetricsRecord& metrics, int64_t steps) {
  std::vector<double> losses;
  for (const StepMetrics& line : metrics.steps) {
    if (line.step < 0 || line.step >= steps) continue;
    const auto index = static_cast<size_t>(line.step);
    if (index >= losses.size()) losses.resize(index + 1, kNoLoss);
    losses[index] = line.loss;
  }
  return losses;
}

std::vector<ChangedCodes> ChangedShares(const MetricsRecord& metrics) {
  std::vector<ChangedCodes> changed;
  for (size_t i = 1; i < metrics.codes.size(); ++i) {
    double sum = 0.0;
    double layers = 0.0;
    for (const LayerCodes& layer : metrics.codes[i].layers) {
      if (!std::isfinite(layer.changed)) continue;
      sum += layer.changed;
      layers += 1.0;
    }
    if (layers > 0.0) changed.push_back({metrics.codes[i].step, metrics.codes[i - 1].step, sum / layers});
  }
  return changed;
}

StudyRunRecord ReadRun(const path& folder, int64_t seed, int64_t steps) {
  StudyRunRecord run;
  run.seed = seed;
  const path file = MetricsPath(folder);
  if (!std::filesystem::exists(file)) return run;
  const MetricsRecord metrics = ReadMetrics(file);
  run.losses = LossesByStep(metrics, steps);
  run.changed = ChangedShares(metrics);
  const auto whole = static_cast<int64_t>(run.losses.size()) == steps;
  run.finished = whole && metrics.end && metrics.end->step == steps - 1;
  if (run.finished && !metrics.validations.empty()) run.final_validation = metrics.validations.back();
  return run;
}

// Only below the study's own folder.
path RunFolder(const path& study_folder, const std::string& name) {
  const path folder = path(name).lexically_normal();
  if (folder.empty() || folder.is_absolute() || *folder.begin() == "..") {
    throw Error((study_folder / "study.json").string() + ": the folder of a run is outside of the study's");
  }
  return study_folder / folder;
}

StudyConditionRecord ReadCondition(const path& study_folder, const json& entry) {
  StudyConditionRecord condition;
  condition.name = entry.at("name").get<std::string>();
  condition.group = entry.at("group").get<std::string>();
  condition.steps = std::clamp<int64_t>(entry.at("steps").get<int64_t>(), 1, kMostSteps);
  condition.transition_step = entry.at("transition_step").get<int64_t>();
  condition.optimiser = entry.at("optimiser").get<std::string>();
  condition.rewarm_steps = entry.at("rewarm_steps").get<int64_t>();
  condition.strength = entry.at("strength").get<std::string>();
  condition.schedule = entry.at("schedule").get<std::string>();
  for (const json& run : entry.at("runs")) {
    const path folder = RunFolder(study_folder, run.at("folder").get<std::string>());
    condition.runs.push_back(ReadRun(folder, run.at("seed").get<int64_t>(), condition.steps));
  }
  return condition;
}

StudyFigureRecord ReadFigure(const json& entry, const std::vector<StudyConditionRecord>& conditions) {
  StudyFigureRecord figure;
  figure.title = entry.at("title").get<std::string>();
  figure.kind = entry.at("kind").get<std::string>();
  for (const json& shown : entry.at("conditions")) {
    const std::string name = shown.get<std::string>();
    for (size_t i = 0; i < conditions.size(); ++i) {
      if (conditions[i].name != name && conditions[i].group != name) continue;
      const bool known = std::find(figure.conditions.begin(), figure.conditions.end(), i) != figure.conditions.end();
      if (!known) figure.conditions.push_back(i);
    }
  }
  return figure;
}

}  // namespace

bool IsStudyFolder(const path& folder) { return std::filesystem::exists(folder / "study.json"); }

StudyRecord ReadStudyRecord(const path& study_folder) {
  const path index = study_folder / "study.json";
  if (!std::filesystem::is_directory(study_folder)) {
    throw Error(study_folder.string() + ": is not the folder of a study");
  }
  if (!std::filesystem::exists(index)) {
    throw Error(study_folder.string() + ": holds no study.json, so it is not the folder of a study");
  }
  std::ifstream file(index, std::ios::binary);
  const json root = json::parse(file, nullptr, false);
  StudyRecord study;
  try {
    study.name = root.at("study").get<std::string>();
    study.seeds = root.at("seeds").get<std::vector<int64_t>>();
    for (const json& entry : root.at("conditions")) study.conditions.push_back(ReadCondition(study_folder, entry));
    for (const json& entry : root.at("figures")) study.figures.push_back(ReadFigure(entry, study.conditions));
  } catch (const json::exception&) {
    throw Error(index.string() + ": is not what `tritwise study` writes");
  }
  return study;
}

}  // namespace tritwise
