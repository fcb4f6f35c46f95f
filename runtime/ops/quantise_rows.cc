#include "runtime/ops/quantise_rows.h"

namespace tritwise::runtime {
namespace {

size_t CodeStride(size_t padded_cols) { return AlignUp(padded_cols, kArenaAlignment); }
size_t CodeBytes(size_t rows, size_t padded_cols) { return rows * CodeStride(padded_cols); }

}  // namespace

ScratchSize QuantiseScratch(size_t rows, size_t padded_cols) {
  ScratchSize size;
  size.shared_bytes = CodeBytes(rows, padded_cols) + rows * (sizeof(float) + sizeof(int32_t));
  size.thread_bytes = AlignUp(padded_cols * sizeof(float), kArenaAlignment);
  return size;
}

QuantiseStep BindQuantise(const ActivationQuantiser& q, size_t cols, size_t padded_cols, size_t rows,
                          const Binding& binding) {
  QuantiseStep step;
  step.kernel = binding.kernels.norm_quantise_row;
  step.quantiser.norm = q.norm;
  step.quantiser.norm_eps = q.norm_eps;
  step.quantiser.gain = binding.floats(q.gain);
  step.quantiser.range = static_cast<float>(q.range);
  step.quantiser.lowest = q.lowest;
  step.quantiser.measure = q.measure;
  step.cols = cols;
  step.padded_cols = padded_cols;
  std::byte* place = binding.shared_scratch;
  step.rows.q = reinterpret_cast<int8_t*>(place);
  step.rows.stride = CodeStride(padded_cols);
  place += CodeBytes(rows, padded_cols);
  step.rows.steps = reinterpret_cast<float*>(place);
  place += rows * sizeof(float);
  step.rows.sums = reinterpret_cast<int32_t*>(place);
  step.scratch = {reinterpret_cast<float*>(binding.thread_scratch.first), binding.thread_scratch.stride_bytes};
  return step;
}

void QuantiseRows(const QuantiseStep& step, const RowMatrix& x, size_t rows, const QuantisedRows& out,
                  ThreadPool& pool) {
  pool.ForRanges(rows, RowGrain(4 * step.cols), [&](size_t begin, size_t end, size_t thread) {
    float* scratch = step.scratch.of(thread);
    for (size_t i = begin; i < end; ++i) {
      const kernels::QuantisedRow row =
          step.kernel(x.row(i), step.cols, step.quantiser, scratch, out.q + i * out.stride, step.padded_cols);
      out.steps[i] = row.step;
      out.sums[i] = row.sum;
    }
  });
}

}  // namespace tritwise::runtime
