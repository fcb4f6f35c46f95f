#include "tools/report/study_numbers.h"

#include <nlohmann/json.hpp>

#include "tools/report/study_answer.h"

namespace tritwise {
namespace {

using Json = nlohmann::ordered_json;

Json SpreadJson(const Spread& spread) {
  if (spread.seeds == 0) return nullptr;
  return {{"mean", spread.mean}, {"low", spread.low}, {"high", spread.high}, {"seeds", spread.seeds}};
}

Json ConditionJson(const StudyRecord& study, const StudySummary& summary, size_t index) {
  const StudyConditionRecord& condition = study.conditions[index];
  const ConditionSummary& numbers = summary.conditions[index];
  Json by_seed = Json::array();
  for (const auto& [seed, loss] : numbers.loss_by_seed) by_seed.push_back({{"seed", seed}, {"loss", loss}});
  Json entry;
  entry["name"] = condition.name;
  entry["group"] = condition.group;
  entry["steps"] = condition.steps;
  entry["transition_step"] = condition.transition_step;
  entry["optimiser"] = condition.optimiser;
  entry["rewarm_steps"] = condition.rewarm_steps;
  entry["strength"] = condition.strength;
  entry["schedule"] = condition.schedule;
  entry["seeds_done"] = numbers.seeds_done;
  entry["seeds_planned"] = condition.runs.size();
  entry["ends_ternary"] = numbers.ends_ternary;
  entry["validation_loss"] = SpreadJson(numbers.validation_loss);
  entry["validation_loss_by_seed"] = by_seed;
  entry["training_loss"] = SpreadJson(numbers.training_loss);
  entry["16_bit_condition"] = numbers.same_in_16_bit ? Json(study.conditions[*numbers.same_in_16_bit].name) : Json();
  entry["above_16_bit"] = SpreadJson(numbers.above_16_bit);
  entry["spike"] = SpreadJson(numbers.spike);
  entry["spike_in_16_bit"] = SpreadJson(numbers.spike_in_16_bit);
  entry["steps_to_recover"] = SpreadJson(numbers.steps_to_recover);
  return entry;
}

Json PointJson(const StudyRecord& study, const StudySummary& summary, size_t index) {
  return {{"condition", study.conditions[index].name},
          {"place_percent", study.conditions[index].place()},
          {"validation_loss", SpreadJson(summary.conditions[index].validation_loss)}};
}

Json PointsJson(const StudyRecord& study, const StudySummary& summary, const std::vector<size_t>& indices) {
  Json points = Json::array();
  for (const size_t index : indices) points.push_back(PointJson(study, summary, index));
  return points;
}

}  // namespace

std::string StudyNumbers(const StudyRecord& study, const StudySummary& summary) {
  Json root;
  root["study"] = study.name;
  root["seeds"] = study.seeds;
  root["runs_done"] = summary.runs_done;
  root["runs_planned"] = summary.runs_planned;
  root["answer"] = AnswerParagraphs(study, summary);
  root["conditions"] = Json::array();
  for (size_t i = 0; i < study.conditions.size(); ++i) root["conditions"].push_back(ConditionJson(study, summary, i));
  root["sweeps"] = Json::array();
  for (const Sweep& sweep : summary.sweeps) {
    Json lines = Json::array();
    for (const SweepLine& line : sweep.lines) {
      lines.push_back({{"group", line.group}, {"points", PointsJson(study, summary, line.conditions)}});
    }
    root["sweeps"].push_back(
        {{"title", sweep.title}, {"lines", lines}, {"levels", PointsJson(study, summary, sweep.levels)}});
  }
  return root.dump(1, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace tritwise
