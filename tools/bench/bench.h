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

// The section that is measured by itself, so that nothing else is resident: what a process that computes with the model
// and does nothing else has in memory, with a context that is full.
void BenchMemory(const BenchModelFlags& flags);

struct BenchTrainingFlags {
  std::string recipe;
  std::vector<std::string> overrides;
  int threads = 0;  // 0: one a core
  bool json = false;
};
void BenchTraining(const BenchTrainingFlags& flags);

// What the model costs in each precision, as a page with its JSON: variants are written, measured and deleted.
struct BenchReportFlags {
  std::string page;
  std::string source;  // MODEL.trit or the folder of a run
  std::vector<std::string> variants;
  std::string text;  // held out, for the perplexity; "": the run's own
  bool speed = true;
  std::vector<int64_t> contexts;  // that are filled; none: 512
};
void BenchReport(const BenchReportFlags& flags, const BenchModelFlags& model);

}  // namespace tritwise
