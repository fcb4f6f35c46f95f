// A network: a flat list of typed operations on named tensors, the same for trainer and runtime.
//
// Every operation reads and writes *values*: matrices of f32 with one row for each row of the batch and
// a fixed width. Tensors are the weights. Operations are coarse and say what is meant, not how it is
// computed, so that each executor can fuse inside. The list is in execution order and every value is
// written once. Plain data: what makes a graph well formed is said by format/verify.h, families of
// networks are built by format/families/.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "format/numeric.h"
#include "format/ternary_layout.h"

namespace tritwise {

// Index of a tensor that an operation may do without.
inline constexpr int32_t kNoTensor = -1;

// A weight. Vectors (gains, biases) have one row. Names are unique in a graph.
struct TensorSpec {
  std::string name;
  Storage storage = Storage::kF32;
  ScaleKind scale = ScaleKind::kNone;
  int64_t rows = 0;   // outputs
  int64_t cols = 0;   // inputs
  int64_t group = 0;  // columns that share a scale of a row, where scale is kGroup

  // Of kGroup: in a row.
  int64_t groups() const { return group == 0 ? 0 : (cols - 1) / group + 1; }
};

// The matrix of a ternary linear. Embedding and head may hold trits too; those have a scale for each group.
inline bool IsTernaryWeight(const TensorSpec& t) { return IsTernary(t.storage) && t.scale != ScaleKind::kGroup; }
// What an embedding or a plain linear may have.
inline bool IsPlainMatrix(const TensorSpec& t) { return !IsTernary(t.storage) || t.scale == ScaleKind::kGroup; }

// Whether each group of columns of a row has a scale of its own, and how many columns that is.
bool HasGroups(const TensorSpec& t);
int64_t GroupCols(const TensorSpec& t);

// Makes t's storage one for an embedding or a plain linear, with the scales that go with it.
void StorePlain(TensorSpec& t, Storage storage);

// How a row is made integer before an integer product (maths of arXiv 2402.17764 and 2502.11895):
//   xn = norm(x), times gain where there is one
//   m = max(measure(|xn|), kScaleFloor);  step = m / range;  q = clamp(round_half_even(xn * (range / m)), lowest, 127)
struct ActivationQuantiser {
  NormKind norm = NormKind::kNone;
  float norm_eps = 1e-5f;
  int32_t gain = kNoTensor;  // f32 [1, cols]
  int32_t range = 127;       // R: 127 or 128
  int32_t lowest = -127;     // -127 or -128
  ActivationMeasure measure = ActivationMeasure::kAbsMax;
};

struct EmbeddingAttrs {
  int32_t table = 0;  // [vocabulary, width], a plain matrix
};

struct NormAttrs {
  NormKind kind = NormKind::kLayer;
  float eps = 1e-5f;
  int32_t gain = kNoTensor;  // f32 [1, width]
};

// y = (q . t^T) * (step * scale) + bias, with t in {-1, 0, +1}; the sum q . t^T is an exact integer.
struct TernaryLinearAttrs {
  int32_t weight = 0;        // [outputs, inputs], t2, t5 or lut (f32 shadow weights while training)
  int32_t bias = kNoTensor;  // f32 [1, outputs]
  ActivationQuantiser quantiser;
};

// y = x . w^T + bias. With weights that are codes the row is quantised and sums are exact integers, as above. With
// scales of groups of columns there is one sum a group: y = (sum over groups of (q . t^T) * scale) * step + bias.
struct PlainLinearAttrs {
  int32_t weight = 0;             // [outputs, inputs], a plain matrix
  int32_t bias = kNoTensor;       // f32 [1, outputs]
  ActivationQuantiser quantiser;  // unused with f32 and f16 weights
};

// Causal attention of every row over the earlier rows of its own sequence. Inputs: one value with the
// columns query | key | value, or three values. Owns a cache slot. Rotary parameters are data: pair i of
// a head is (element i, element i + head_size/2), turned by position * rotary_frequency[i].
struct AttentionAttrs {
  int32_t heads = 0;
  int32_t kv_heads = 0;  // divides heads
  int32_t head_size = 0;
  float scale = 0.0f;                   // usually 1/sqrt(head_size)
  Storage cache = Storage::kF16;        // f16, f32 or i8: keys and values are rounded to it wherever they are computed
  std::vector<float> rotary_frequency;  // head_size/2 entries, or none
};

struct ActivationAttrs {
  ActivationKind kind = ActivationKind::kRelu;
};

// activation(gate) * up. Inputs: one value with the columns gate | up, or two values.
struct GatedActivationAttrs {
  ActivationKind kind = ActivationKind::kSilu;
};

struct AddAttrs {};

// The alternatives stand in the order of ops.inc.
#define TRITWISE_OP(Name, text) Name##Attrs,
using OpAttrs = std::variant<
#include "format/ops.inc"
    std::monostate>;
#undef TRITWISE_OP

enum class OpKind : uint8_t {
#define TRITWISE_OP(Name, text) k##Name,
#include "format/ops.inc"
#undef TRITWISE_OP
};

std::string_view OpKindName(OpKind kind);

struct Op {
  std::string name;  // e.g. "blocks.0.attention.out", unique
  std::vector<int32_t> inputs;
  int32_t output = 0;
  OpAttrs attrs;

  OpKind kind() const { return static_cast<OpKind>(attrs.index()); }
};

enum class InputKind : uint8_t {
  kTokens = 0,    // one id a row, below `input_width`; the first operation is an embedding
  kFeatures = 1,  // `input_width` floats a row, given as value 0
};

struct Graph {
  InputKind input = InputKind::kTokens;
  int64_t input_width = 0;
  int64_t context = 0;  // longest sequence the network is made for; 0 where rows are independent
  std::vector<TensorSpec> tensors;
  std::vector<int64_t> value_widths;
  std::vector<Op> ops;
  int32_t output = 0;  // value of the last operation: logits or class scores

  int64_t output_width() const { return value_widths[static_cast<size_t>(output)]; }
};

}  // namespace tritwise
