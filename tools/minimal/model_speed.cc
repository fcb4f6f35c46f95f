#include "tools/minimal/model_speed.h"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "tools/machine/machine.h"
#include "tools/model_facts.h"
#include "tritwise/plan.h"
#include "tritwise/session.h"

namespace tritwise::minimal {
namespace {

constexpr int64_t kContext = 128;
constexpr int64_t kMostDecoded = 64;
constexpr double kDecodeSeconds = 0.5;  // of a repetition
constexpr size_t kChecked = 16;         // rows of the check
constexpr Effort kEffort = {5, 200, 1.0};

// A model with numbers to feed it, tokens or independent rows of features, and the plan and session that do so.
class Subject {
 public:
  static Result<Subject> Make(const std::shared_ptr<const Model>& model, const SpeedOptions& options, int64_t threads) {
    const Graph& graph = model->graph();
    if ((graph.input == InputKind::kTokens) != (graph.context != 0)) {
      return Status::Error(StatusCode::kUnsupported, "bench knows texts and independent rows of features only");
    }
    Subject subject;
    PlanOptions plan_options = options.plan;
    plan_options.threads = static_cast<int32_t>(threads);
    if (graph.context != 0) plan_options.max_outputs = 1;
    TRITWISE_ASSIGN_OR_RETURN(subject.plan_, Plan::Make(model, plan_options));
    const auto width = static_cast<uint32_t>(graph.input_width);
    BenchRandom random;
    if (graph.context == 0) {
      subject.rows_.resize(static_cast<size_t>(subject.plan_->options().max_rows));
      subject.features_.resize(subject.rows_.size() * width);
      for (float& x : subject.features_) x = static_cast<float>(random.Below(256)) / 255.0f;
    } else {
      TRITWISE_ASSIGN_OR_RETURN(subject.session_, Session::Make(*subject.plan_, {}));
      for (int64_t i = 0; i < graph.context; ++i) subject.tokens_.push_back(static_cast<int32_t>(random.Below(width)));
    }
    subject.prompt_rows_ =
        graph.context == 0 ? subject.rows_.size() : static_cast<size_t>(std::min(options.prompt, graph.context));
    return subject;
  }

  bool reads_text() const { return session_ != nullptr; }
  Plan& plan() const { return *plan_; }
  Session& session() const { return *session_; }
  size_t prompt_rows() const { return prompt_rows_; }

  // The first rows of all in one call.
  Result<OutputRows> Many(size_t count) {
    if (!reads_text()) return plan_->Forward({std::span(rows_).first(count), Features(0, count)});
    return plan_->Prefill(*session_, std::span<const int32_t>(tokens_).first(count));
  }
  // The one at `index`, which of a text is the session's next.
  Result<OutputRows> One(size_t index) {
    if (!reads_text()) return plan_->Forward({std::span(rows_).first(1), Features(index, 1)});
    const BatchRow row{session_.get(), tokens_[index], true};
    return plan_->Forward({std::span(&row, 1)});
  }
  void Restart() {
    if (reads_text()) session_->Reset();
  }

 private:
  Subject() = default;
  std::span<const float> Features(size_t first, size_t count) const {
    const size_t width = features_.size() / rows_.size();
    return std::span(features_).subspan(first * width, count * width);
  }

  std::unique_ptr<Plan> plan_;
  std::unique_ptr<Session> session_;  // of texts
  std::vector<int32_t> tokens_;       // as many as the context holds
  std::vector<BatchRow> rows_;        // without session, of features
  std::vector<float> features_;
  size_t prompt_rows_ = 0;
};

Status CheckParity(Subject& subject) {
  const size_t count = std::min(subject.prompt_rows(), kChecked);
  std::vector<float> last;
  subject.Restart();
  for (size_t i = 0; i < count; ++i) {
    TRITWISE_ASSIGN_OR_RETURN(const OutputRows one, subject.One(i));
    last.assign(one.row(0).begin(), one.row(0).end());
  }
  subject.Restart();
  TRITWISE_ASSIGN_OR_RETURN(const OutputRows many, subject.Many(count));
  if (std::memcmp(many.row(many.rows - 1).data(), last.data(), last.size() * sizeof(float)) != 0) {
    return Status::Error(StatusCode::kCorrupt,
                         "parity check failed: rows alone and together differ; no speed is printed");
  }
  return {};
}

// What is timed cannot return a failure; the first of them is kept.
class Failures {
 public:
  void Keep(const Result<OutputRows>& result) { Keep(result.status()); }
  void Keep(const Status& status) {
    if (first_.ok()) first_ = status;
  }
  const Status& first() const { return first_; }

 private:
  Status first_;
};

Result<Rate> MeasurePrefill(Subject& subject) {
  Failures failures;
  const size_t rows = subject.prompt_rows();
  const Rate rate = Measure(
      kEffort, static_cast<double>(rows), [&] { subject.Restart(); }, [&] { failures.Keep(subject.Many(rows)); });
  TRITWISE_RETURN_IF_ERROR(failures.first());
  return rate;
}

// Rows of a repetition: what was asked for, or what takes about half a second.
Result<size_t> DecodedRows(Subject& subject, int64_t asked, size_t context, size_t most) {
  if (asked != 0) return static_cast<size_t>(std::min<int64_t>(asked, static_cast<int64_t>(most)));
  const double start = SecondsNow();
  TRITWISE_ASSIGN_OR_RETURN(const OutputRows one, subject.One(context));
  (void)one;
  const auto fits = static_cast<size_t>(std::lround(kDecodeSeconds / std::max(SecondsNow() - start, 1e-6)));
  return std::clamp(fits, std::min<size_t>(4, most), std::min<size_t>(most, kMostDecoded));
}

// With `context` positions before, which all threads must agree on.
Result<Rate> MeasureDecode(Subject& subject, int64_t asked, size_t context) {
  size_t most = subject.prompt_rows();
  subject.Restart();
  if (subject.reads_text()) {
    most = static_cast<size_t>(subject.session().context()) - context;
    if (context != 0) {
      TRITWISE_ASSIGN_OR_RETURN(const OutputRows output, subject.Many(context));
      (void)output;
    }
  }
  TRITWISE_ASSIGN_OR_RETURN(const size_t rows, DecodedRows(subject, asked, context, most));
  Failures failures;
  const auto prepare = [&] {
    if (subject.reads_text()) failures.Keep(subject.session().Truncate(static_cast<int64_t>(context)));
  };
  const auto decode = [&] {
    for (size_t i = 0; i < rows; ++i) failures.Keep(subject.One(context + i));
  };
  const Rate rate = Measure(kEffort, static_cast<double>(rows), prepare, decode);
  TRITWISE_RETURN_IF_ERROR(failures.first());
  return rate;
}

}  // namespace

Result<ModelSpeed> MeasureModel(const std::shared_ptr<const Model>& model, const SpeedOptions& options) {
  const Graph& graph = model->graph();
  const int64_t decoded = options.decoded != 0 ? options.decoded : kMostDecoded;
  ModelSpeed speed;
  speed.context = std::clamp<int64_t>(kContext, 0, std::max<int64_t>(0, graph.context - decoded));
  for (const int64_t threads : options.threads) {
    TRITWISE_ASSIGN_OR_RETURN(Subject subject, Subject::Make(model, options, threads));
    TRITWISE_RETURN_IF_ERROR(CheckParity(subject));
    Speed measured;
    measured.threads = threads;
    TRITWISE_ASSIGN_OR_RETURN(measured.prefill, MeasurePrefill(subject));
    TRITWISE_ASSIGN_OR_RETURN(measured.decode,
                              MeasureDecode(subject, options.decoded, static_cast<size_t>(speed.context)));
    speed.by_threads.push_back(measured);
    if (speed.by_threads.size() > 1) continue;
    speed.target = subject.plan().options().target;
    speed.memory = MemoryParts(subject.plan().memory(), CacheBytes(graph, options.plan, graph.context));
    speed.memory.insert(speed.memory.begin(), {"file", model->file().bytes().size()});
    speed.memory.emplace_back("peak_rss", PeakResidentBytes());
  }
  return speed;
}

}  // namespace tritwise::minimal
