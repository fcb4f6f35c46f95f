// Runs a graph: the planned operations, their memory and threads, and one pass over them.
//
// Plan is the public face of this class. Here a pass has its parts in the open (Begin, RunOps, End), so
// that a test can feed given values into the middle of a network, or look at the integers of a linear.
// What is not public stands in a namespace of its own, so that the trainer's names stay free.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "kernels/kernels.h"
#include "runtime/arena.h"
#include "runtime/layout.h"
#include "runtime/ops/pass.h"
#include "runtime/ops/steps.h"
#include "runtime/thread_pool.h"
#include "runtime/thread_tuner.h"
#include "tritwise/memory.h"
#include "tritwise/model.h"
#include "tritwise/plan.h"
#include "tritwise/plan_options.h"

namespace tritwise::runtime {

// What a ternary linear makes of rows, before it becomes floats again.
struct TernarySums {
  std::vector<int8_t> q_bk;      // quantised activations, rows * inputs
  std::vector<float> step_b;     // value of one unit of q
  std::vector<int32_t> sums_bn;  // exact sums, rows * outputs
};

class Executor {
 public:
  static Result<std::unique_ptr<Executor>> Make(std::shared_ptr<const Model> model, const PlanOptions& options);

  // Begin, RunOps over all operations, End. Chooses the number of threads where the options leave it open.
  Result<OutputRows> Forward(const Batch& batch);

  // Checks the batch and everything it refers to; takes positions from the sessions. After an error
  // nothing has changed; after success End must follow.
  Status Begin(const Batch& batch);
  // Operations [first, last) on the rows of the batch.
  void RunOps(size_t first, size_t last);
  // The rows of the graph's output; the sessions move on.
  OutputRows End();

  // The rows of a value while it is live: between RunOps(..., op) and RunOps(op, ...) those of
  // layout().liveness.LiveAt(op), one row for each row of the batch as long as all want output. May be
  // written.
  RowMatrix value(int32_t index) const { return values_[static_cast<size_t>(index)]; }

  // Quantises and multiplies rows of the input of operation `op`, a ternary linear, as RunOps does.
  // x_bk: a whole number of rows, at most max_rows. Allocates its result.
  TernarySums ProbeTernary(size_t op, std::span<const float> x_bk);

  const std::shared_ptr<const Model>& model() const { return model_; }
  const PlanOptions& options() const { return options_; }
  const ArenaLayout& layout() const { return layout_; }
  uint64_t arena_bytes() const { return arena_.bytes(); }
  const MemoryReport& memory() const { return memory_; }
  const kernels::Kernels& kernels() const { return kernels_; }
  int32_t decode_threads() const { return tuner_ ? tuner_->threads() : options_.threads; }

 private:
  Executor(std::shared_ptr<const Model> model, PlanOptions options, const kernels::Kernels& kernels, ArenaLayout layout,
           AlignedBlock arena, std::unique_ptr<ThreadPool> pool);
  void Bind();
  std::byte* Place(int32_t buffer) const;

  Status CheckRow(const BatchRow& row, size_t index);
  void TakeFeatures(const Batch& batch);
  void FillRotaryTables();

  std::shared_ptr<const Model> model_;
  PlanOptions options_;
  kernels::Kernels kernels_;
  ArenaLayout layout_;
  MemoryReport memory_;
  AlignedBlock arena_;
  std::unique_ptr<ThreadPool> pool_;
  std::optional<ThreadTuner> tuner_;  // where the options asked for no number of threads

  std::vector<RowMatrix> values_;
  std::vector<RotaryTable> rotary_;
  std::vector<RowMatrix> live_at_drop_;
  std::vector<Step> steps_;
  Pass pass_;
  std::span<const BatchRow> batch_;  // between Begin and End
};

}  // namespace tritwise::runtime
