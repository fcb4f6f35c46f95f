#include "tools/report/chart_data.h"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <span>

#include "tools/report/script_json.h"
#include "tools/report/series.h"
#include "tools/report/summary.h"

namespace tritwise {
namespace {

using Json = nlohmann::ordered_json;

constexpr size_t kMostPoints = 2000;
constexpr size_t kMostValidations = 500;
constexpr size_t kMostCodes = 200;

// A field of each of the chosen elements.
template <class T, class Get>
Json Column(const std::vector<T>& all, std::span<const size_t> chosen, Get get) {
  Json column = Json::array();
  for (const size_t i : chosen) column.push_back(get(all[i]));
  return column;
}

Json Training(const MetricsRecord& record) {
  std::vector<double> losses;
  std::vector<double> speeds;
  for (const StepMetrics& step : record.steps) {
    losses.push_back(step.loss);
    speeds.push_back(step.rows_per_s);
  }
  const auto transition = FindTransition(record);
  const std::vector<double> smooth_loss = SmoothedLoss(record);
  const std::vector<double> smooth_speed =
      Smooth(speeds, SmoothingWindow(speeds.size()), transition ? transition->index : speeds.size());
  const std::vector<size_t> chosen = Thin(losses, kMostPoints);
  const auto& steps = record.steps;
  const auto strength = [](const StepMetrics& step) { return RoundedNumber(step.ternary ? step.strength : 0.0); };
  return {{"step", Column(steps, chosen, [](const StepMetrics& s) { return Json(s.step); })},
          {"loss", Column(losses, chosen, RoundedNumber)},
          {"smooth_loss", Column(smooth_loss, chosen, RoundedNumber)},
          {"learning_rate", Column(steps, chosen, [](const StepMetrics& s) { return RoundedNumber(s.learning_rate); })},
          {"strength", Column(steps, chosen, strength)},
          {"rows_per_s", Column(speeds, chosen, RoundedNumber)},
          {"smooth_rows_per_s", Column(smooth_speed, chosen, RoundedNumber)}};
}

// Of the trainer's own precision, or of the exported file's.
Json Validation(const MetricsRecord& record, bool exported) {
  std::vector<ValidationMetrics> all;
  std::vector<double> losses;
  for (const ValidationMetrics& validation : record.validations) {
    if (validation.exported != exported) continue;
    all.push_back(validation);
    losses.push_back(validation.loss);
  }
  const std::vector<size_t> chosen = Thin(losses, kMostValidations);
  return {{"step", Column(all, chosen, [](const ValidationMetrics& v) { return Json(v.step); })},
          {"loss", Column(all, chosen, [](const ValidationMetrics& v) { return RoundedNumber(v.loss); })},
          {"accuracy", Column(all, chosen, [](const ValidationMetrics& v) {
             return v.accuracy ? RoundedNumber(*v.accuracy) : Json();
           })}};
}

Json LastCodes(const MetricsRecord& record) {
  Json codes = {{"layer", Json::array()}, {"minus", Json::array()}, {"zero", Json::array()}, {"plus", Json::array()}};
  if (record.codes.empty()) return codes;
  for (const LayerCodes& layer : record.codes.back().layers) {
    codes["layer"].push_back(layer.name);
    codes["minus"].push_back(RoundedNumber(layer.minus));
    codes["zero"].push_back(RoundedNumber(layer.zero));
    codes["plus"].push_back(RoundedNumber(layer.plus));
  }
  return codes;
}

// The share of zeros over time: mean, lowest and highest of the layers.
Json Zeros(const MetricsRecord& record) {
  Json zeros = {{"step", Json::array()}, {"mean", Json::array()}, {"low", Json::array()}, {"high", Json::array()}};
  std::vector<double> means;
  for (const CodesMetrics& codes : record.codes) {
    double sum = 0.0;
    for (const LayerCodes& layer : codes.layers) sum += layer.zero;
    means.push_back(codes.layers.empty() ? std::nan("") : sum / static_cast<double>(codes.layers.size()));
  }
  for (const size_t i : Thin(means, kMostCodes)) {
    if (!std::isfinite(means[i])) continue;
    const auto [low, high] =
        std::minmax_element(record.codes[i].layers.begin(), record.codes[i].layers.end(),
                            [](const LayerCodes& a, const LayerCodes& b) { return a.zero < b.zero; });
    zeros["step"].push_back(record.codes[i].step);
    zeros["mean"].push_back(RoundedNumber(means[i]));
    zeros["low"].push_back(RoundedNumber(low->zero));
    zeros["high"].push_back(RoundedNumber(high->zero));
  }
  return zeros;
}

// Stretches of the run from one step to the next stretch's first, for shading.
Json Phases(const MetricsRecord& record) {
  const auto name = [](const StepMetrics& step) {
    return !step.ternary ? "16-bit" : step.strength < 1.0 ? "phasing in" : "1.58-bit";
  };
  Json phases = Json::array();
  for (const StepMetrics& step : record.steps) {
    if (!phases.empty()) phases.back()["to"] = step.step;
    if (phases.empty() || phases.back()["name"] != name(step)) {
      phases.push_back({{"name", name(step)}, {"from", step.step}});
    }
  }
  phases.back()["to"] = record.steps.back().step + 1;
  return phases;
}

}  // namespace

std::string ChartData(const MetricsRecord& record) {
  const auto transition = FindTransition(record);
  const Json data = {{"unit", record.run ? record.run->unit : RunMetrics().unit},
                     {"transition", transition ? Json(transition->step) : Json()},
                     {"phases", Phases(record)},
                     {"training", Training(record)},
                     {"validation", Validation(record, false)},
                     {"exported", Validation(record, true)},
                     {"codes", LastCodes(record)},
                     {"zeros", Zeros(record)}};
  return ScriptText(data);
}

}  // namespace tritwise
