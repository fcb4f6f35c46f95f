#include "trainer/log/progress.h"

#include <spdlog/logger.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cmath>
#include <cstdlib>

#include "trainer/log/units.h"

namespace tritwise {
namespace {

constexpr double kRedrawSeconds = 0.1;
constexpr double kPlainSeconds = 10.0;
constexpr double kPlainShare = 0.05;
constexpr double kLossDecay = 0.95;     // of the weights of earlier steps: about the last 20 count
constexpr double kSecondsDecay = 0.98;  // about the last 50
constexpr size_t kUsualColumns = 80;

double SteadySeconds() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

bool StandardErrorIsTerminal() {
  if (isatty(STDERR_FILENO) == 0) return false;
  const char* kind = std::getenv("TERM");
  return kind == nullptr || std::string_view(kind) != "dumb";
}

// Asked each time: the window may have been resized. The last column stays free, some terminals wrap there.
size_t Columns() {
  winsize size = {};
  if (ioctl(STDERR_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col == 0) return kUsualColumns - 1;
  return size.ws_col - size_t{1};
}

// A terminal that is gone is no reason to stop the run.
void WriteToTerminal(std::string_view text) {
  while (!text.empty()) {
    const ssize_t written = write(STDERR_FILENO, text.data(), text.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return;
    text.remove_prefix(static_cast<size_t>(written));
  }
}

std::shared_ptr<spdlog::logger> PlainLogger() {
  auto logger = std::make_shared<spdlog::logger>("progress", std::make_shared<spdlog::sinks::stderr_sink_mt>());
  logger->set_pattern("%v");
  logger->flush_on(spdlog::level::info);
  return logger;
}

}  // namespace

std::string FitFields(std::vector<ProgressField> fields, size_t columns) {
  const auto join = [&fields] {
    std::string line;
    for (const ProgressField& field : fields) {
      if (!line.empty()) line += "  ";
      line += field.text;
    }
    return line;
  };
  std::string line = join();
  while (line.size() > columns && fields.size() > 1) {
    fields.erase(std::min_element(fields.begin(), fields.end(),
                                  [](const ProgressField& a, const ProgressField& b) { return a.rank < b.rank; }));
    line = join();
  }
  return line.substr(0, columns);
}

std::string PhaseText(bool ternary, double strength) {
  if (!ternary) return "16-bit";
  // Not "100 %" before it is.
  const double percent = std::floor(100.0 * strength);
  return strength < 1.0 ? std::string("1.58-bit at ") + FixedText(percent, 0) + " %" : "1.58-bit";
}

Progress::Progress(ProgressOptions options)
    : options_(std::move(options)),
      terminal_(options_.terminal.value_or(StandardErrorIsTerminal())),
      logger_(PlainLogger()) {
  if (!options_.clock) options_.clock = SteadySeconds;
  last_time_ = options_.clock();
  shown_at_ = last_time_;
}

Progress::~Progress() { Break(); }

void Progress::Step(const StepMetrics& metrics) {
  if (options_.silent) return;
  const double now = options_.clock();
  // The first interval holds what comes before the first step too.
  if (steps_seen_ > 0) {
    seconds_sum_ = kSecondsDecay * seconds_sum_ + (now - last_time_);
    seconds_weight_ = kSecondsDecay * seconds_weight_ + 1.0;
  }
  last_time_ = now;
  ++steps_seen_;
  if (std::isfinite(metrics.loss)) {
    loss_sum_ = kLossDecay * loss_sum_ + metrics.loss;
    loss_weight_ = kLossDecay * loss_weight_ + 1.0;
  }

  const bool first = steps_seen_ == 1;
  const bool last = metrics.step + 1 >= options_.steps;
  const double since = now - shown_at_;
  const auto steps_since = static_cast<double>(metrics.step - shown_step_);
  const bool due =
      terminal_ ? since >= kRedrawSeconds
                : since >= kPlainSeconds || steps_since >= std::ceil(kPlainShare * static_cast<double>(options_.steps));
  if (!first && !last && !due) return;
  shown_at_ = now;
  shown_step_ = metrics.step;
  Draw(metrics);
}

double Progress::SecondsLeft(int64_t step) const {
  return seconds_sum_ / seconds_weight_ * static_cast<double>(options_.steps - step - 1);
}

void Progress::Draw(const StepMetrics& metrics) {
  const bool last = metrics.step + 1 >= options_.steps;
  std::vector<ProgressField> fields = {
      {std::string("step ") + std::to_string(metrics.step + 1) + "/" + std::to_string(options_.steps), 9},
      {std::string("loss ") + FixedText(std::isfinite(metrics.loss) ? loss_sum_ / loss_weight_ : metrics.loss, 3), 8},
      {std::string("lr ") + ScientificText(metrics.learning_rate), 3},
      {PhaseText(metrics.ternary, metrics.strength), 5},
      {ShortCountText(metrics.rows_per_s) + " " + options_.unit + "/s", 4},
      {MemoryText(static_cast<double>(metrics.peak_rss_bytes)), 2}};
  if (!last && seconds_weight_ > 0.0) fields.push_back({DurationText(SecondsLeft(metrics.step)) + " left", 7});

  if (!terminal_) {
    logger_->info(FitFields(std::move(fields), std::string::npos));
    return;
  }
  // Carriage return, the line, erase what is left of the one before.
  WriteToTerminal(std::string("\r") + FitFields(std::move(fields), Columns()) + "\x1b[K");
  line_open_ = true;
}

void Progress::Line(std::string_view text) {
  if (options_.silent) return;
  Break();
  logger_->info(text);
}

void Progress::Validation(const ValidationMetrics& metrics) {
  std::string line = std::string("step ") + std::to_string(metrics.step + 1) + "/" + std::to_string(options_.steps) +
                     "  validation loss " + FixedText(metrics.loss, 4);
  if (metrics.accuracy) line += "  accuracy " + FixedText(100.0 * *metrics.accuracy, 2) + " %";
  line += "  " + CountText(metrics.items) + " " + options_.unit;
  if (metrics.exported) line += ", as exported";
  Line(line);
}

void Progress::Break() {
  if (!line_open_) return;
  WriteToTerminal("\n");
  line_open_ = false;
}

}  // namespace tritwise
