// A network made ready to run: shapes checked, kernels bound, every buffer placed in one arena.
//
// Making a plan is where things may fail. Afterwards a forward pass allocates nothing and checks only
// what the caller hands in. A plan computes for one caller at a time (it has one arena); its threads
// serve nobody else. Results do not depend, to the bit, on the number of threads, on how a sequence was
// cut into passes, or on who else is in the batch.
//
//   auto model = Model::Load("model.trit");                     // checks omitted
//   auto plan = Plan::Make(model.value(), PlanOptions{});
//   auto session = Session::Make(*plan.value(), SessionOptions{});
//   auto logits = plan.value()->Prefill(*session.value(), prompt_ids);
//   int32_t next = session.value()->sampler().Sample(logits.value().row(0));
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "tritwise/memory.h"
#include "tritwise/model.h"
#include "tritwise/plan_options.h"
#include "tritwise/status.h"

namespace tritwise {

namespace runtime {
class Executor;
}

class Session;

// One row of a batch. Rows of one session take the session's next positions in the order in which they
// stand in the batch; rows of several sessions may be mixed.
struct BatchRow {
  Session* session = nullptr;  // may be null only where the graph has no attention
  int32_t token = 0;           // id below graph.input_width; ignored where the input is features
  bool wants_output = true;    // others only fill the cache
};

struct Batch {
  std::span<const BatchRow> rows;
  // InputKind::kFeatures: rows.size() rows of graph.input_width floats, one behind the other. Else empty.
  std::span<const float> features_bk = {};
};

// Logits or scores, f32, in the plan's arena: valid until its next forward pass.
struct OutputRows {
  const float* data = nullptr;
  size_t rows = 0;    // as many as wanted output, in the order of the batch
  size_t width = 0;   // graph.output_width()
  size_t stride = 0;  // floats from one row to the next

  std::span<const float> row(size_t i) const { return {data + i * stride, width}; }
};

// What was chosen for one operation of the graph, for people and for `inspect --plan`.
struct PlannedOp {
  std::string name;               // e.g. "blocks.0.attention.out"
  std::string kind;               // e.g. "ternary_linear"
  std::string shape;              // e.g. "768x256 t2"; empty where there is no weight
  std::string kernels;            // e.g. "1 row: ternary_row_t2, more: ternary_rows_t2"
  bool output_rows_only = false;  // computed only on rows that want output
};

class Plan {
 public:
  // kInvalidArgument: an option out of range or an unknown target. kUnsupported: a graph this build
  // cannot run. kResourceExhausted: no memory for the arena, or no threads.
  static Result<std::unique_ptr<Plan>> Make(std::shared_ptr<const Model> model, const PlanOptions& options);
  ~Plan();
  Plan(const Plan&) = delete;
  Plan& operator=(const Plan&) = delete;

  // Computes the rows of `batch` and moves their sessions on. Nothing has changed where it fails:
  // kInvalidArgument for an id outside the vocabulary, too many rows, rows without or with a foreign
  // session, features of the wrong size; kResourceExhausted where a session's context is full.
  Result<OutputRows> Forward(const Batch& batch);

  // Feeds `tokens` (at least one) to `session` in chunks of max_rows and gives the output of the last one
  // (one row). Errors as Forward; all tokens are checked before the first is computed.
  Result<OutputRows> Prefill(Session& session, std::span<const int32_t> tokens);

  const std::shared_ptr<const Model>& model() const;
  // The options as they came out: threads and max_outputs filled in, target the one that was bound.
  const PlanOptions& options() const;
  // Threads that the next pass of one row uses: options().threads, or fewer where that was left open.
  int32_t decode_threads() const;
  // MeasureMemory(model.graph(), options).
  const MemoryReport& memory() const;

  // One entry for each operation, in order.
  std::vector<PlannedOp> ops() const;
  // The same as an aligned table under one line with target, threads, rows and arena.
  std::string Describe() const;

 private:
  explicit Plan(std::unique_ptr<runtime::Executor> executor);

  std::unique_ptr<runtime::Executor> executor_;
  std::vector<BatchRow> prefill_rows_;  // max_rows, so that Prefill allocates nothing
};

}  // namespace tritwise
