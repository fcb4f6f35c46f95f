#include "tools/serve/metrics.h"

#include <cmath>
#include <cstdio>

namespace tritwise::serve {
namespace {

// Counts in full, whatever their size.
std::string Number(double value) {
  char text[40];
  std::snprintf(text, sizeof(text), std::floor(value) == value && std::fabs(value) < 1e15 ? "%.0f" : "%.9g", value);
  return text;
}

// In double quotes of a label.
std::string Escaped(const std::string& text) {
  std::string escaped;
  for (const char c : text) {
    if (c == '\\' || c == '"') escaped += '\\';
    escaped += c == '\n' ? ' ' : c;
  }
  return escaped;
}

bool IsCounter(const std::string& name) {
  const std::string end = "_total";
  return name.size() > end.size() && name.compare(name.size() - end.size(), end.size(), end) == 0;
}

}  // namespace

void Metrics::Describe(const std::string& name, const std::string& help) { help_[name] = help; }
void Metrics::Add(const std::string& name, double value, const Labels& labels) { values_[name][labels] += value; }
void Metrics::Set(const std::string& name, double value, const Labels& labels) { values_[name][labels] = value; }

nlohmann::ordered_json Metrics::AsJson() const {
  nlohmann::ordered_json json = nlohmann::ordered_json::object();
  for (const auto& [name, by_labels] : values_) {
    for (const auto& [labels, value] : by_labels) {
      if (labels.empty()) {
        json[name] = value;
        continue;
      }
      std::string key;
      for (const auto& [label, text] : labels) key += (key.empty() ? "" : ",") + label + "=" + text;
      json[name][key] = value;
    }
  }
  return json;
}

std::string Metrics::AsPrometheus() const {
  std::string text;
  for (const auto& [name, by_labels] : values_) {
    const std::string full = "tritwise_" + name;
    const auto help = help_.find(name);
    if (help != help_.end()) text += "# HELP " + full + " " + help->second + "\n";
    text += "# TYPE " + full + (IsCounter(name) ? " counter\n" : " gauge\n");
    for (const auto& [labels, value] : by_labels) {
      std::string all;
      for (const auto& [label, label_text] : labels) {
        all += (all.empty() ? "" : ",") + label + "=\"" + Escaped(label_text) + "\"";
      }
      text += full + (all.empty() ? "" : "{" + all + "}") + " " + Number(value) + "\n";
    }
  }
  return text;
}

}  // namespace tritwise::serve
