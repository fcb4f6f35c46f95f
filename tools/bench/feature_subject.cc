// Networks that read rows of features: each row stands for itself, so there is no cache and no sequence.
#include "tools/bench/measure.h"
#include "tools/bench/subject.h"
#include "trainer/error_status.h"

namespace tritwise {
namespace {

class FeatureSubject : public Subject {
 public:
  FeatureSubject(std::shared_ptr<const Model> model, int32_t max_rows)
      : rows_(static_cast<size_t>(max_rows)), width_(static_cast<size_t>(model->graph().input_width)) {
    BenchRandom random;
    for (size_t i = 0; i < rows_.size() * width_; ++i) {
      features_.push_back(static_cast<float>(random.Below(256)) / 255.0f);
    }
  }

  void CheckParity(Plan& plan) override {
    if (scores_.empty()) {
      for (size_t i = 0; i < rows_.size(); ++i) {
        const OutputRows one = Rows(plan, i, 1);
        scores_.emplace_back(one.row(0).begin(), one.row(0).end());
      }
    }
    CheckAll(ValueOrThrow(plan.Forward({rows_, features_})));
    CheckSameBits(Rows(plan, 0, 1).row(0), scores_[0], "scores of one row");
  }
  void CheckBatch(Plan&, size_t) override {}

  Work Prefill(Plan& plan) override {
    return {rows_.size(), [] {}, [&] { Rows(plan, 0, rows_.size()); }};
  }
  Work Decode(Plan& plan, size_t, int64_t) override {
    return {rows_.size(), [] {},
            [&] {
              for (size_t i = 0; i < rows_.size(); ++i) Rows(plan, i, 1);
            }};
  }
  void PrefillByOperation(runtime::Executor& executor, std::span<double> seconds) override {
    CheckAll(ForwardByOperation(executor, {rows_, features_}, seconds));
  }
  size_t PrefillRows(const PlannedOp&) const override { return rows_.size(); }

  std::vector<size_t> batches() const override { return {1}; }
  std::vector<int64_t> contexts() const override { return {0}; }
  size_t prompt_rows() const override { return rows_.size(); }
  double DecodePositions(int64_t, size_t) const override { return 0.0; }
  uint64_t cache_bytes() const override { return 0; }

 private:
  OutputRows Rows(Plan& plan, size_t first, size_t count) {
    return ValueOrThrow(
        plan.Forward({std::span(rows_).first(count), std::span(features_).subspan(first * width_, count * width_)}));
  }
  void CheckAll(const OutputRows& all) const {
    for (size_t i = 0; i < rows_.size(); ++i) CheckSameBits(all.row(i), scores_[i], "scores of one row and of many");
  }

  std::vector<BatchRow> rows_;
  size_t width_;
  std::vector<float> features_;
  std::vector<std::vector<float>> scores_;  // of each row by itself
};

}  // namespace

std::unique_ptr<Subject> MakeFeatureSubject(std::shared_ptr<const Model> model, int32_t max_rows) {
  return std::make_unique<FeatureSubject>(std::move(model), max_rows);
}

}  // namespace tritwise
