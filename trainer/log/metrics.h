// The record of a run for programs: OUT/metrics.jsonl, one JSON object a line.
//
// Lines are appended as things happen and handed to the operating system one by one, so that a run that is
// killed loses at most the line being written. The field "type" tells the lines apart; each type is a plain
// struct below with the same fields. "step" is the index, from 0, of the step being made or last made when
// the line was written: a checkpoint taken after n steps goes with the lines whose step is below n. Numbers
// that are not finite become null, because JSON has none. Not a log for people: that is progress.h.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace tritwise {

// "run": once when a run begins, and again when it is resumed.
struct RunMetrics {
  std::string version;   // of this program
  int32_t threads = 0;   // of each process
  std::string products;  // what multiplies matrices: "oneDNN 2.6.3, bf16 products"
  std::string target;    // instruction set of our own kernels: "AVX3_ZEN4"
  int64_t parameters = 0;
  int64_t train_tokens = 0;     // in the training set; rows where these are not tokens
  int64_t steps = 0;            // of the whole run
  int64_t batch_rows = 0;       // in one step
  std::string unit = "tokens";  // what a row is, plural: "tokens", "images"
  // What the run began with: "huggingface:NAME", "run:NAME"; empty (and not written): random weights.
  std::string init{};
  int32_t ranks = 1;  // processes
};

// "step": after each step.
struct StepMetrics {
  int64_t step = 0;
  double loss = 0.0;  // nats a row, before the step's update
  double learning_rate = 0.0;
  double gradient_norm = 0.0;  // before clipping
  bool ternary = false;        // past the transition step
  double strength = 0.0;       // of the quantisation, 0 to 1
  double rows_per_s = 0.0;
  int64_t peak_rss_bytes = 0;
};

// "transition": before the first step with ternary weights.
struct TransitionMetrics {
  int64_t step = 0;
  bool optimiser_reset = false;  // written as "optimiser": "kept" or "reset"
  bool strength_phased = false;  // written as "strength": "stepped" or "phased"
};

// "validation".
struct ValidationMetrics {
  int64_t step = 0;
  double loss = 0.0;               // nats an item
  std::optional<double> accuracy;  // 0 to 1; written as null where the task has none
  int64_t items = 0;               // scored tokens or examples
  bool exported = false;           // computed as the exported file defines it
};

// "codes": how the weights of each ternary layer are spread over -1, 0 and +1, or would be in the 16-bit phase.
struct LayerCodes {
  std::string name;
  double minus = 0.0;  // shares; they sum to 1
  double zero = 0.0;
  double plus = 0.0;
  double changed = 0.0;  // share whose code is another one than in the line before; null in the first
};
struct CodesMetrics {
  int64_t step = 0;
  std::vector<LayerCodes> layers;
};

// "rollback": the run went back to what it was after `step` steps; the lines of steps since are gone.
struct RollbackMetrics {
  int64_t step = 0;
  int64_t from = 0;  // the step that went wrong
  std::string reason;
};

// "end": when the last step is done.
struct EndMetrics {
  int64_t step = 0;
  double train_seconds = 0.0;
};

class MetricsLog {
 public:
  // Writes nothing: for ranks of a run that leave the record to the first.
  MetricsLog() = default;
  // A new run: an empty file, whatever was there before. Throws Error.
  explicit MetricsLog(const std::filesystem::path& path);
  // A run resumed after `step` steps: lines of that step and later go, and so does a last line cut short. A
  // missing file is an empty one. Throws Error, also for a line that is not a JSON object.
  MetricsLog(const std::filesystem::path& path, int64_t step);

  MetricsLog(const MetricsLog&) = delete;
  MetricsLog& operator=(const MetricsLog&) = delete;
  ~MetricsLog();

  // Throw Error where the line cannot be written; the file then ends with the line before.
  void Write(const RunMetrics& metrics);
  void Write(const StepMetrics& metrics);
  void Write(const TransitionMetrics& metrics);
  void Write(const ValidationMetrics& metrics);
  void Write(const CodesMetrics& metrics);
  void Write(const RollbackMetrics& metrics);
  void Write(const EndMetrics& metrics);

 private:
  void WriteLine(const std::string& line);

  std::string path_;
  int descriptor_ = -1;
};

}  // namespace tritwise
