#include "tools/bench/model_speed.h"

#include <algorithm>
#include <chrono>
#include <map>

#include "tools/bench/page_cache.h"
#include "tools/bench/subject.h"
#include "tools/machine/machine.h"
#include "tools/token_bytes.h"
#include "trainer/error_status.h"
#include "tritwise/session.h"

namespace tritwise {
namespace {

class ModelBench {
 public:
  ModelBench(const BenchModelFlags& flags, Limits& limits)
      : flags_(flags), limits_(limits), effort_(flags.quick ? Effort{1, 1, 0.0} : Effort{5, 200, 1.0}) {}

  ModelSpeed Measure() {
    ResetPeakResidentBytes();  // what the limits were measured with does not count
    MeasureStarts();
    Load();
    MeasureTop();
    TakeMemory();
    MeasureFirstToken();
    MeasureRest();
    ShareOfDot();
    ShareOfRead();
    return std::move(speed_);
  }

 private:
  int threads() const { return flags_.threads.back(); }

  PlanOptions Options(int threads, size_t outputs) const {
    PlanOptions options = flags_.model.Options();
    options.threads = threads;
    options.target = flags_.target;
    if (tokens_) options.max_outputs = static_cast<int32_t>(outputs);
    options.max_rows = std::max(options.max_rows, options.max_outputs);
    return options;
  }
  std::unique_ptr<Plan> MakePlan(int threads, size_t outputs = 1) const {
    return ValueOrThrow(Plan::Make(model_, Options(threads, outputs)));
  }

  void Load() {
    const Effort effort = flags_.quick ? effort_ : Effort{3, 20, 0.5};
    const auto load = [&](bool checked) {
      return tritwise::Measure(
          effort, 1.0, [&] { model_.reset(); },
          [&] { model_ = ValueOrThrow(Model::Load(flags_.model.path, {checked})); });
    };
    speed_.unchecked_loads_per_s = load(false);
    speed_.loads_per_s = load(!flags_.model.no_verify);
    tokens_ = model_->graph().input == InputKind::kTokens;
    subject_ = tokens_ ? MakeTextSubject(flags_, model_) : MakeFeatureSubject(model_, PlanOptions().max_rows);
    speed_.prompt_tokens = subject_->prompt_rows();
  }

  // From the file's name to the first token of a short prompt.
  double Start(bool checked) {
    constexpr size_t kPrompt = 8;
    const auto begin = std::chrono::steady_clock::now();
    model_ = ValueOrThrow(Model::Load(flags_.model.path, {checked}));
    const Graph& graph = model_->graph();
    tokens_ = graph.input == InputKind::kTokens;
    const auto plan = MakePlan(threads());
    if (tokens_) {
      const std::vector<int32_t> prompt(std::min<size_t>(kPrompt, static_cast<size_t>(graph.context)), 0);
      speed_.start_tokens = prompt.size();
      ValueOrThrow(plan->Prefill(*ValueOrThrow(Session::Make(*plan, {})), prompt));
    } else {
      const std::vector<float> features(static_cast<size_t>(graph.input_width));
      const BatchRow row;
      ValueOrThrow(plan->Forward({std::span(&row, 1), features}));
    }
    const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
    model_.reset();
    return seconds;
  }

  void MeasureStarts() {
    constexpr double kForgotten = 0.01;
    const size_t repetitions = flags_.quick ? 1 : 5;
    for (const bool from_disk : {true, false}) {
      for (const bool checked : {true, false}) {
        if (checked && flags_.model.no_verify) continue;
        std::vector<double> seconds;
        for (size_t i = 0; i < repetitions; ++i) {
          if (from_disk) {
            speed_.kept_in_memory = DropFromMemory(flags_.model.path);
            if (speed_.kept_in_memory > kForgotten) break;
          }
          seconds.push_back(Start(checked));
        }
        if (seconds.empty()) continue;
        std::sort(seconds.begin(), seconds.end());
        speed_.starts.push_back({from_disk, checked, seconds[seconds.size() / 2], seconds.size()});
      }
    }
  }

  void MeasurePrefill(Plan& plan) {
    const Work work = subject_->Prefill(plan);
    speed_.prefill.push_back({plan.options().threads, Time(work)});
  }
  void MeasureDecode(Plan& plan, size_t batch, int64_t context) {
    const Work work = subject_->Decode(plan, batch, context);
    speed_.decode.push_back({plan.options().threads, batch, context, Time(work)});
  }
  Rate Time(const Work& work) const {
    return tritwise::Measure(effort_, static_cast<double>(work.rows), work.prepare, work.run);
  }

  // The figures at the top: nothing but what a program that runs the model would do, so that its memory is known.
  void MeasureTop() {
    top_plan_ = MakePlan(threads());
    const auto& options = top_plan_->options();
    speed_.target = options.target;
    for (const PlannedOp& op : top_plan_->ops()) {
      const std::string line = op.kind + ": " + op.kernels;
      if (std::find(speed_.kernels.begin(), speed_.kernels.end(), line) == speed_.kernels.end()) {
        speed_.kernels.push_back(line);
      }
    }
    subject_->CheckParity(*top_plan_);
    MeasurePrefill(*top_plan_);
    MeasureDecode(*top_plan_, 1, subject_->contexts()[0]);
  }

  void TakeMemory() {
    const MemoryReport& memory = top_plan_->memory();
    speed_.memory = {{"file", model_->file().bytes().size()},
                     {"weights", memory.weights()},
                     {"ternary", memory.ternary},
                     {"plain", memory.plain},
                     {"embedding_head", memory.embedding_head},
                     {"scales", memory.scales},
                     {"other", memory.other},
                     {"cache", subject_->cache_bytes()},
                     {"arena", memory.arena},
                     {"peak_rss", PeakResidentBytes()}};
  }

  void MeasureFirstToken() {
    const Effort effort = flags_.quick ? effort_ : Effort{3, 20, 0.5};
    speed_.first_tokens_per_s = tritwise::Measure(
        effort, 1.0, [] {},
        [&] {
          const auto plan = MakePlan(threads());
          if (!tokens_) return subject_->Decode(*plan, 1, 0).run();
          const std::vector<int32_t> prompt(speed_.prompt_tokens, 0);
          const auto session = ValueOrThrow(Session::Make(*plan, {}));
          ValueOrThrow(plan->Prefill(*session, prompt));
        });
  }

  // Other contexts, numbers of sequences and of threads.
  void MeasureRest() {
    const std::vector<int64_t> contexts = subject_->contexts();
    for (auto count = flags_.threads.rbegin(); count != flags_.threads.rend(); ++count) {
      const bool top = *count == threads();
      std::unique_ptr<Plan> own;
      if (!top) {
        own = MakePlan(*count);
        subject_->CheckParity(*own);
        MeasurePrefill(*own);
      }
      Plan& plan = top ? *top_plan_ : *own;
      for (size_t i = top ? 1 : 0; i < contexts.size(); ++i) MeasureDecode(plan, 1, contexts[i]);
      for (const size_t batch : subject_->batches()) {
        if (batch == 1) continue;
        const auto batch_plan = MakePlan(*count, batch);
        subject_->CheckBatch(*batch_plan, batch);
        MeasureDecode(*batch_plan, batch, contexts[0]);
      }
    }
  }

  size_t rounds() const { return flags_.quick ? 2 : 7; }

  double TernaryOperations() const {
    const Graph& graph = model_->graph();
    const std::vector<PlannedOp> planned = top_plan_->ops();
    double operations = 0.0;
    for (size_t i = 0; i < graph.ops.size(); ++i) {
      const auto* linear = std::get_if<TernaryLinearAttrs>(&graph.ops[i].attrs);
      if (linear == nullptr) continue;
      const TensorSpec& weight = graph.tensors[static_cast<size_t>(linear->weight)];
      operations += 2.0 * static_cast<double>(weight.rows) * static_cast<double>(weight.cols) *
                    static_cast<double>(subject_->PrefillRows(planned[i]));
    }
    return operations;
  }

  // Peak, prefill and prefill by operation take turns.
  void ShareOfDot() {
    const Graph& graph = model_->graph();
    const auto executor = ValueOrThrow(runtime::Executor::Make(model_, Options(threads(), 1)));
    Multiplier multiplier = limits_.MakeMultiplier(static_cast<size_t>(threads()));
    const Work prefill = subject_->Prefill(*top_plan_);
    std::vector<double> dot;
    std::vector<double> whole;
    std::vector<double> ternary;
    std::map<std::string, std::vector<double>> kinds;
    for (size_t round = 0; round < rounds(); ++round) {
      dot.push_back(multiplier.operations() / multiplier.Multiply());
      prefill.prepare();
      const double start = SecondsNow();
      prefill.run();
      whole.push_back(SecondsNow() - start);
      std::vector<double> by_op(graph.ops.size());
      subject_->PrefillByOperation(*executor, by_op);
      std::map<std::string, double> by_kind;
      for (size_t i = 0; i < by_op.size(); ++i) by_kind[std::string(OpKindName(graph.ops[i].kind()))] += by_op[i];
      for (const auto& [kind, seconds] : by_kind) kinds[kind].push_back(seconds);
      ternary.push_back(by_kind[std::string(OpKindName(OpKind::kTernaryLinear))]);
    }
    PrefillShare& share = speed_.prefill_share;
    share.rounds = rounds();
    share.operations = TernaryOperations();
    share.dot_operations_per_s = Median(dot);
    share.whole_seconds = Median(whole);
    share.ternary_seconds = Median(ternary);
    if (share.operations > 0.0) {
      share.share = share.operations / share.ternary_seconds / share.dot_operations_per_s;
      share.share_whole = share.operations / share.whole_seconds / share.dot_operations_per_s;
    }
    for (const auto& [kind, seconds] : kinds) share.by_kind.push_back({kind, Median(seconds)});
    std::sort(share.by_kind.begin(), share.by_kind.end(),
              [](const OperationTime& a, const OperationTime& b) { return a.seconds > b.seconds; });
  }

  // Decoding and reading take turns.
  void ShareOfRead() {
    const int64_t context = subject_->contexts()[0];
    const auto count = static_cast<size_t>(threads());
    const auto buffer = limits_.MakeBuffer(count);
    Reader reader = limits_.MakeReader(*buffer, count);
    const kernels::ReadManner manner = limits_.BestRead(count).manner;
    const Work decode = subject_->Decode(*top_plan_, 1, context);
    std::vector<double> read;
    std::vector<double> decoded;
    for (size_t round = 0; round < rounds(); ++round) {
      read.push_back(static_cast<double>(buffer->size()) / reader.Read(manner));
      decode.prepare();
      const double start = SecondsNow();
      decode.run();
      decoded.push_back(static_cast<double>(decode.rows) / (SecondsNow() - start));
    }
    DecodeShare& share = speed_.decode_share;
    share.rounds = rounds();
    const double positions = subject_->DecodePositions(context, decode.rows);
    share.bytes_a_token = TokenBytes(model_->graph(), Options(1, 1), static_cast<int64_t>(positions));
    share.tokens_per_s = Median(decoded);
    share.read_bytes_per_s = Median(read);
    share.share = static_cast<double>(share.bytes_a_token) * share.tokens_per_s / share.read_bytes_per_s;
  }

  const BenchModelFlags& flags_;
  Limits& limits_;
  Effort effort_;
  std::shared_ptr<const Model> model_;
  bool tokens_ = true;
  std::unique_ptr<Subject> subject_;
  std::unique_ptr<Plan> top_plan_;
  ModelSpeed speed_;
};

}  // namespace

void CheckModel(const BenchModelFlags& flags) {
  const auto model = flags.model.Load();
  const Graph& graph = model->graph();
  if ((graph.input == InputKind::kTokens) != (graph.context != 0)) {
    throw Error(flags.model.path + ": bench knows texts and independent rows of features only");
  }
}

ModelSpeed MeasureModel(const BenchModelFlags& flags, Limits& limits) { return ModelBench(flags, limits).Measure(); }

}  // namespace tritwise
