// Counters and gauges by name and labels, as JSON and as the text that Prometheus reads.
#pragma once

#include <map>
#include <string>

#include <nlohmann/json.hpp>

namespace tritwise::serve {

class Metrics {
 public:
  using Labels = std::map<std::string, std::string>;

  // Declares a metric: what it means, for Prometheus. Names without "tritwise_"; counters end in "_total".
  void Describe(const std::string& name, const std::string& help);
  void Add(const std::string& name, double value = 1.0, const Labels& labels = {});
  void Set(const std::string& name, double value, const Labels& labels = {});

  // {"requests_total": {"type=generate": 3}, "uptime_s": 1.5}
  nlohmann::ordered_json AsJson() const;
  std::string AsPrometheus() const;

 private:
  std::map<std::string, std::string> help_;
  std::map<std::string, std::map<Labels, double>> values_;
};

}  // namespace tritwise::serve
