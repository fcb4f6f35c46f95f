// Networks that read tokens: prompts, and sequences that decode alone or together, each a session.
#include <algorithm>
#include <cmath>

#include "tools/bench/measure.h"
#include "tools/bench/subject.h"
#include "trainer/error_status.h"
#include "tritwise/session.h"

namespace tritwise {
namespace {

constexpr size_t kMostDecoded = 64;
constexpr double kDecodeSeconds = 0.5;  // of a repetition
constexpr size_t kBatchSteps = 2;       // that the check of a batch takes

class TextSubject : public Subject {
 public:
  TextSubject(const BenchModelFlags& flags, std::shared_ptr<const Model> model)
      : flags_(flags), model_(std::move(model)), context_(model_->graph().context) {
    BenchRandom random;
    const auto vocabulary = static_cast<uint32_t>(model_->graph().input_width);
    for (int64_t i = 0; i < context_; ++i) tokens_.push_back(static_cast<int32_t>(random.Below(vocabulary)));
    prompt_ = std::span<const int32_t>(tokens_).first(
        static_cast<size_t>(std::min({flags.prompt, context_, int64_t{flags.quick ? 40 : 1 << 24}})));
  }

  void CheckParity(Plan& plan) override {
    const auto max_rows = static_cast<size_t>(plan.options().max_rows);
    Session& session = SessionOf(plan, 0);
    session.Reset();
    std::vector<size_t> lengths = {1, 2, 3, max_rows - 1, max_rows, max_rows + 1};
    std::erase_if(lengths, [&](size_t n) { return n == 0 || n > prompt_.size(); });
    std::sort(lengths.begin(), lengths.end());
    lengths.erase(std::unique(lengths.begin(), lengths.end()), lengths.end());
    if (decoded_.empty()) {
      for (size_t n = 1; n <= lengths.back(); ++n)
        decoded_.push_back(Step(plan, {{&session, tokens_[n - 1], true}})[0]);
    } else {
      CheckSameBits(Step(plan, {{&session, tokens_[0], true}})[0], decoded_[0], "logits of decoding");
    }
    for (const size_t n : lengths) {
      session.Reset();
      CheckSameBits(ValueOrThrow(plan.Prefill(session, prompt_.first(n))).row(0), decoded_[n - 1],
                    "logits of decoding and of prefill");
    }
    session.Reset();
    const OutputRows output = ValueOrThrow(plan.Prefill(session, prompt_));
    if (prompt_logits_.empty()) prompt_logits_.assign(output.row(0).begin(), output.row(0).end());
    CheckSameBits(output.row(0), prompt_logits_, "logits of the prompt");
  }

  void CheckBatch(Plan& plan, size_t batch) override {
    const size_t steps = std::min<size_t>(kBatchSteps, tokens_.size());
    for (size_t i = alone_.size() / steps; i < batch; ++i) {
      Session& session = SessionOf(plan, i);
      session.Reset();
      for (size_t step = 0; step < steps; ++step) {
        alone_.push_back(Step(plan, {{&session, TokenOf(i, step), true}})[0]);
      }
    }
    for (size_t i = 0; i < batch; ++i) SessionOf(plan, i).Reset();
    for (size_t step = 0; step < steps; ++step) {
      std::vector<BatchRow> rows;
      for (size_t i = 0; i < batch; ++i) rows.push_back({&SessionOf(plan, i), TokenOf(i, step), true});
      const auto together = Step(plan, rows);
      for (size_t i = 0; i < batch; ++i) {
        CheckSameBits(together[i], alone_[i * steps + step], "logits of a sequence alone and among others");
      }
    }
  }

  Work Prefill(Plan& plan) override {
    Session& session = SessionOf(plan, 0);
    return {prompt_.size(), [&session] { session.Reset(); },
            [this, &plan, &session] { ValueOrThrow(plan.Prefill(session, prompt_)); }};
  }

  Work Decode(Plan& plan, size_t batch, int64_t context) override {
    std::vector<BatchRow> rows;
    for (size_t i = 0; i < batch; ++i) {
      Session& session = SessionOf(plan, i);
      const int64_t have = std::min(session.position(), context);
      ThrowIfError(session.Truncate(have));
      const auto missing =
          std::span<const int32_t>(tokens_).subspan(static_cast<size_t>(have), static_cast<size_t>(context - have));
      if (!missing.empty()) ValueOrThrow(plan.Prefill(session, missing));
      rows.push_back({&session, TokenOf(i, static_cast<size_t>(context)), true});
    }
    const auto prepare = [rows, context] {
      for (const BatchRow& row : rows) ThrowIfError(row.session->Truncate(context));
    };
    const size_t steps = StepsOf(plan, rows, context);
    prepare();
    return {batch * steps, prepare, [&plan, rows, steps] {
              for (size_t step = 0; step < steps; ++step) ValueOrThrow(plan.Forward({rows}));
            }};
  }

  void PrefillByOperation(runtime::Executor& executor, std::span<double> seconds) override {
    Session& session = *sessions_.at(0);
    session.Reset();
    const auto max_rows = static_cast<size_t>(executor.options().max_rows);
    OutputRows output;
    for (size_t begin = 0; begin < prompt_.size(); begin += max_rows) {
      const size_t end = std::min(prompt_.size(), begin + max_rows);
      std::vector<BatchRow> rows;
      for (size_t i = begin; i < end; ++i) rows.push_back({&session, prompt_[i], i + 1 == prompt_.size()});
      output = ForwardByOperation(executor, {rows}, seconds);
    }
    CheckSameBits(output.row(0), prompt_logits_, "logits of the prompt, operation by operation,");
  }

  size_t PrefillRows(const PlannedOp& op) const override { return op.output_rows_only ? 1 : prompt_.size(); }

  std::vector<size_t> batches() const override { return {flags_.batches.begin(), flags_.batches.end()}; }
  // As far as they leave room for what is decoded.
  std::vector<int64_t> contexts() const override {
    std::vector<int64_t> contexts;
    for (const int64_t context : flags_.contexts) {
      const int64_t fits = std::clamp<int64_t>(context, 0, std::max<int64_t>(0, context_ - DecodedAtMost()));
      if (std::find(contexts.begin(), contexts.end(), fits) == contexts.end()) contexts.push_back(fits);
    }
    return contexts;
  }
  size_t prompt_rows() const override { return prompt_.size(); }
  double DecodePositions(int64_t context, size_t rows) const override {
    return static_cast<double>(context) + static_cast<double>(rows + 1) / 2.0;
  }
  uint64_t cache_bytes() const override { return sessions_.at(0)->cache_bytes(); }

 private:
  int64_t DecodedAtMost() const {
    if (flags_.quick) return 4;
    return std::min(context_, flags_.decode_tokens != 0 ? flags_.decode_tokens : int64_t{kMostDecoded});
  }

  // How many tokens each sequence decodes in a repetition.
  size_t StepsOf(Plan& plan, const std::vector<BatchRow>& rows, int64_t context) const {
    const auto most = static_cast<size_t>(std::min(DecodedAtMost(), context_ - context));
    if (flags_.decode_tokens != 0 || flags_.quick) return most;
    const double start = SecondsNow();
    ValueOrThrow(plan.Forward({rows}));
    const double took = SecondsNow() - start;
    return std::clamp(static_cast<size_t>(std::lround(kDecodeSeconds / std::max(took, 1e-6))),
                      std::min<size_t>(4, most), most);
  }

  // The first has the whole context, others what the first of the contexts asks for.
  Session& SessionOf(const Plan& plan, size_t index) {
    while (sessions_.size() <= index) {
      const int64_t used = std::max(contexts()[0] + DecodedAtMost(), int64_t{kBatchSteps});
      const int64_t context = sessions_.empty() ? context_ : std::min(context_, used);
      sessions_.push_back(ValueOrThrow(Session::Make(plan, {context, {}})));
    }
    return *sessions_[index];
  }

  int32_t TokenOf(size_t sequence, size_t position) const {
    return tokens_[(position + 31 * sequence) % tokens_.size()];
  }

  static std::vector<std::vector<float>> Step(Plan& plan, const std::vector<BatchRow>& rows) {
    const OutputRows output = ValueOrThrow(plan.Forward({rows}));
    std::vector<std::vector<float>> logits;
    for (size_t i = 0; i < output.rows; ++i) logits.emplace_back(output.row(i).begin(), output.row(i).end());
    return logits;
  }

  const BenchModelFlags& flags_;
  std::shared_ptr<const Model> model_;
  int64_t context_;
  std::vector<int32_t> tokens_;  // as many as the context holds
  std::span<const int32_t> prompt_;
  std::vector<std::unique_ptr<Session>> sessions_;
  std::vector<std::vector<float>> decoded_;  // logits after each token, one at a time
  std::vector<float> prompt_logits_;
  std::vector<std::vector<float>> alone_;  // logits of sequences by themselves, kBatchSteps each
};

}  // namespace

std::unique_ptr<Subject> MakeTextSubject(const BenchModelFlags& flags, std::shared_ptr<const Model> model) {
  return std::make_unique<TextSubject>(flags, std::move(model));
}

}  // namespace tritwise
