// Round each row, sum its codes by groups of columns, multiply, scale group by group: architecture section 5.
//
// Int6 and int4 have a kernel for all of it. A ternary matrix goes through the kernels of ternary linears, one group
// at a time: the columns of a group are whole chunks, so a block's part of them is a small matrix of its own. Threads
// take contiguous ranges of row blocks.
#include "runtime/ops/grouped_linear.h"

#include <algorithm>

#include "runtime/ops/quantise_rows.h"

namespace tritwise::runtime {
namespace {

// Sums of ternary rows that a thread keeps before it scales them: 32 KiB.
constexpr size_t kTileSums = 8192;

constexpr size_t kBlock = kTernaryBlockRows;

size_t GroupTileSums(size_t rows) { return std::max(kTileSums, rows * kBlock); }

size_t Groups(const TensorSpec& w) { return (static_cast<size_t>(w.cols) - 1) / static_cast<size_t>(GroupCols(w)) + 1; }

NarrowGeometry Narrow(const TensorSpec& w) {
  return MakeNarrowGeometry(w.storage, static_cast<size_t>(w.rows), static_cast<size_t>(w.cols));
}
TernaryGeometry Ternary(const TensorSpec& w) {
  return MakeTernaryGeometry(w.storage, static_cast<size_t>(w.rows), static_cast<size_t>(w.cols));
}
size_t PaddedCols(const TensorSpec& w) { return IsNarrow(w.storage) ? Narrow(w).padded_cols : Ternary(w).padded_cols; }

// The sums of group `group` of all rows with the row blocks [begin, end), from the beginning of `sums` on.
void SumGroup(const GroupedStep& step, size_t rows, size_t group, size_t begin, size_t end, int32_t* sums,
              size_t stride) {
  const TernaryGeometry& g = step.ternary;
  const QuantisedRows& q = step.quantise.rows;
  const size_t first = group * step.group_cols;
  const size_t cols = std::min(step.group_cols, g.cols - first);
  const size_t group_bytes = first / TernaryChunkCols(g.storage) * kTernaryChunkBytes * kBlock;
  // With one group the blocks follow each other; with more, each block's part stands alone.
  const size_t at_once = step.groups == 1 ? end - begin : 1;
  const TernaryGeometry part = MakeTernaryGeometry(g.storage, at_once * kBlock, cols);
  const int32_t* q_sums = step.q_sums + group * step.q_sums_stride;
  for (size_t block = begin; block < end; block += at_once, sums += at_once * kBlock) {
    const uint8_t* codes = step.data + block * g.block_bytes() + group_bytes;
    if (rows == 1) {
      step.one_row(codes, part, q.q + first, q_sums[0], 0, at_once, sums);
    } else {
      step.more_rows(codes, part, q.q + first, q.stride, q_sums, rows, 0, at_once, sums, stride);
    }
  }
}

void RunTernaryBlocks(const GroupedStep& step, const RowMatrix& y, size_t rows, size_t begin, size_t end,
                      int32_t* sums) {
  const size_t stride = (end - begin) * kBlock;
  const size_t n = begin * kBlock;
  const size_t count = std::min(step.ternary.rows, end * kBlock) - n;
  for (size_t m = 0; m < rows; ++m) std::fill_n(y.row(m) + n, count, 0.0f);
  for (size_t group = 0; group < step.groups; ++group) {
    SumGroup(step, rows, group, begin, end, sums, stride);
    const float* scales = step.scales + group * step.ternary.rows + n;
    for (size_t m = 0; m < rows; ++m) step.add_scaled_sums(sums + m * stride, count, scales, y.row(m) + n);
  }
  for (size_t m = 0; m < rows; ++m) {
    step.finish_row(count, step.quantise.rows.steps[m], step.bias == nullptr ? nullptr : step.bias + n, y.row(m) + n);
  }
}

}  // namespace

ScratchSize GroupedScratch(const TensorSpec& weight, size_t rows) {
  ScratchSize size = QuantiseScratch(rows, PaddedCols(weight));
  size.shared_bytes += Groups(weight) * rows * sizeof(int32_t);
  if (!IsNarrow(weight.storage)) size.thread_bytes += GroupTileSums(rows) * sizeof(int32_t);
  return size;
}

GroupedStep BindGrouped(const PlainLinearAttrs& attrs, const OpPlace& place, const Binding& binding) {
  const TensorSpec& spec = place.tensor(attrs.weight);
  const TensorData weight = binding.model.tensor(attrs.weight);
  const kernels::Kernels& k = binding.kernels;
  GroupedStep step;
  step.quantise = BindQuantise(attrs.quantiser, static_cast<size_t>(spec.cols), PaddedCols(spec), place.rows, binding);
  step.group_cols = static_cast<size_t>(GroupCols(spec));
  step.groups = Groups(spec);
  const ScratchSize quantise = QuantiseScratch(place.rows, PaddedCols(spec));
  step.q_sums = reinterpret_cast<int32_t*>(binding.shared_scratch + quantise.shared_bytes);
  step.q_sums_stride = place.rows;
  step.data = reinterpret_cast<const uint8_t*>(weight.data.data());
  step.bias = binding.floats(attrs.bias);
  if (IsNarrow(spec.storage)) {
    step.narrow = Narrow(spec);
    step.linear = spec.storage == Storage::kI6 ? k.linear_i6 : k.linear_i4;
    return step;
  }
  const bool t2 = spec.storage == Storage::kT2;
  step.ternary = Ternary(spec);
  step.one_row = t2 ? k.ternary_row_t2 : k.ternary_row_t5;
  step.more_rows = t2 ? k.ternary_rows_t2 : k.ternary_rows_t5;
  step.add_scaled_sums = k.add_scaled_sums;
  step.finish_row = k.finish_row;
  step.scales = weight.scales.data();
  step.sums = {reinterpret_cast<int32_t*>(binding.thread_scratch.first + quantise.thread_bytes),
               binding.thread_scratch.stride_bytes};
  return step;
}

void RunGrouped(const GroupedStep& step, const RowMatrix& x, const RowMatrix& y, Pass& pass) {
  const QuantisedRows& q = step.quantise.rows;
  QuantiseRows(step.quantise, x, pass.rows, q, pass.pool);
  const size_t cols = step.quantise.cols;
  pass.pool.ForRanges(pass.rows, RowGrain(cols), [&](size_t begin, size_t end, size_t) {
    for (size_t m = begin; m < end; ++m) {
      kernels::SumGroups(q.q + m * q.stride, cols, step.group_cols, step.q_sums + m, step.q_sums_stride);
    }
  });
  if (step.linear != nullptr) {
    const kernels::NarrowRows rows = {pass.rows, q.q,       q.stride, step.q_sums, step.q_sums_stride,
                                      q.steps,   step.bias, y.data,   y.stride};
    pass.pool.ForRanges(
        step.narrow.blocks, RowGrain(step.narrow.block_bytes * pass.rows),
        [&](size_t begin, size_t end, size_t) { step.linear(step.data, step.narrow, rows, begin, end); });
    return;
  }
  const size_t tile = std::max<size_t>(1, kTileSums / (kBlock * pass.rows));
  pass.pool.ForRanges(step.ternary.blocks, RowGrain(step.ternary.block_bytes() * pass.rows),
                      [&](size_t begin, size_t end, size_t thread) {
                        for (size_t block = begin; block < end; block += tile) {
                          RunTernaryBlocks(step, y, pass.rows, block, std::min(end, block + tile),
                                           step.sums.of(thread));
                        }
                      });
}

std::string GroupedKernelNames(Storage storage) {
  if (IsNarrow(storage)) return storage == Storage::kI6 ? "linear_i6" : "linear_i4";
  const std::string suffix = storage == Storage::kT2 ? "t2" : "t5";
  return "1 row: ternary_row_" + suffix + ", more: ternary_rows_" + suffix + ", add_scaled_sums, finish_row";
}

}  // namespace tritwise::runtime
