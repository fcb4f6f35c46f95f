#include "trainer/log/metrics_reader.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <limits>
#include <nlohmann/json.hpp>
#include <string>

#include "trainer/error.h"

namespace tritwise {
namespace {

using nlohmann::json;

const json* Field(const json& object, const char* name) {
  const auto found = object.find(name);
  return found == object.end() ? nullptr : &*found;
}

double Number(const json& object, const char* name) {
  const json* field = Field(object, name);
  return field != nullptr && field->is_number() ? field->get<double>() : std::numeric_limits<double>::quiet_NaN();
}

int64_t Count(const json& object, const char* name) {
  const json* field = Field(object, name);
  return field != nullptr && field->is_number_integer() ? field->get<int64_t>() : 0;
}

bool Flag(const json& object, const char* name) {
  const json* field = Field(object, name);
  return field != nullptr && field->is_boolean() && field->get<bool>();
}

std::string Text(const json& object, const char* name) {
  const json* field = Field(object, name);
  return field != nullptr && field->is_string() ? field->get<std::string>() : std::string();
}

RunMetrics Run(const json& object) {
  RunMetrics run;
  run.version = Text(object, "version");
  run.ranks = std::max(1, static_cast<int32_t>(Count(object, "ranks")));
  run.threads = static_cast<int32_t>(Count(object, "threads"));
  run.products = Text(object, "products");
  run.target = Text(object, "target");
  run.parameters = Count(object, "parameters");
  run.train_tokens = Count(object, "train_tokens");
  run.steps = Count(object, "steps");
  run.batch_rows = Count(object, "batch_rows");
  run.init = Text(object, "init");
  if (const std::string unit = Text(object, "unit"); !unit.empty()) run.unit = unit;
  return run;
}

StepMetrics Step(const json& object) {
  StepMetrics step;
  step.step = Count(object, "step");
  step.loss = Number(object, "loss");
  step.learning_rate = Number(object, "learning_rate");
  step.gradient_norm = Number(object, "gradient_norm");
  step.ternary = Flag(object, "ternary");
  step.strength = Number(object, "strength");
  step.rows_per_s = Number(object, "rows_per_s");
  step.peak_rss_bytes = Count(object, "peak_rss_bytes");
  return step;
}

TransitionMetrics Transition(const json& object) {
  return {Count(object, "step"), Text(object, "optimiser") == "reset", Text(object, "strength") == "phased"};
}

ValidationMetrics Validation(const json& object) {
  ValidationMetrics validation;
  validation.step = Count(object, "step");
  validation.loss = Number(object, "loss");
  const json* accuracy = Field(object, "accuracy");
  if (accuracy != nullptr && accuracy->is_number()) validation.accuracy = accuracy->get<double>();
  validation.items = Count(object, "items");
  validation.exported = Flag(object, "exported");
  return validation;
}

CodesMetrics Codes(const json& object) {
  CodesMetrics codes;
  codes.step = Count(object, "step");
  const json* layers = Field(object, "layers");
  if (layers == nullptr || !layers->is_array()) return codes;
  for (const json& layer : *layers) {
    if (!layer.is_object()) continue;
    codes.layers.push_back({Text(layer, "name"), Number(layer, "minus"), Number(layer, "zero"), Number(layer, "plus"),
                            Number(layer, "changed")});
  }
  return codes;
}

}  // namespace

void ForEachMetricsLine(const std::filesystem::path& path,
                        const std::function<void(std::string_view line, const nlohmann::json& object)>& visit) {
  const std::string name = path.string();
  if (std::filesystem::is_directory(path)) throw Error(name + ": is a folder, not a file of metrics");
  std::ifstream file(path, std::ios::binary);
  if (!file) throw Error(name + ": cannot open: " + std::strerror(errno));
  std::string line;
  for (int64_t number = 1; std::getline(file, line); ++number) {
    if (line.find_first_not_of(" \t\r") == std::string::npos) continue;
    const json object = json::parse(line, nullptr, false);
    if (!object.is_object()) {
      if (file.eof()) return;  // no line end: the run was stopped in the middle of writing it
      throw Error(name + ": line " + std::to_string(number) + " is not a JSON object");
    }
    visit(line, object);
  }
  if (file.bad()) throw Error(name + ": cannot read");
}

MetricsRecord ReadMetrics(const std::filesystem::path& path) {
  MetricsRecord record;
  ForEachMetricsLine(path, [&](std::string_view, const json& object) {
    const std::string type = Text(object, "type");
    if (type == "run") record.run = Run(object);
    if (type == "step") record.steps.push_back(Step(object));
    if (type == "transition") record.transitions.push_back(Transition(object));
    if (type == "validation") record.validations.push_back(Validation(object));
    if (type == "codes") record.codes.push_back(Codes(object));
    if (type == "end") record.end = EndMetrics{Count(object, "step"), Number(object, "train_seconds")};
  });
  return record;
}

}  // namespace tritwise
