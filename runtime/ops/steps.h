// Operations bound to weights, kernels and places: what a plan is made of. Plain data, one struct an
// operation; the file of the same name fills it and runs it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <variant>

#include "format/graph.h"
#include "format/narrow_layout.h"
#include "format/ternary_layout.h"
#include "kernels/kernels.h"
#include "runtime/kv_cache.h"
#include "runtime/ops/pass.h"

namespace tritwise::runtime {

// Rows of activations made integer: codes, value of one unit, and sum of the codes of each row.
struct QuantisedRows {
  int8_t* q = nullptr;
  size_t stride = 0;  // bytes; codes behind the columns are 0
  float* steps = nullptr;
  int32_t* sums = nullptr;
};

// The part that all linears with codes for weights have in common (ops/quantise_rows.h).
struct QuantiseStep {
  kernels::NormQuantiseRowFn kernel = nullptr;
  kernels::RowQuantiser quantiser;
  size_t cols = 0;
  size_t padded_cols = 0;
  QuantisedRows rows;
  PerThread<float> scratch;
};

struct EmbeddingStep {
  Storage storage = Storage::kF32;
  const std::byte* table = nullptr;
  const float* scales = nullptr;  // i8: one a row; t2, t5: one a group of a row
  kernels::EmbedF32Fn f32 = nullptr;
  kernels::EmbedF16Fn f16 = nullptr;
  kernels::EmbedI8Fn i8 = nullptr;
  // int6, int4
  kernels::EmbedI6Fn narrow = nullptr;
  NarrowGeometry narrow_geometry;
  // t2, t5
  kernels::EmbedT2Fn ternary = nullptr;
  TernaryGeometry ternary_geometry;
  size_t group_cols = 0;
  RowMatrix y;
};

struct NormStep {
  kernels::NormRowFn kernel = nullptr;
  NormKind kind = NormKind::kNone;
  float eps = 0.0f;
  const float* gain = nullptr;
  RowMatrix x;
  RowMatrix y;
};

struct TernaryLinearStep {
  QuantiseStep quantise;
  kernels::TernaryRowT2Fn one_row = nullptr;
  kernels::TernaryRowsT2Fn more_rows = nullptr;
  kernels::ScaleSumsFn scale_sums = nullptr;
  TernaryGeometry geometry;
  const uint8_t* codes = nullptr;
  const float* scale = nullptr;
  size_t scale_stride = 0;  // 0: one scale for all outputs
  const float* bias = nullptr;
  PerThread<int32_t> sums;  // of a tile of outputs
  RowMatrix x;
  RowMatrix y;
};

// A plain linear whose weights have a scale for each group of columns (ops/grouped_linear.h).
struct GroupedStep {
  QuantiseStep quantise;
  size_t group_cols = 0;
  size_t groups = 0;
  int32_t* q_sums = nullptr;  // sum of each row's codes in each group, [groups][q_sums_stride]
  size_t q_sums_stride = 0;
  const uint8_t* data = nullptr;
  const float* bias = nullptr;
  // int6, int4
  kernels::LinearI6Fn linear = nullptr;
  NarrowGeometry narrow;
  // t2, t5
  kernels::TernaryRowT2Fn one_row = nullptr;
  kernels::TernaryRowsT2Fn more_rows = nullptr;
  kernels::AddScaledSumsFn add_scaled_sums = nullptr;
  kernels::FinishRowFn finish_row = nullptr;
  TernaryGeometry ternary;
  const float* scales = nullptr;
  PerThread<int32_t> sums;  // of a tile of outputs
};

struct PlainLinearStep {
  Storage storage = Storage::kF32;
  const std::byte* weight = nullptr;
  size_t outputs = 0;
  size_t cols = 0;
  const float* bias = nullptr;
  RowMatrix x;
  RowMatrix y;
  // f32, f16
  kernels::LinearF32Fn f32 = nullptr;
  kernels::LinearF16Fn f16 = nullptr;
  kernels::AddRowFn add = nullptr;
  // i8
  QuantiseStep quantise;
  kernels::LinearI8Fn i8 = nullptr;
  kernels::LinearRowsI8Fn rows_i8 = nullptr;
  kernels::ScaleSumsFn scale_sums = nullptr;
  const float* scales = nullptr;
  PerThread<int32_t> sums;
  // int6, int4, t2, t5
  bool is_grouped = false;
  GroupedStep grouped;
};

struct AttentionStep {
  kernels::RotateRowFn rotate = nullptr;
  kernels::StoreRowF16Fn store_f16 = nullptr;
  kernels::AttendF32Fn attend_f32 = nullptr;
  kernels::AttendF16Fn attend_f16 = nullptr;
  kernels::AttendI8Fn attend_i8 = nullptr;
  kernels::NormQuantiseRowFn quantise = nullptr;  // into an int8 cache
  size_t heads = 0;
  size_t head_size = 0;
  size_t head_stride = 0;  // of heads in the scratch memory
  float scale = 0.0f;
  size_t layer = 0;  // of the cache
  CacheLayer cache;
  RotaryTable rotary;
  bool drops_rows = false;
  PerThread<float> scratch;  // kernels::kMostQueries heads
  // Windows into the inputs, so that one input and three are the same.
  RowMatrix query;
  RowMatrix key;
  RowMatrix value;
  RowMatrix y;
};

struct ActivationStep {
  kernels::ActivateRowFn kernel = nullptr;
  ActivationKind kind = ActivationKind::kRelu;
  RowMatrix x;
  RowMatrix y;
};

struct GatedActivationStep {
  kernels::GateRowFn kernel = nullptr;
  ActivationKind kind = ActivationKind::kSilu;
  RowMatrix gate;
  RowMatrix up;
  RowMatrix y;
};

struct AddStep {
  kernels::AddRowFn kernel = nullptr;
  RowMatrix a;
  RowMatrix b;
  RowMatrix y;
};

// In the order of ops.inc, as OpAttrs.
#define TRITWISE_OP(Name, text) Name##Step,
using Step = std::variant<
#include "format/ops.inc"
    std::monostate>;
#undef TRITWISE_OP

}  // namespace tritwise::runtime
