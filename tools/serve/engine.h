// Computes many jobs with one model, together: continuous batching. One thread calls; who else is there is
// engine_thread.h's matter.
//
// Text: at every step each sequence that generates has a row in the batch, and what rows are left go to prompts, oldest
// first, in chunks that keep the step short for those who generate. Sequences join and leave at every step. What one of
// them gives does not depend on the others, to the bit, because no row's result does (plan.h). Rows of features are
// computed as they come.
#pragma once

#include <functional>
#include <memory>

#include "tools/serve/job.h"
#include "tritwise/model.h"
#include "tritwise/plan_options.h"

namespace tritwise::serve {

struct EngineOptions {
  PlanOptions plan;           // max_rows: most rows of a step
  size_t sequences = 8;       // texts computed at a time; each has a cache of `context` positions
  int64_t context = 0;        // 0: the model's
  size_t prefill_chunk = 32;  // most rows of prompts in a step in which others generate
};

struct EngineLoad {
  size_t waiting = 0;
  size_t running = 0;
  size_t sequences = 0;  // that can run at a time
};

// Sums since the engine was made.
struct EngineCounts {
  uint64_t steps = 0;
  uint64_t rows = 0;
  uint64_t prompt_tokens = 0;  // computed
  uint64_t cached_tokens = 0;
  uint64_t tokens = 0;  // generated
  double busy_s = 0.0;  // in steps

  EngineCounts& operator+=(const EngineCounts& other) {
    steps += other.steps;
    rows += other.rows;
    prompt_tokens += other.prompt_tokens;
    cached_tokens += other.cached_tokens;
    tokens += other.tokens;
    busy_s += other.busy_s;
    return *this;
  }
};

using EmitFn = std::function<void(Event)>;

class Engine {
 public:
  // Throws Error where the model cannot be planned, or memory is short.
  static std::unique_ptr<Engine> Make(std::shared_ptr<const Model> model, const EngineOptions& options, EmitFn emit);
  virtual ~Engine() = default;

  virtual void Add(Job job) = 0;
  // Ends the job with this reason; nothing where it has ended.
  virtual void End(JobId job, Reason reason) = 0;
  // `deltas` more may be given out.
  virtual void Grant(JobId job, int64_t deltas) = 0;
  // While held, a job gives out nothing new.
  virtual void Hold(JobId job, bool held) = 0;
  // Computes one step. False: there was nothing to compute.
  virtual bool Step(Clock::time_point now) = 0;
  // When something has to be done though nothing is to be computed.
  virtual Clock::time_point NextDeadline() const = 0;

  virtual EngineLoad load() const = 0;
  virtual const EngineCounts& counts() const = 0;
};

}  // namespace tritwise::serve
