// What a person sees of a run on standard error: one rewritten line on a terminal, plain lines elsewhere.
//
// On a terminal the line fits its width: the less important fields go first. Elsewhere a line is written
// about every 10 seconds or 5 % of the steps, whichever is sooner, and at every validation. Both go by the
// same StepMetrics as metrics.jsonl. Whoever prints by other means calls Break first. Not thread-safe, and
// not a record of the run: that is metrics.h.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "trainer/log/metrics.h"

namespace spdlog {
class logger;
}

namespace tritwise {

struct ProgressOptions {
  int64_t steps = 0;              // of the whole run
  std::string unit = "tokens";    // what a row is, plural
  bool silent = false;            // says nothing: for ranks of a run that leave it to the first
  std::optional<bool> terminal;   // unset: whether standard error is one
  std::function<double()> clock;  // seconds from any beginning; unset: the system's steady clock
};

class Progress {
 public:
  explicit Progress(ProgressOptions options);
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;
  ~Progress();  // as Break

  // After each step, resumed runs from theirs.
  void Step(const StepMetrics& metrics);
  // A line that stays. On a terminal it takes the place of the rewritten one, which returns with the next step.
  void Line(std::string_view text);
  void Validation(const ValidationMetrics& metrics);
  // Ends the rewritten line, if there is one, so that something else can print.
  void Break();

 private:
  void Draw(const StepMetrics& metrics);
  double SecondsLeft(int64_t step) const;

  ProgressOptions options_;
  bool terminal_ = false;
  bool line_open_ = false;
  std::shared_ptr<spdlog::logger> logger_;

  double shown_at_ = 0.0;  // when a line was last drawn or printed
  int64_t shown_step_ = -1;
  double last_time_ = 0.0;  // of the step before
  int64_t steps_seen_ = 0;
  double loss_sum_ = 0.0;  // exponentially weighted, each with the sum of its weights
  double loss_weight_ = 0.0;
  double seconds_sum_ = 0.0;
  double seconds_weight_ = 0.0;
};

// One field of a line and how long it stays when there is not room for all: the lowest rank goes first.
struct ProgressField {
  std::string text;
  int rank = 0;
};

// The fields with two spaces between them, as many as fit `columns`; what still does not fit is cut.
std::string FitFields(std::vector<ProgressField> fields, size_t columns);

// "16-bit", "1.58-bit", or while quantisation is phased in "1.58-bit at 40 %".
std::string PhaseText(bool ternary, double strength);

}  // namespace tritwise
