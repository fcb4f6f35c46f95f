// Models that read and write text: see engine.h.
#pragma once

#include <deque>
#include <vector>

#include "tools/serve/engine.h"
#include "tools/serve/sequence.h"
#include "tools/serve/slots.h"

namespace tritwise::serve {

class TextEngine : public Engine {
 public:
  TextEngine(std::shared_ptr<const Model> model, const EngineOptions& options, EmitFn emit);

  void Add(Job job) override { waiting_.push_back(std::move(job)); }
  void End(JobId job, Reason reason) override;
  void Grant(JobId job, int64_t deltas) override;
  void Hold(JobId job, bool held) override;
  bool Step(Clock::time_point now) override;
  Clock::time_point NextDeadline() const override;
  EngineLoad load() const override { return {waiting_.size(), running_.size(), slots_.size()}; }
  const EngineCounts& counts() const override { return counts_; }

 private:
  // What of the batch belongs to whom.
  struct Part {
    Sequence* sequence;
    size_t rows;
    size_t outputs;
  };

  Sequence* Find(JobId job);
  // Null for a job that does not ask for JSON.
  const TokenBytes* BytesFor(const Job& job);
  void Expire(Clock::time_point now);
  void Admit(Clock::time_point now);
  void Fill();
  void AddRows(Sequence& sequence, size_t rows);
  void HandOut(const OutputRows& output);
  void Remove();

  std::unique_ptr<Plan> plan_;
  EngineOptions options_;
  EmitFn emit_;
  Slots slots_;
  std::optional<TokenBytes> token_bytes_;  // made when first needed
  std::deque<Job> waiting_;
  std::vector<std::unique_ptr<Sequence>> running_;  // oldest first
  std::vector<BatchRow> rows_;
  std::vector<Part> parts_;
  size_t outputs_ = 0;  // wanted by rows_
  EngineCounts counts_;
};

}  // namespace tritwise::serve
