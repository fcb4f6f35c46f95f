// tritwise bench MODEL --only memory: does what `run` does, with ids in place of a text, until the context is full, and
// asks the kernel for the peak.
//
// Prefill and single tokens have both happened by then, so every buffer of the plan has been used. Energy is measured
// afterwards, over tokens that are decoded again and again at the end of the context.
#include <algorithm>
#include <cstdio>
#include <optional>

#include "tools/bench/bench.h"
#include "tools/bench/energy.h"
#include "tools/bench/measure.h"
#include "tools/machine/machine.h"
#include "tools/output.h"
#include "trainer/error_status.h"
#include "tritwise/session.h"

namespace tritwise {
namespace {

constexpr int64_t kDecoded = 8;
constexpr double kEnergySeconds = 1.0;

class Filler {
 public:
  explicit Filler(const BenchModelFlags& flags) : flags_(flags), model_(flags.model.Load()) {
    const Graph& graph = model_->graph();
    PlanOptions options = flags_.model.Options();
    options.threads = flags_.threads.back();
    options.target = flags_.target;
    options.max_outputs = graph.context == 0 ? 0 : 1;
    plan_ = ValueOrThrow(Plan::Make(model_, options));
    if (graph.context == 0) return;
    context_ = std::min(std::max(flags_.contexts[0], int64_t{1}), graph.context);
    session_ = ValueOrThrow(Session::Make(*plan_, {context_, {}}));
  }

  void Fill() {
    if (session_ == nullptr) return FillRows();
    BenchRandom random;
    const auto vocabulary = static_cast<uint32_t>(model_->graph().input_width);
    std::vector<int32_t> prompt;
    for (int64_t i = 0; i < std::max(context_ - kDecoded, int64_t{1}); ++i) {
      prompt.push_back(static_cast<int32_t>(random.Below(vocabulary)));
    }
    last_ = session_->sampler().Sample(ValueOrThrow(plan_->Prefill(*session_, prompt)).row(0));
    while (session_->position() < context_) Decode();
  }

  // Of a token; none where there is nothing to read or to decode.
  std::optional<double> Joules() {
    if (session_ == nullptr || !meter_.why_not().empty() || context_ < 2) return std::nullopt;
    const int64_t from = std::max(context_ - kDecoded, int64_t{1});
    const double start = SecondsNow();
    size_t tokens = 0;
    for (meter_.Start(); SecondsNow() - start < kEnergySeconds;) {
      ThrowIfError(session_->Truncate(from));
      for (; session_->position() < context_; ++tokens) Decode();
    }
    return meter_.Joules() / static_cast<double>(tokens);
  }

  const Model& model() const { return *model_; }
  const Plan& plan() const { return *plan_; }
  int64_t context() const { return context_; }
  uint64_t cache_bytes() const { return session_ == nullptr ? 0 : session_->cache_bytes(); }
  const std::string& why_no_energy() const { return meter_.why_not(); }

 private:
  void Decode() {
    const BatchRow row{session_.get(), last_, true};
    last_ = session_->sampler().Sample(ValueOrThrow(plan_->Forward({std::span(&row, 1)})).row(0));
  }

  void FillRows() {
    const std::vector<BatchRow> rows(static_cast<size_t>(plan_->options().max_rows));
    const auto width = static_cast<size_t>(model_->graph().input_width);
    const std::vector<float> features(rows.size() * width);
    ValueOrThrow(plan_->Forward({rows, features}));
    ValueOrThrow(plan_->Forward({std::span(rows).first(1), std::span(features).first(width)}));
  }

  const BenchModelFlags& flags_;
  std::shared_ptr<const Model> model_;
  std::unique_ptr<Plan> plan_;
  std::unique_ptr<Session> session_;
  int64_t context_ = 0;
  int32_t last_ = 0;
  EnergyMeter meter_;
};

}  // namespace

void BenchMemory(const BenchModelFlags& flags) {
  const uint64_t before = ResidentBytes();
  Filler filler(flags);
  const double start = SecondsNow();
  filler.Fill();
  const double seconds = SecondsNow() - start;
  const std::vector<std::pair<std::string, uint64_t>> parts = {{"file", filler.model().file().bytes().size()},
                                                               {"cache", filler.cache_bytes()},
                                                               {"arena", filler.plan().memory().arena},
                                                               {"before_the_model", before},
                                                               {"peak_rss", PeakResidentBytes()},
                                                               {"own", OwnResidentBytes()},
                                                               {"page_tables", PageTableBytes()}};
  const std::optional<double> joules = filler.Joules();
  if (!flags.json) {
    Table table = {{"memory", "bytes", ""}};
    for (const auto& [part, bytes] : parts) table.push_back({part, std::to_string(bytes), FormatBytes(bytes)});
    PrintTable(table);
    std::printf("\ncontext %lld, filled in %s s; energy: %s\n", static_cast<long long>(filler.context()),
                FormatNumber(seconds, 2).c_str(),
                joules ? (FormatNumber(*joules, 4) + " J a token").c_str() : filler.why_no_energy().c_str());
    return;
  }
  Json object;
  object["context"] = filler.context();
  object["threads"] = filler.plan().options().threads;
  object["rows_at_once"] = filler.plan().options().max_rows;
  object["fill_seconds"] = seconds;
  for (const auto& [part, bytes] : parts) object["memory"][part + "_bytes"] = bytes;
  object["energy"] = {{"joules_per_token", joules ? Json(*joules) : Json()},
                      {"why_not", joules ? Json() : Json(filler.why_no_energy())}};
  PrintJson(object);
}

}  // namespace tritwise
