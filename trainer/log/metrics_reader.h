// metrics.jsonl back into the structs of metrics.h, for reports and comparisons.
//
// Lenient where a run may be under way or newer than this program: a last line cut short, unknown types and
// unknown fields are passed over, and a field that is missing, null or of another type reads as not a number
// (0 for counts, false, "" likewise). A line that is no JSON object is an Error with its number, because then
// the file is something else.
#pragma once

#include <filesystem>
#include <functional>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string_view>
#include <vector>

#include "trainer/log/metrics.h"

namespace tritwise {

struct MetricsRecord {
  std::optional<RunMetrics> run;  // the last one: of a resumed run, how it went on
  std::vector<StepMetrics> steps;
  std::vector<TransitionMetrics> transitions;
  std::vector<ValidationMetrics> validations;
  std::vector<CodesMetrics> codes;
  std::optional<EndMetrics> end;  // the last one
};

// Throws Error, also where the file is missing.
MetricsRecord ReadMetrics(const std::filesystem::path& path);

// Every line with what it says, in order; empty lines are left out. Throws Error.
void ForEachMetricsLine(const std::filesystem::path& path,
                        const std::function<void(std::string_view line, const nlohmann::json& object)>& visit);

}  // namespace tritwise
