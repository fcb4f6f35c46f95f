// What `tritwise bench` measures: this machine, the kernels and a model file, or where the trainer is built a recipe's
// training steps.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "tools/model_flags.h"

namespace tritwise {

struct BenchModelFlags {
  ModelFlags model;          // its threads and target: filled in for each measurement
  std::vector<int> threads;  // ascending, the last is that of the figures at the top
  std::vector<int> batches = {1, 2, 4, 8, 16};
  std::vector<int64_t> contexts = {128};  // positions in the cache before what is decoded
  int64_t prompt = 512;                   // tokens of a prefill
  int64_t decode_tokens = 0;              // 0: as many as take about half a second
  int64_t bandwidth_mib = 0;              // the buffer that bandwidth is measured on; 0: 1024, or a quarter of memory
  std::string target;
  bool machine = true;  // the sections
  bool kernels = true;
  bool network = true;
  bool quick = false;
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
