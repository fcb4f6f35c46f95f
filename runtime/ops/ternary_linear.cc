// Norm and round each row, sum added and subtracted activations, scale: architecture section 5.
//
// Threads take contiguous ranges of row blocks, so that every weight is read once whatever the number of
// rows, and go through them in tiles whose sums stay in the first-level cache until they are scaled.
#include "runtime/ops/ternary_linear.h"

#include <algorithm>

#include "format/names.h"
#include "runtime/ops/quantise_rows.h"

namespace tritwise::runtime {
namespace {

TernaryGeometry Geometry(const TernaryLinearAttrs& attrs, const OpPlace& place) {
  const TensorSpec& w = place.tensor(attrs.weight);
  return MakeTernaryGeometry(w.storage, static_cast<size_t>(w.rows), static_cast<size_t>(w.cols));
}

}  // namespace

ScratchSize Scratch(const TernaryLinearAttrs& attrs, const OpPlace& place) {
  const TernaryGeometry geometry = Geometry(attrs, place);
  ScratchSize size = QuantiseScratch(place.rows, geometry.padded_cols);
  size.thread_bytes += kernels::TernaryTileSums(geometry, place.rows) * sizeof(int32_t);
  return size;
}

TernaryLinearStep Bind(const TernaryLinearAttrs& attrs, const OpPlace& place, const Binding& binding) {
  const TensorData weight = binding.model.tensor(attrs.weight);
  TernaryLinearStep step;
  step.geometry = Geometry(attrs, place);
  const kernels::Kernels& k = binding.kernels;
  if (step.geometry.storage == Storage::kLut) {
    step.one_row = k.ternary_row_lut;
    step.more_rows = k.ternary_rows_lut;
  } else {
    const bool t2 = step.geometry.storage == Storage::kT2;
    step.one_row = t2 ? k.ternary_row_t2 : k.ternary_row_t5;
    step.more_rows = t2 ? k.ternary_rows_t2 : k.ternary_rows_t5;
  }
  step.scale_sums = binding.kernels.scale_sums;
  step.codes = reinterpret_cast<const uint8_t*>(weight.data.data());
  step.scale = weight.scales.data();
  step.scale_stride = place.tensor(attrs.weight).scale == ScaleKind::kRow ? 1 : 0;
  step.bias = binding.floats(attrs.bias);
  step.x = binding.value(place.op.inputs[0]);
  step.y = binding.value(place.op.output);
  const size_t padded_cols = step.geometry.padded_cols;
  step.quantise = BindQuantise(attrs.quantiser, step.geometry.cols, padded_cols, place.rows, binding);
  const size_t sums_offset = QuantiseScratch(place.rows, padded_cols).thread_bytes;
  step.sums = {reinterpret_cast<int32_t*>(binding.thread_scratch.first + sums_offset),
               binding.thread_scratch.stride_bytes};
  return step;
}

void SumBlocks(const TernaryLinearStep& step, const QuantisedRows& q, size_t rows, size_t block_begin, size_t block_end,
               int32_t* sums, size_t stride) {
  if (rows == 1) {
    step.one_row(step.codes, step.geometry, q.q, q.sums[0], block_begin, block_end, sums);
  } else {
    step.more_rows(step.codes, step.geometry, q.q, q.stride, q.sums, rows, block_begin, block_end, sums, stride);
  }
}

void Run(const TernaryLinearStep& step, Pass& pass) {
  const QuantisedRows& q = step.quantise.rows;
  QuantiseRows(step.quantise, step.x, pass.rows, q, pass.pool);
  const size_t block_rows = step.geometry.block_rows;
  const size_t tile_blocks = kernels::TernaryTileBlocks(step.geometry, pass.rows);
  const size_t grain = RowGrain(step.geometry.block_bytes() * pass.rows);
  pass.pool.ForRanges(step.geometry.blocks, grain, [&](size_t begin, size_t end, size_t thread) {
    int32_t* sums = step.sums.of(thread);
    for (size_t block = begin; block < end; block += tile_blocks) {
      const size_t stop = std::min(end, block + tile_blocks);
      const size_t stride = (stop - block) * block_rows;
      SumBlocks(step, q, pass.rows, block, stop, sums, stride);
      const size_t n = block * block_rows;
      const size_t count = std::min(step.geometry.rows, stop * block_rows) - n;
      for (size_t m = 0; m < pass.rows; ++m) {
        step.scale_sums(sums + m * stride, count, q.steps[m], step.scale + n * step.scale_stride, step.scale_stride,
                        step.bias == nullptr ? nullptr : step.bias + n, step.y.row(m) + n);
      }
    }
  });
}

std::string KernelNames(const TernaryLinearAttrs& attrs, const OpPlace& place) {
  const std::string suffix(NameOf(place.tensor(attrs.weight).storage));
  return "1 row: ternary_row_" + suffix + ", more: ternary_rows_" + suffix;
}

}  // namespace tritwise::runtime
