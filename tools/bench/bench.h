// What `tritwise bench` measures: a model file, or where the trainer is built a recipe's training steps.
#pragma once

#include <string>
#include <vector>

#include "tools/model_flags.h"

namespace tritwise {

struct BenchModelFlags {
  ModelFlags model;
  bool json = false;
};
void BenchModel(const BenchModelFlags& flags);

struct BenchTrainingFlags {
  std::string recipe;
  std::vector<std::string> overrides;
  int threads = 0;  // 0: one a core
  bool json = false;
};
void BenchTraining(const BenchTrainingFlags& flags);

}  // namespace tritwise
