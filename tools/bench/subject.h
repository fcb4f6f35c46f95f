// What bench does with a model, whatever its input: texts (text_subject.cc) or independent rows of features
// (feature_subject.cc).
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "runtime/executor.h"
#include "tools/bench/bench.h"
#include "tritwise/plan.h"

namespace tritwise {

// Something to be timed: `prepare` before every repetition, off the clock, then `run`, which computes `rows` rows.
struct Work {
  size_t rows = 0;
  std::function<void()> prepare;
  std::function<void()> run;
};

class Subject {
 public:
  virtual ~Subject() = default;

  // Throws Error where single rows and whole batches do not give the same logits to the bit; `plan` is one that is
  // about to be timed.
  virtual void CheckParity(Plan& plan) = 0;
  // The same of `batch` sequences that decode together and of each of them alone.
  virtual void CheckBatch(Plan& plan, size_t batch) = 0;

  // Many rows, as a prompt is read.
  virtual Work Prefill(Plan& plan) = 0;
  // One row for each of `batch` sequences at a time, with `context` positions in the cache before.
  virtual Work Decode(Plan& plan, size_t batch, int64_t context) = 0;
  // The passes of Prefill, operation by operation: adds the seconds of each to `seconds`. Same logits, checked.
  virtual void PrefillByOperation(runtime::Executor& executor, std::span<double> seconds) = 0;
  // Rows that operation `op` computes in a prefill.
  virtual size_t PrefillRows(const PlannedOp& op) const = 0;

  // What there is to decode with.
  virtual std::vector<size_t> batches() const = 0;
  virtual std::vector<int64_t> contexts() const = 0;
  virtual size_t prompt_rows() const = 0;
  // Positions in the cache, on average, while Decode runs with one sequence.
  virtual double DecodePositions(int64_t context, size_t rows) const = 0;
  virtual uint64_t cache_bytes() const = 0;
};

std::unique_ptr<Subject> MakeTextSubject(const BenchModelFlags& flags, std::shared_ptr<const Model> model);
std::unique_ptr<Subject> MakeFeatureSubject(std::shared_ptr<const Model> model, int32_t max_rows);

// Throws Error where two rows of numbers differ in a bit.
void CheckSameBits(std::span<const float> a, std::span<const float> b, const char* what);

// One pass of `batch`, operation by operation.
OutputRows ForwardByOperation(runtime::Executor& executor, const Batch& batch, std::span<double> seconds);

}  // namespace tritwise
