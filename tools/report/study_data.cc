#include "tools/report/study_data.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "tools/report/script_json.h"
#include "tools/report/series.h"
#include "tools/report/study_curves.h"
#include "tools/report/study_table.h"

namespace tritwise {
namespace {

using Json = nlohmann::ordered_json;

constexpr size_t kMostPoints = 700;

Json Numbers(const std::vector<double>& values) {
  Json numbers = Json::array();
  for (const double value : values) numbers.push_back(RoundedNumber(value));
  return numbers;
}

// Thinned out, with the last step before the transition and the first after it, so that the jump stays sharp.
Json Curve(const StudyConditionRecord& condition) {
  const std::vector<double> losses = MeanLoss(condition);
  if (losses.empty()) return nullptr;
  const auto transition = condition.changes_over() ? static_cast<size_t>(condition.transition_step) : losses.size();
  const double window = SmoothingWindow(static_cast<size_t>(condition.steps));
  const std::vector<double> smooth = Smooth(losses, window, transition);
  std::vector<size_t> chosen = Thin(losses, kMostPoints);
  if (transition < losses.size()) {
    chosen.push_back(transition - 1);
    chosen.push_back(transition);
    std::sort(chosen.begin(), chosen.end());
    chosen.erase(std::unique(chosen.begin(), chosen.end()), chosen.end());
  }
  Json curve = {{"step", chosen}, {"loss", Json::array()}, {"smooth_loss", Json::array()}};
  for (const size_t i : chosen) {
    curve["loss"].push_back(RoundedNumber(losses[i]));
    curve["smooth_loss"].push_back(RoundedNumber(smooth[i]));
  }
  return curve;
}

Json Changed(const StudyConditionRecord& condition) {
  Json changed = {{"step", Json::array()}, {"since", Json::array()}, {"share", Json::array()}};
  for (const ChangedCodes& codes : MeanChangedCodes(condition)) {
    changed["step"].push_back(codes.step);
    changed["since"].push_back(codes.since);
    changed["share"].push_back(RoundedNumber(codes.share));
  }
  return changed;
}

// What sets conditions with the same place of transition apart; the page gives each its own dashes.
Json Kind(const StudyConditionRecord& condition) {
  return {condition.optimiser, condition.rewarm_steps, condition.strength, condition.schedule};
}

Json Condition(const StudyRecord& study, const StudySummary& summary, size_t index) {
  const StudyConditionRecord& condition = study.conditions[index];
  const bool drawn = std::any_of(study.figures.begin(), study.figures.end(), [&](const StudyFigureRecord& figure) {
    return figure.kind == "curves" &&
           std::find(figure.conditions.begin(), figure.conditions.end(), index) != figure.conditions.end();
  });
  return {{"name", condition.name},
          {"seeds", SeedsText(condition, summary.conditions[index])},
          {"complete", summary.conditions[index].seeds_done.size() == condition.runs.size()},
          {"steps", condition.steps},
          {"transition", condition.changes_over() ? Json(condition.transition_step) : Json()},
          {"always_16_bit", condition.always_16_bit()},
          {"place", condition.place()},
          {"kind", Kind(condition)},
          {"curve", drawn ? Curve(condition) : Json()},
          {"near", drawn ? Numbers(LossNearTransition(condition)) : Json::array()},
          {"changed", Changed(condition)}};
}

// One condition's final loss in a sweep; null where no run of it is done.
Json Final(const StudyRecord& study, const StudySummary& summary, size_t index) {
  const Spread& loss = summary.conditions[index].validation_loss;
  if (loss.seeds == 0) return nullptr;
  return {{"condition", index},
          {"place", study.conditions[index].place()},
          {"mean", RoundedNumber(loss.mean)},
          {"low", RoundedNumber(loss.low)},
          {"high", RoundedNumber(loss.high)},
          {"seeds", loss.seeds}};
}

Json Finals(const StudyRecord& study, const StudySummary& summary, const std::vector<size_t>& conditions) {
  Json finals = Json::array();
  for (const size_t index : conditions) {
    Json point = Final(study, summary, index);
    if (!point.is_null()) finals.push_back(std::move(point));
  }
  return finals;
}

Json SweepJson(const StudyRecord& study, const StudySummary& summary, const Sweep& sweep) {
  Json lines = Json::array();
  for (const SweepLine& line : sweep.lines) {
    lines.push_back({{"group", line.group}, {"points", Finals(study, summary, line.conditions)}});
  }
  return {
      {"title", sweep.title}, {"kind", "sweep"}, {"lines", lines}, {"levels", Finals(study, summary, sweep.levels)}};
}

}  // namespace

std::string StudyData(const StudyRecord& study, const StudySummary& summary) {
  Json data = {{"near_before", kNearBefore}, {"conditions", Json::array()}, {"figures", Json::array()}};
  for (size_t i = 0; i < study.conditions.size(); ++i) data["conditions"].push_back(Condition(study, summary, i));
  for (const StudyFigureRecord& figure : study.figures) {
    if (figure.kind != "curves") continue;
    data["figures"].push_back({{"title", figure.title}, {"kind", "curves"}, {"conditions", figure.conditions}});
  }
  for (const Sweep& sweep : summary.sweeps) data["figures"].push_back(SweepJson(study, summary, sweep));
  return ScriptText(data);
}

}  // namespace tritwise
