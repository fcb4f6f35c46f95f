// Linears with f32, f16 or int8 weights; those with scales of groups go to grouped_linear.cc. Threads take contiguous
// ranges of outputs and go through them in tiles of weights that stay in cache while every row of the batch is
// multiplied with them.
#include <algorithm>

#include "runtime/ops/grouped_linear.h"
#include "runtime/ops/quantise_rows.h"

namespace tritwise::runtime {
namespace {

constexpr size_t kTileBytes = 16384;
// Outputs of a tile, of one row and of many.
constexpr size_t kMostTileOutputs = 1024;
constexpr size_t kIntegerTileOutputs = 64;
constexpr size_t kFloatOutputs = 4;

// Outputs of many rows of floats: the kernels take four at a time, also where four are more than kTileBytes.
size_t FloatTile(size_t row_bytes) {
  return std::clamp<size_t>(kTileBytes / row_bytes / kFloatOutputs * kFloatOutputs, kFloatOutputs, kMostTileOutputs);
}

// Sums a thread keeps before it scales them.
size_t IntegerTileSums(size_t rows) { return std::max(kMostTileOutputs, rows * kIntegerTileOutputs); }

size_t ElementBytes(Storage storage) { return storage == Storage::kF32 ? 4 : storage == Storage::kF16 ? 2 : 1; }

size_t Cols(const PlainLinearAttrs& attrs, const OpPlace& place) {
  return static_cast<size_t>(place.tensor(attrs.weight).cols);
}

void RunFloats(const PlainLinearStep& step, size_t rows, size_t begin, size_t end) {
  const std::byte* weight = step.weight + begin * step.cols * ElementBytes(step.storage);
  for (size_t m = 0; m < rows; ++m) {
    float* y = step.y.row(m) + begin;
    if (step.storage == Storage::kF32) {
      step.f32(reinterpret_cast<const float*>(weight), step.cols, step.x.row(m), 0, end - begin, y);
    } else {
      step.f16(reinterpret_cast<const uint16_t*>(weight), step.cols, step.x.row(m), 0, end - begin, y);
    }
    if (step.bias != nullptr) step.add(y, step.bias + begin, end - begin, y);
  }
}

void RunIntegers(const PlainLinearStep& step, size_t rows, size_t begin, size_t end, int32_t* sums) {
  const auto* weight = reinterpret_cast<const int8_t*>(step.weight) + begin * step.cols;
  const QuantisedRows& q = step.quantise.rows;
  const size_t count = end - begin;
  if (rows == 1) {
    step.i8(weight, step.cols, q.q, 0, count, sums);
  } else {
    step.rows_i8(weight, step.cols, q.q, q.stride, q.sums, rows, 0, count, sums, count);
  }
  for (size_t m = 0; m < rows; ++m) {
    step.scale_sums(sums + m * count, count, q.steps[m], step.scales + begin, 1,
                    step.bias == nullptr ? nullptr : step.bias + begin, step.y.row(m) + begin);
  }
}

}  // namespace

ScratchSize Scratch(const PlainLinearAttrs& attrs, const OpPlace& place) {
  const TensorSpec& weight = place.tensor(attrs.weight);
  if (HasGroups(weight)) return GroupedScratch(weight, place.rows);
  if (weight.storage != Storage::kI8) return {};
  ScratchSize size = QuantiseScratch(place.rows, PaddedInt8Cols(Cols(attrs, place)));
  size.thread_bytes += IntegerTileSums(place.rows) * sizeof(int32_t);
  return size;
}

PlainLinearStep Bind(const PlainLinearAttrs& attrs, const OpPlace& place, const Binding& binding) {
  const TensorSpec& spec = place.tensor(attrs.weight);
  const TensorData weight = binding.model.tensor(attrs.weight);
  PlainLinearStep step;
  step.storage = spec.storage;
  step.weight = weight.data.data();
  step.outputs = static_cast<size_t>(spec.rows);
  step.cols = static_cast<size_t>(spec.cols);
  step.bias = binding.floats(attrs.bias);
  step.x = binding.value(place.op.inputs[0]);
  step.y = binding.value(place.op.output);
  step.is_grouped = HasGroups(spec);
  if (step.is_grouped) {
    step.grouped = BindGrouped(attrs, place, binding);
    return step;
  }
  step.f32 = binding.kernels.linear_f32;
  step.f16 = binding.kernels.linear_f16;
  step.add = binding.kernels.add_row;
  if (spec.storage != Storage::kI8) return step;

  const size_t padded_cols = PaddedInt8Cols(step.cols);
  step.quantise = BindQuantise(attrs.quantiser, step.cols, padded_cols, place.rows, binding);
  step.i8 = binding.kernels.linear_i8;
  step.rows_i8 = binding.kernels.linear_rows_i8;
  step.scale_sums = binding.kernels.scale_sums;
  step.scales = weight.scales.data();
  const size_t sums_offset = QuantiseScratch(place.rows, padded_cols).thread_bytes;
  step.sums = {reinterpret_cast<int32_t*>(binding.thread_scratch.first + sums_offset),
               binding.thread_scratch.stride_bytes};
  return step;
}

void Run(const PlainLinearStep& step, Pass& pass) {
  if (step.is_grouped) return RunGrouped(step.grouped, step.x, step.y, pass);
  const bool integers = step.storage == Storage::kI8;
  if (integers) QuantiseRows(step.quantise, step.x, pass.rows, step.quantise.rows, pass.pool);
  const size_t row_bytes = step.cols * ElementBytes(step.storage);
  const size_t tile = pass.rows == 1 ? kMostTileOutputs : integers ? kIntegerTileOutputs : FloatTile(row_bytes);
  pass.pool.ForRanges(step.outputs, RowGrain(row_bytes * pass.rows), [&](size_t begin, size_t end, size_t thread) {
    for (size_t n = begin; n < end; n += tile) {
      const size_t stop = std::min(end, n + tile);
      if (integers) {
        RunIntegers(step, pass.rows, n, stop, step.sums.of(thread));
      } else {
        RunFloats(step, pass.rows, n, stop);
      }
    }
  });
}

std::string KernelNames(const PlainLinearAttrs& attrs, const OpPlace& place) {
  const TensorSpec& weight = place.tensor(attrs.weight);
  if (HasGroups(weight)) return GroupedKernelNames(weight.storage);
  switch (weight.storage) {
    case Storage::kF32:
      return "linear_f32";
    case Storage::kF16:
      return "linear_f16";
    default:
      return "1 row: linear_i8, more: linear_rows_i8";
  }
}

}  // namespace tritwise::runtime
