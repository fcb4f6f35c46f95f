// Models that read rows of features: classification, as many rows at a time as the plan holds.
#pragma once

#include <deque>

#include "tools/serve/engine.h"
#include "tritwise/plan.h"

namespace tritwise::serve {

class RowEngine : public Engine {
 public:
  RowEngine(std::shared_ptr<const Model> model, const EngineOptions& options, EmitFn emit);

  void Add(Job job) override { jobs_.push_back(std::move(job)); }
  void End(JobId job, Reason reason) override;
  void Grant(JobId, int64_t) override {}
  void Hold(JobId, bool) override {}
  bool Step(Clock::time_point now) override;
  Clock::time_point NextDeadline() const override;
  EngineLoad load() const override { return {jobs_.size(), 0, 1}; }
  const EngineCounts& counts() const override { return counts_; }

 private:
  Classified Classify(const Classification& work);

  std::unique_ptr<Plan> plan_;
  EmitFn emit_;
  std::deque<Job> jobs_;
  EngineCounts counts_;
};

}  // namespace tritwise::serve
