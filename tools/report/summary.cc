#include "tools/report/summary.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "tools/report/series.h"
#include "trainer/log/units.h"

namespace tritwise {
namespace {

// The last one before a step.
const ValidationMetrics* LastValidation(const MetricsRecord& record, int64_t before) {
  const auto found = std::find_if(record.validations.rbegin(), record.validations.rend(),
                                  [before](const ValidationMetrics& v) { return v.step < before; });
  return found == record.validations.rend() ? nullptr : &*found;
}

bool Finished(const MetricsRecord& record) { return record.end && record.end->step >= record.steps.back().step; }

// From the log's end; of a run under way or cut short, from the speed of each step.
std::string TimeText(const MetricsRecord& record) {
  if (Finished(record)) return DurationText(record.end->train_seconds);
  if (!record.run || record.run->batch_rows <= 0) return "?";
  double seconds = 0.0;
  for (const StepMetrics& step : record.steps) {
    if (step.rows_per_s > 0.0) seconds += static_cast<double>(record.run->batch_rows) / step.rows_per_s;
  }
  return "about " + DurationText(seconds);
}

std::string StepsText(const MetricsRecord& record) {
  const int64_t done = record.steps.back().step + 1;
  const int64_t all = record.run ? record.run->steps : 0;
  if (all <= done) return CountText(done);
  return CountText(done) + " of " + CountText(all);
}

double MedianSpeed(const MetricsRecord& record) {
  std::vector<double> speeds;
  for (const StepMetrics& step : record.steps) {
    if (std::isfinite(step.rows_per_s)) speeds.push_back(step.rows_per_s);
  }
  if (speeds.empty()) return std::nan("");
  const auto middle = speeds.begin() + static_cast<std::ptrdiff_t>(speeds.size() / 2);
  std::nth_element(speeds.begin(), middle, speeds.end());
  return *middle;
}

void AddCodes(const MetricsRecord& record, Facts& facts) {
  if (record.codes.empty() || record.codes.back().layers.empty()) return;
  double minus = 0.0;
  double zero = 0.0;
  double plus = 0.0;
  const auto& layers = record.codes.back().layers;
  for (const LayerCodes& layer : layers) {
    minus += layer.minus;
    zero += layer.zero;
    plus += layer.plus;
  }
  const auto percent = [&layers](double sum) { return FixedText(100.0 * sum / static_cast<double>(layers.size()), 1); };
  const std::string text = percent(minus) + " / " + percent(zero) + " / " + percent(plus) + " %";
  facts.emplace_back("Weights \u22121 / 0 / +1, mean of layers", text);
}

}  // namespace

std::optional<TransitionPoint> FindTransition(const MetricsRecord& record) {
  const auto found =
      std::find_if(record.steps.begin(), record.steps.end(), [](const StepMetrics& step) { return step.ternary; });
  if (found == record.steps.end() || found == record.steps.begin()) return std::nullopt;
  TransitionPoint point;
  point.index = static_cast<size_t>(found - record.steps.begin());
  point.step = found->step;
  if (!record.transitions.empty()) point.how = record.transitions.back();
  return point;
}

std::string TransitionSentence(const MetricsRecord& record) {
  const auto transition = FindTransition(record);
  if (!transition) {
    return record.steps.front().ternary ? "1.58-bit from the first step on." : "16-bit throughout, no transition.";
  }
  std::string sentence = "16-bit until step " + CountText(transition->step) + ", then 1.58-bit";
  if (transition->how) {
    sentence += transition->how->optimiser_reset ? "; optimiser state reset" : "; optimiser state kept";
    const bool phased = transition->how->strength_phased;
    sentence += phased ? ", quantisation phased in" : ", quantisation at full strength at once";
  }
  return sentence + ".";
}

std::vector<double> SmoothedLoss(const MetricsRecord& record) {
  std::vector<double> losses;
  for (const StepMetrics& step : record.steps) losses.push_back(step.loss);
  const auto transition = FindTransition(record);
  return Smooth(losses, SmoothingWindow(losses.size()), transition ? transition->index : losses.size());
}

Facts Headline(const MetricsRecord& record) {
  Facts facts;
  const bool tokens = (record.run ? record.run->unit : RunMetrics().unit) == "tokens";
  const auto transition = FindTransition(record);
  const ValidationMetrics* last = LastValidation(record, std::numeric_limits<int64_t>::max());
  if (last != nullptr) {
    const std::string how = last->exported ? ", as exported" : "";
    facts.emplace_back("Validation loss" + how, FixedText(last->loss, 4) + " nats");
    if (tokens) {
      facts.emplace_back("Perplexity" + how, FixedText(std::exp(last->loss), 2));
    } else if (last->accuracy) {
      facts.emplace_back("Accuracy" + how, FixedText(100.0 * *last->accuracy, 2) + " %");
    }
  }
  const ValidationMetrics* before = transition ? LastValidation(record, transition->step) : nullptr;
  if (before != nullptr) facts.emplace_back("Validation loss, last in 16-bit", FixedText(before->loss, 4) + " nats");
  facts.emplace_back("Training loss, smoothed", FixedText(SmoothedLoss(record).back(), 4) + " nats");
  facts.emplace_back("Transition", transition ? "step " + CountText(transition->step) : "none");
  facts.emplace_back(Finished(record) ? "Steps" : "Steps so far", StepsText(record));
  facts.emplace_back("Training time", TimeText(record));
  return facts;
}

Facts Details(const MetricsRecord& record) {
  Facts facts;
  const RunMetrics run = record.run.value_or(RunMetrics());
  if (record.run) {
    facts.emplace_back("Parameters", CountText(run.parameters));
    facts.emplace_back("Training set", CountText(run.train_tokens) + " " + run.unit);
    facts.emplace_back("One step", CountText(run.batch_rows) + " " + run.unit);
  }
  if (!record.validations.empty()) {
    // On the way a run may score a part only, which makes the last point of the curve another measure.
    const int64_t first = record.validations.front().items;
    const int64_t last = record.validations.back().items;
    const std::string before = first == last ? "" : std::string(" at the end, ") + CountText(first) + " before";
    facts.emplace_back("Validated on", CountText(last) + " " + run.unit + before);
  }
  AddCodes(record, facts);
  facts.emplace_back("Speed, median", ShortCountText(MedianSpeed(record)) + " " + run.unit + "/s");
  facts.emplace_back("Peak memory", MemoryText(static_cast<double>(record.steps.back().peak_rss_bytes)));
  const auto broken = std::count_if(record.steps.begin(), record.steps.end(),
                                    [](const StepMetrics& step) { return !std::isfinite(step.loss); });
  if (broken > 0) facts.emplace_back("Steps whose loss was not finite", CountText(broken));
  if (record.run) {
    if (run.ranks > 1) facts.emplace_back("Processes", std::to_string(run.ranks));
    facts.emplace_back(run.ranks > 1 ? "Threads of each" : "Threads", std::to_string(run.threads));
    facts.emplace_back("Matrix products", run.products);
    facts.emplace_back("Kernels", run.target);
    facts.emplace_back("Version", "tritwise " + run.version);
  }
  return facts;
}

}  // namespace tritwise
