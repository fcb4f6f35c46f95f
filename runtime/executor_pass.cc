// One forward pass. Only Begin can fail, and only because of what the caller handed in.
#include <chrono>
#include <cinttypes>
#include <cstring>

#include "kernels/attention/attention.h"
#include "runtime/executor.h"
#include "runtime/ops/ops.h"
#include "runtime/ops/quantise_rows.h"
#include "runtime/ops/ternary_linear.h"
#include "tritwise/session.h"

namespace tritwise::runtime {

Result<OutputRows> Executor::Forward(const Batch& batch) {
  TRITWISE_RETURN_IF_ERROR(Begin(batch));
  if (!tuner_ || batch.rows.size() > 1) {
    pool_->Use(pool_->threads());
    RunOps(0, steps_.size());
    return End();
  }
  pool_->Use(static_cast<size_t>(tuner_->threads()));
  const auto begin = std::chrono::steady_clock::now();
  RunOps(0, steps_.size());
  const auto took = std::chrono::steady_clock::now() - begin;
  tuner_->Took(static_cast<uint64_t>(std::chrono::nanoseconds(took).count()));
  return End();
}

Status Executor::CheckRow(const BatchRow& row, size_t index) {
  const auto bad = [&](const char* what) {
    return Status::Error(StatusCode::kInvalidArgument, "row %zu of the batch: %s", index, what);
  };
  const Graph& graph = model_->graph();
  if (graph.input == InputKind::kTokens && (row.token < 0 || row.token >= graph.input_width)) {
    return Status::Error(StatusCode::kInvalidArgument,
                         "row %zu of the batch: token id %" PRId32 " is not below %" PRId64, index, row.token,
                         graph.input_width);
  }
  if (row.session == nullptr) return layout_.cache_layers.empty() ? Status() : bad("it has no session");
  const Session& session = *row.session;
  if (session.model_ != model_) return bad("its session belongs to another model");
  if (session.cache_->layers() != layout_.cache_layers) return bad("its session's cache has another number format");
  if (session.position_ + session.batch_rows_ >= session.context_) {
    return Status::Error(StatusCode::kResourceExhausted, "the context is full (%" PRId64 " tokens)", session.context_);
  }
  return Status();
}

Status Executor::Begin(const Batch& batch) {
  const Graph& graph = model_->graph();
  const size_t count = batch.rows.size();
  if (count == 0 || count > static_cast<size_t>(options_.max_rows)) {
    return Status::Error(StatusCode::kInvalidArgument, "%zu rows in a batch: planned for 1 to %" PRId32, count,
                         options_.max_rows);
  }
  const bool features = graph.input == InputKind::kFeatures;
  if (batch.features_bk.size() != (features ? count * static_cast<size_t>(graph.input_width) : 0)) {
    return Status::Error(StatusCode::kInvalidArgument, "%zu features in a batch of %zu rows: each needs %" PRId64,
                         batch.features_bk.size(), count, features ? graph.input_width : 0);
  }

  Status status;
  size_t outputs = 0;
  size_t checked = 0;
  for (; checked < count && status.ok(); ++checked) {
    const BatchRow& row = batch.rows[checked];
    status = CheckRow(row, checked);
    if (!status.ok()) break;
    const int64_t position = row.session == nullptr ? 0 : row.session->position_ + row.session->batch_rows_++;
    pass_.states[checked] = {row.session == nullptr ? nullptr : row.session->cache_.get(), row.token,
                             static_cast<int32_t>(position), static_cast<uint32_t>(checked), row.wants_output};
    outputs += row.wants_output ? 1 : 0;
  }
  if (status.ok() && outputs > static_cast<size_t>(options_.max_outputs)) {
    status = Status::Error(StatusCode::kInvalidArgument, "%zu rows of the batch want output: planned for %" PRId32,
                           outputs, options_.max_outputs);
  }
  if (!status.ok()) {
    for (size_t i = 0; i < checked; ++i) {
      if (batch.rows[i].session != nullptr) batch.rows[i].session->batch_rows_ = 0;
    }
    return status;
  }

  batch_ = batch.rows;
  pass_.rows = count;
  if (layout_.liveness.cut_op == kBeforeFirstOp) pass_.DropOtherRows();
  if (features) TakeFeatures(batch);
  FillRotaryTables();
  return Status();
}

void Executor::TakeFeatures(const Batch& batch) {
  const RowMatrix x = value(0);
  for (size_t i = 0; i < pass_.rows; ++i) {
    std::memcpy(x.row(i), batch.features_bk.data() + pass_.states[i].source * x.width, x.width * sizeof(float));
  }
}

void Executor::FillRotaryTables() {
  for (const RotaryTable& table : rotary_) {
    const size_t pairs = table.frequency.size();
    pool_->ForRanges(pass_.rows, RowGrain(64 * pairs), [&](size_t begin, size_t end, size_t) {
      for (size_t i = begin; i < end; ++i) {
        kernels::RotaryTable(pass_.states[i].position, table.frequency.data(), pairs, table.cosine(i), table.sine(i));
      }
    });
  }
}

void Executor::RunOps(size_t first, size_t last) {
  for (size_t i = first; i < last && pass_.rows != 0; ++i) {
    std::visit([&](const auto& step) { Run(step, pass_); }, steps_[i]);
  }
}

OutputRows Executor::End() {
  for (const BatchRow& row : batch_) {
    if (row.session == nullptr) continue;
    row.session->position_ += row.session->batch_rows_;
    row.session->batch_rows_ = 0;
  }
  batch_ = {};
  const RowMatrix y = value(model_->graph().output);
  return {y.data, pass_.rows, y.width, y.stride};
}

TernarySums Executor::ProbeTernary(size_t op, std::span<const float> x_bk) {
  const auto& step = std::get<TernaryLinearStep>(steps_[op]);
  const TernaryGeometry& geometry = step.geometry;
  const size_t rows = x_bk.size() / geometry.cols;
  for (size_t m = 0; m < rows; ++m) {
    std::memcpy(step.x.row(m), x_bk.data() + m * geometry.cols, geometry.cols * sizeof(float));
  }
  const QuantisedRows& q = step.quantise.rows;
  QuantiseRows(step.quantise, step.x, rows, q, *pool_);
  const size_t stride = geometry.blocks * geometry.block_rows;
  std::vector<int32_t> sums(rows * stride);
  SumBlocks(step, q, rows, 0, geometry.blocks, sums.data(), stride);

  TernarySums result;
  result.step_b.assign(q.steps, q.steps + rows);
  for (size_t m = 0; m < rows; ++m) {
    const int8_t* codes = q.q + m * q.stride;
    result.q_bk.insert(result.q_bk.end(), codes, codes + geometry.cols);
    const auto row = sums.begin() + static_cast<std::ptrdiff_t>(m * stride);
    result.sums_bn.insert(result.sums_bn.end(), row, row + static_cast<std::ptrdiff_t>(geometry.rows));
  }
  return result;
}

}  // namespace tritwise::runtime
