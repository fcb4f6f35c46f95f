#include "trainer/log/progress.h"

#include <pty.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <limits>
#include <stdexcept>

#include "trainer/log/units.h"

namespace tritwise {
namespace {

// Standard error goes to a pseudo-terminal of some width while this lives.
class Terminal {
 public:
  explicit Terminal(int columns) {
    setenv("TERM", "xterm", 1);
    winsize size = {};
    size.ws_row = 24;
    size.ws_col = static_cast<unsigned short>(columns);
    if (openpty(&master_, &slave_, nullptr, nullptr, &size) != 0) throw std::runtime_error("no pseudo-terminal");
    saved_ = dup(STDERR_FILENO);
    dup2(slave_, STDERR_FILENO);
  }
  Terminal(const Terminal&) = delete;
  Terminal& operator=(const Terminal&) = delete;
  ~Terminal() {
    Restore();
    close(master_);
  }

  // All that was written, once; as the terminal got it, with \r\n for line ends.
  std::string Output() {
    Restore();
    std::string output;
    char buffer[4096];
    for (ssize_t n = 0; (n = read(master_, buffer, sizeof(buffer))) > 0;) output.append(buffer, static_cast<size_t>(n));
    return output;
  }

 private:
  void Restore() {
    if (saved_ < 0) return;
    dup2(saved_, STDERR_FILENO);
    close(saved_);
    close(slave_);  // the last one: reading then ends instead of waiting
    saved_ = -1;
  }
  int master_ = -1;
  int slave_ = -1;
  int saved_ = -1;
};

// What `print` writes to standard error when that is a file.
template <class Print>
std::vector<std::string> PlainLines(Print print) {
  std::FILE* file = std::tmpfile();
  const int saved = dup(STDERR_FILENO);
  dup2(fileno(file), STDERR_FILENO);
  print();
  dup2(saved, STDERR_FILENO);
  close(saved);
  std::rewind(file);
  std::vector<std::string> lines(1);
  for (int c = 0; (c = std::fgetc(file)) != EOF;) {
    if (c == '\n') {
      lines.emplace_back();
    } else {
      lines.back() += static_cast<char>(c);
    }
  }
  std::fclose(file);
  if (lines.back().empty()) lines.pop_back();
  return lines;
}

// A clock that stands still until told.
struct Clock {
  double now = 100.0;
  std::function<double()> Function() {
    return [this] { return now; };
  }
};

StepMetrics ShownStep(int64_t step) {
  StepMetrics metrics;
  metrics.step = step;
  metrics.loss = 4.0;
  metrics.learning_rate = 3e-4;
  metrics.rows_per_s = 12345.0;
  metrics.peak_rss_bytes = int64_t{300} << 20;
  return metrics;
}

ProgressOptions Options(int64_t steps, Clock& clock) {
  ProgressOptions options;
  options.steps = steps;
  options.clock = clock.Function();
  return options;
}

TEST_CASE("Durations show their two largest units") {
  CHECK(DurationText(0.4) == "0 s");
  CHECK(DurationText(59.4) == "59 s");
  CHECK(DurationText(59.6) == "1 min 00 s");
  CHECK(DurationText(185) == "3 min 05 s");
  CHECK(DurationText(3599.7) == "1 h 00 min");
  CHECK(DurationText(2 * 3600 + 7 * 60 + 59) == "2 h 07 min");
  CHECK(DurationText(3 * 86400 + 4 * 3600) == "3 d 04 h");
  CHECK(DurationText(-1) == "0 s");
  CHECK(DurationText(std::nan("")) == "?");
  CHECK(DurationText(std::numeric_limits<double>::infinity()) == "?");
}

TEST_CASE("Counts are grouped by thousands") {
  CHECK(CountText(0) == "0");
  CHECK(CountText(999) == "999");
  CHECK(CountText(1000) == "1,000");
  CHECK(CountText(12345678) == "12,345,678");
  CHECK(CountText(-1234) == "-1,234");
  CHECK(CountText(-123) == "-123");
}

TEST_CASE("Short counts have three digits and a factor") {
  CHECK(ShortCountText(950) == "950");
  CHECK(ShortCountText(999.6) == "1.00 k");
  CHECK(ShortCountText(12345) == "12.3 k");
  CHECK(ShortCountText(999999) == "1.00 M");
  CHECK(ShortCountText(4.56e9) == "4.56 G");
  CHECK(ShortCountText(std::nan("")) == "?");
}

TEST_CASE("Memory is in powers of 1024") {
  CHECK(MemoryText(0) == "0 B");
  CHECK(MemoryText(1023) == "1023 B");
  CHECK(MemoryText(1024) == "1.0 KiB");
  CHECK(MemoryText(3.4 * 1048576) == "3.4 MiB");
  CHECK(MemoryText(300.0 * 1048576) == "300 MiB");
  CHECK(MemoryText(1048575) == "1.0 MiB");
}

TEST_CASE("The phase names the strength only while it grows") {
  CHECK(PhaseText(false, 0.0) == "16-bit");
  CHECK(PhaseText(true, 0.406) == "1.58-bit at 40 %");
  CHECK(PhaseText(true, 0.999) == "1.58-bit at 99 %");
  CHECK(PhaseText(true, 1.0) == "1.58-bit");
}

TEST_CASE("Fields that do not fit go by rank, the rest keeps its order") {
  const std::vector<ProgressField> fields = {{"one", 3}, {"two", 1}, {"three", 2}};
  CHECK(FitFields(fields, 80) == "one  two  three");
  CHECK(FitFields(fields, 15) == "one  two  three");
  CHECK(FitFields(fields, 14) == "one  three");
  CHECK(FitFields(fields, 9) == "one");
  CHECK(FitFields(fields, 2) == "on");
  CHECK(FitFields(fields, 0).empty());
}

TEST_CASE("On a terminal one line is rewritten and shows everything that is asked of it") {
  Clock clock;
  Terminal terminal(120);
  {
    Progress progress(Options(100, clock));
    for (int64_t step = 0; step < 3; ++step) {
      progress.Step(ShownStep(step));
      clock.now += 1.0;
    }
  }
  CHECK(terminal.Output() ==
        "\rstep 1/100  loss 4.000  lr 3.00e-04  16-bit  12.3 k tokens/s  300 MiB\x1b[K"
        "\rstep 2/100  loss 4.000  lr 3.00e-04  16-bit  12.3 k tokens/s  300 MiB  1 min 38 s left\x1b[K"
        "\rstep 3/100  loss 4.000  lr 3.00e-04  16-bit  12.3 k tokens/s  300 MiB  1 min 37 s left\x1b[K\r\n");
}

TEST_CASE("On a narrow terminal the line stays within the width") {
  for (const int columns : {20, 40, 60, 80}) {
    Clock clock;
    Terminal terminal(columns);
    {
      Progress progress(Options(100, clock));
      progress.Step(ShownStep(0));
      clock.now += 1.0;
      progress.Step(ShownStep(1));
    }
    const std::string output = terminal.Output();
    const size_t begin = output.rfind("\rstep 2/100") + 1;
    const size_t end = output.rfind("\x1b[K");
    REQUIRE(begin != 0);
    CHECK(end - begin < static_cast<size_t>(columns));
  }
}

TEST_CASE("A terminal is redrawn at most ten times a second, and at the last step in any case") {
  Clock clock;
  Terminal terminal(80);
  {
    Progress progress(Options(50, clock));
    for (int64_t step = 0; step < 50; ++step) {
      progress.Step(ShownStep(step));
      clock.now += 0.001;
    }
  }
  const std::string output = terminal.Output();
  CHECK(std::count(output.begin(), output.end(), '\x1b') == 2);
  CHECK(output.find("step 50/50") != std::string::npos);
}

TEST_CASE("The rewritten line is ended before another is printed, and only once") {
  Clock clock;
  Terminal terminal(100);
  {
    Progress progress(Options(10, clock));
    progress.Step(ShownStep(0));
    progress.Line("saved {} at step 1");
    progress.Break();
    progress.Line("again");
  }
  const std::string output = terminal.Output();
  CHECK(output.substr(output.find("\x1b[K")) == "\x1b[K\r\nsaved {} at step 1\r\nagain\r\n");
}

TEST_CASE("Without a terminal lines are plain, one about every twentieth of the steps") {
  Clock clock;
  const auto lines = PlainLines([&] {
    Progress progress(Options(100, clock));
    for (int64_t step = 0; step < 100; ++step) progress.Step(ShownStep(step));
  });
  REQUIRE(lines.size() == 21);
  CHECK(lines.front() == "step 1/100  loss 4.000  lr 3.00e-04  16-bit  12.3 k tokens/s  300 MiB");
  CHECK(lines.back().rfind("step 100/100", 0) == 0);
}

TEST_CASE("Without a terminal a slow run prints every ten seconds") {
  Clock clock;
  const auto lines = PlainLines([&] {
    Progress progress(Options(1000000, clock));
    for (int64_t step = 0; step < 101; ++step) {
      progress.Step(ShownStep(step));
      clock.now += 1.0;
    }
  });
  CHECK(lines.size() == 11);
}

TEST_CASE("A validation is printed at once, with accuracy where there is one") {
  Clock clock;
  const auto lines = PlainLines([&] {
    Progress progress(Options(100, clock));
    progress.Validation({49, 2.5, {}, 20480, false});
    progress.Validation({99, 0.25, 0.8812, 10000, true});
  });
  CHECK(lines ==
        std::vector<std::string>{"step 50/100  validation loss 2.5000  20,480 tokens",
                                 "step 100/100  validation loss 0.2500  accuracy 88.12 %  10,000 tokens, as exported"});
}

TEST_CASE("The loss shown is smoothed, and one that is not finite is shown at once") {
  Clock clock;
  const auto lines = PlainLines([&] {
    Progress progress(Options(3, clock));
    StepMetrics metrics = ShownStep(0);
    progress.Step(metrics);
    metrics.step = 1;
    metrics.loss = 2.0;
    progress.Step(metrics);
    metrics.step = 2;
    metrics.loss = std::nan("");
    progress.Step(metrics);
  });
  REQUIRE(lines.size() == 3);
  CHECK(lines[1].find("loss 2.974") != std::string::npos);
  CHECK(lines[2].find("loss ?") != std::string::npos);
}

}  // namespace
}  // namespace tritwise
