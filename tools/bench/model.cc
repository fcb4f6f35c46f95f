// tritwise bench MODEL: how fast a model runs here, and in how much memory. Each figure is the median of several
// repetitions; none is printed unless the logits of single rows and of whole batches agree bit for bit.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <functional>
#include <set>
#include <string>
#include <vector>

#include "tools/bench/bench.h"
#include "tools/machine.h"
#include "tools/output.h"
#include "trainer/error_status.h"
#include "tritwise/session.h"

namespace tritwise {
namespace {

using Clock = std::chrono::steady_clock;

constexpr size_t kPrefillTokens = 256;
constexpr size_t kDecodeTokens = 64;
constexpr size_t kLeastRepetitions = 5;
constexpr size_t kMostRepetitions = 200;
constexpr double kSecondsAFigure = 1.5;

struct Speed {
  size_t rows = 0;  // computed in a repetition
  size_t repetitions = 0;
  double rows_per_s = 0.0;  // median
  double fastest = 0.0;
  double slowest = 0.0;
};

// Runs `prepare`, then `work` against the clock, again and again; the first time is not counted.
Speed Measure(size_t rows, const std::function<void()>& prepare, const std::function<void()>& work) {
  std::vector<double> seconds;
  double total = 0.0;
  for (size_t i = 0; i <= kMostRepetitions && (seconds.size() < kLeastRepetitions || total < kSecondsAFigure); ++i) {
    prepare();
    const auto start = Clock::now();
    work();
    const double took = std::chrono::duration<double>(Clock::now() - start).count();
    total += took;
    if (i != 0) seconds.push_back(took);
  }
  std::sort(seconds.begin(), seconds.end());
  const auto rate = [&](double s) { return static_cast<double>(rows) / s; };
  return {rows, seconds.size(), rate(seconds[seconds.size() / 2]), rate(seconds.front()), rate(seconds.back())};
}

// The same numbers on every machine.
uint32_t NextRandom(uint32_t* state) {
  *state = *state * 1664525u + 1013904223u;
  return *state >> 8;
}

void CheckEqual(std::span<const float> a, std::span<const float> b, const char* what) {
  if (std::memcmp(a.data(), b.data(), a.size_bytes()) != 0) {
    throw Error(std::string("parity check failed: ") + what + " differ; no speed of a wrong result is printed");
  }
}

// What bench does with a model, whatever its input.
class Subject {
 public:
  virtual ~Subject() = default;
  virtual void CheckParity() = 0;
  virtual Speed Prefill() = 0;  // many rows in a pass
  virtual Speed Decode() = 0;   // one row in a pass
  virtual uint64_t cache_bytes() const = 0;
};

class TextSubject : public Subject {
 public:
  explicit TextSubject(Plan& plan) : plan_(plan), session_(ValueOrThrow(Session::Make(plan, {}))) {
    const auto context = static_cast<size_t>(session_->context());
    uint32_t random = 1;
    for (size_t i = 0; i < std::min(context, kPrefillTokens); ++i) {
      tokens_.push_back(static_cast<int32_t>(NextRandom(&random) % plan.model()->graph().input_width));
    }
  }

  void CheckParity() override {
    const auto max_rows = static_cast<size_t>(plan_.options().max_rows);
    std::set<size_t> lengths = {1, 2, 3, max_rows - 1, max_rows, max_rows + 1, tokens_.size()};
    session_->Reset();
    for (size_t n = 1; n <= tokens_.size(); ++n) {
      const OutputRows output = Step(tokens_[n - 1]);
      if (lengths.count(n) != 0) decoded_.emplace_back(output.row(0).begin(), output.row(0).end());
    }
    auto decoded = decoded_.begin();
    for (const size_t n : lengths) {
      if (n == 0 || n > tokens_.size()) continue;
      session_->Reset();
      CheckEqual(ValueOrThrow(plan_.Prefill(*session_, std::span(tokens_).first(n))).row(0), *decoded++,
                 "logits of decoding and of prefill");
    }
  }

  Speed Prefill() override {
    return Measure(
        tokens_.size(), [&] { session_->Reset(); }, [&] { ValueOrThrow(plan_.Prefill(*session_, tokens_)); });
  }

  Speed Decode() override {
    const size_t count = std::max<size_t>(1, std::min(kDecodeTokens, tokens_.size() / 2));
    const size_t before = tokens_.size() - count;
    session_->Reset();
    if (before != 0) ValueOrThrow(plan_.Prefill(*session_, std::span(tokens_).first(before)));
    return Measure(
        count, [&] { ThrowIfError(session_->Truncate(static_cast<int64_t>(before))); },
        [&] {
          for (size_t i = before; i < tokens_.size(); ++i) Step(tokens_[i]);
        });
  }

  uint64_t cache_bytes() const override { return session_->cache_bytes(); }

 private:
  OutputRows Step(int32_t token) {
    const BatchRow row{session_.get(), token, true};
    return ValueOrThrow(plan_.Forward({std::span(&row, 1)}));
  }

  Plan& plan_;
  std::unique_ptr<Session> session_;
  std::vector<int32_t> tokens_;
  std::vector<std::vector<float>> decoded_;
};

class FeatureSubject : public Subject {
 public:
  explicit FeatureSubject(Plan& plan)
      : plan_(plan),
        rows_(static_cast<size_t>(plan.options().max_rows)),
        width_(static_cast<size_t>(plan.model()->graph().input_width)) {
    uint32_t random = 1;
    for (size_t i = 0; i < rows_.size() * width_; ++i) {
      features_.push_back(static_cast<float>(NextRandom(&random) % 256) / 255.0f);
    }
  }

  void CheckParity() override {
    const OutputRows all = Rows(0, rows_.size());
    std::vector<std::vector<float>> scores;
    for (size_t i = 0; i < all.rows; ++i) scores.emplace_back(all.row(i).begin(), all.row(i).end());
    for (size_t i = 0; i < scores.size(); ++i)
      CheckEqual(Rows(i, 1).row(0), scores[i], "scores of one row and of many");
  }

  Speed Prefill() override {
    return Measure(
        rows_.size(), [] {}, [&] { Rows(0, rows_.size()); });
  }

  Speed Decode() override {
    return Measure(
        rows_.size(), [] {},
        [&] {
          for (size_t i = 0; i < rows_.size(); ++i) Rows(i, 1);
        });
  }

  uint64_t cache_bytes() const override { return 0; }

 private:
  OutputRows Rows(size_t first, size_t count) {
    return ValueOrThrow(
        plan_.Forward({std::span(rows_).first(count), std::span(features_).subspan(first * width_, count * width_)}));
  }

  Plan& plan_;
  std::vector<BatchRow> rows_;
  size_t width_;
  std::vector<float> features_;
};

std::unique_ptr<Subject> MakeSubject(const std::string& path, Plan& plan) {
  const Graph& graph = plan.model()->graph();
  const bool tokens = graph.input == InputKind::kTokens;
  if (tokens != (graph.context != 0)) throw Error(path + ": bench knows texts and independent rows of features only");
  if (tokens) return std::make_unique<TextSubject>(plan);
  return std::make_unique<FeatureSubject>(plan);
}

// Kernels by operation, each choice once.
std::vector<std::string> KernelsOf(const Plan& plan) {
  std::vector<std::string> kernels;
  for (const PlannedOp& op : plan.ops()) {
    const std::string line = op.kind + ": " + op.kernels;
    if (std::find(kernels.begin(), kernels.end(), line) == kernels.end()) kernels.push_back(line);
  }
  return kernels;
}

Json SpeedJson(const Speed& speed) {
  return {{"tokens_per_s", speed.rows_per_s},
          {"fastest", speed.fastest},
          {"slowest", speed.slowest},
          {"tokens", speed.rows},
          {"repetitions", speed.repetitions}};
}

}  // namespace

void BenchModel(const BenchModelFlags& flags) {
  const auto model = flags.model.Load();
  PlanOptions options = flags.model.Options();
  if (model->graph().context != 0) options.max_outputs = 1;
  const auto plan = ValueOrThrow(Plan::Make(model, options));
  const auto subject = MakeSubject(flags.model.path, *plan);
  subject->CheckParity();
  const Speed prefill = subject->Prefill();
  const Speed decode = subject->Decode();
  const MemoryReport& memory = plan->memory();
  const std::vector<std::pair<std::string, uint64_t>> parts = {{"file", model->file().bytes().size()},
                                                               {"weights", memory.weights()},
                                                               {"ternary", memory.ternary},
                                                               {"plain", memory.plain},
                                                               {"embedding_head", memory.embedding_head},
                                                               {"scales", memory.scales},
                                                               {"other", memory.other},
                                                               {"cache", subject->cache_bytes()},
                                                               {"arena", memory.arena},
                                                               {"peak_rss", PeakResidentBytes()}};
  if (flags.json) {
    Json object;
    object["machine"] = {{"cpu", CpuModel()},
                         {"target", plan->options().target},
                         {"threads", plan->options().threads},
                         {"kernels", KernelsOf(*plan)}};
    object["prefill"] = SpeedJson(prefill);
    object["decode"] = SpeedJson(decode);
    for (const auto& [part, bytes] : parts) object["memory"][part + "_bytes"] = bytes;
    PrintJson(object);
    return;
  }
  std::printf("%s, %s, %d threads; decoding and prefill agree bit for bit\n\n", CpuModel().c_str(),
              plan->options().target.c_str(), plan->options().threads);
  const auto row = [](const char* name, const Speed& s) -> std::vector<std::string> {
    return {name, FormatNumber(s.rows_per_s, 1), FormatNumber(s.slowest, 1), FormatNumber(s.fastest, 1),
            std::to_string(s.repetitions) + " x " + std::to_string(s.rows)};
  };
  PrintTable({{"", "tokens/s", "slowest", "fastest", "measured"}, row("prefill", prefill), row("decode", decode)});
  std::puts("");
  std::vector<std::vector<std::string>> table = {{"memory", "bytes", ""}};
  for (const auto& [part, bytes] : parts) table.push_back({part, std::to_string(bytes), FormatBytes(bytes)});
  PrintTable(table);
}

}  // namespace tritwise
