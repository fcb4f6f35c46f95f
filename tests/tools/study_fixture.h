// A study's folder for tests, written by hand: conditions with crafted losses, and the pages' data read back.
#pragma once

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "tests/support/temp_dir.h"
#include "trainer/log/metrics.h"

namespace tritwise::test {

struct StudyShape {
  std::string name = "when";
  std::vector<int64_t> seeds = {1, 2};
  int64_t steps = 400;
};

struct ConditionShape {
  std::string name;
  std::string group;
  int64_t transition_step = 0;
  std::string schedule = "constant";
};

class StudyFolder {
 public:
  explicit StudyFolder(const StudyShape& shape = {}) : shape_(shape) {
    index_ = {{"study", shape.name},
              {"seeds", shape.seeds},
              {"conditions", nlohmann::json::array()},
              {"figures", nlohmann::json::array()}};
  }

  std::filesystem::path path() const { return folder_.path(); }
  const TempDir& folder() const { return folder_; }

  void Add(const ConditionShape& condition) {
    nlohmann::json entry = {{"name", condition.name},
                            {"group", condition.group},
                            {"steps", shape_.steps},
                            {"transition_step", condition.transition_step},
                            {"optimiser", "keep"},
                            {"rewarm_steps", 0},
                            {"strength", "stepped"},
                            {"schedule", condition.schedule},
                            {"runs", nlohmann::json::array()}};
    for (const int64_t seed : shape_.seeds) {
      entry["runs"].push_back({{"seed", seed}, {"folder", RunName(index_["conditions"].size(), seed)}});
    }
    index_["conditions"].push_back(entry);
  }

  void AddFigure(const std::string& title, const std::string& kind, const std::vector<std::string>& conditions) {
    index_["figures"].push_back({{"title", title}, {"kind", kind}, {"conditions", conditions}});
  }

  void WriteIndex() const { folder_.Write("study.json", index_.dump()); }

  // A run of a condition up to step `steps`, which ends with the validation loss where these are all.
  void Run(size_t condition, int64_t seed, int64_t steps, const std::function<double(int64_t)>& loss,
           double validation_loss) const {
    const std::filesystem::path run = folder_.path() / RunName(condition, seed);
    std::filesystem::create_directories(run);
    const int64_t transition = index_["conditions"][condition]["transition_step"];
    MetricsLog log(run / "metrics.jsonl");
    for (int64_t step = 0; step < steps; ++step) {
      StepMetrics line;
      line.step = step;
      line.loss = loss(step);
      line.ternary = step >= transition;
      log.Write(line);
    }
    if (steps < shape_.steps) return;
    log.Write(ValidationMetrics{steps - 1, validation_loss, {}, 100, transition < steps});
    log.Write(EndMetrics{steps - 1, 1.0});
  }

  // Finished, with a loss of 3 throughout.
  void Flat(size_t condition, int64_t seed, double validation_loss) const {
    Run(
        condition, seed, shape_.steps, [](int64_t) { return 3.0; }, validation_loss);
  }

  std::string Contents(const std::string& name) const {
    std::ifstream file(folder_.path() / name, std::ios::binary);
    return std::string((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  }

 private:
  static std::string RunName(size_t condition, int64_t seed) {
    return "runs/" + std::to_string(condition) + "-seed" + std::to_string(seed);
  }

  TempDir folder_;
  StudyShape shape_;
  nlohmann::json index_;
};

}  // namespace tritwise::test
