#include "trainer/prepared_weights.h"

#include <algorithm>
#include <array>

#include "format/half.h"
#include "trainer/matmul.h"

namespace tritwise {
namespace {

// Elements that one thread converts at a time.
constexpr size_t kPiece = 1 << 16;

template <class Body>
void ForPieces(size_t count, Body body) {
  const auto pieces = static_cast<int64_t>((count + kPiece - 1) / kPiece);
#pragma omp parallel for schedule(static)
  for (int64_t i = 0; i < pieces; ++i) {
    const size_t begin = static_cast<size_t>(i) * kPiece;
    body(begin, std::min(kPiece, count - begin));
  }
}

}  // namespace

PreparedWeights::PreparedWeights(const Graph& graph, const ParameterLayout& layout, ComputeType type)
    : graph_(graph), layout_(layout), type_(type), int8_products_(HasInt8Products()), tensors_(graph.tensors.size()) {
  for (const Op& op : graph.ops) {
    if (const auto* a = std::get_if<EmbeddingAttrs>(&op.attrs)) {
      tensors_[static_cast<size_t>(a->table)].use = Tensor::Use::kPlain;
    }
    if (const auto* a = std::get_if<PlainLinearAttrs>(&op.attrs)) {
      tensors_[static_cast<size_t>(a->weight)].use = Tensor::Use::kPlain;
    }
    if (const auto* a = std::get_if<TernaryLinearAttrs>(&op.attrs)) {
      tensors_[static_cast<size_t>(a->weight)].use = Tensor::Use::kTernary;
    }
  }
}

void PreparedWeights::Prepare(std::span<const float> parameters, const Phase& phase, Precision precision) {
  for (size_t t = 0; t < tensors_.size(); ++t) {
    Tensor& tensor = tensors_[t];
    if (tensor.use == Tensor::Use::kNone) continue;
    const auto weights = layout_.Of(parameters, static_cast<int32_t>(t));
    tensor.matrix.Reserve(weights.size() * ComputeBytes(type_));
    tensor.has_codes = false;
    if (tensor.use == Tensor::Use::kTernary && phase.ternary) {
      PrepareTernary(tensor, t, weights, phase);
    } else {
      PreparePlain(tensor, graph_.tensors[t], weights, precision);
    }
  }
}

void PreparedWeights::PrepareTernary(Tensor& tensor, size_t number, std::span<const float> weights,
                                     const Phase& phase) {
  tensor.scale = WeightScale(weights, phase.measure);
  const RandomStream random(phase.seed, (static_cast<uint64_t>(phase.step) << 20) + 4000 + number);
  tensor.has_codes = int8_products_ && phase.strength == 1.0f;
  if (tensor.has_codes) tensor.codes.Reserve(weights.size());
  ForPieces(weights.size(), [&](size_t begin, size_t count) {
    // As many codes at a time as a stack has room for, where they are not kept.
    std::array<int8_t, 1024> few;
    for (size_t i = begin; i < begin + count; i += few.size()) {
      const auto part = weights.subspan(i, std::min(few.size(), begin + count - i));
      int8_t* codes = tensor.has_codes ? tensor.codes.data() + i : few.data();
      if (phase.rounding == Rounding::kStochastic) {
        DrawCodes(part, tensor.scale, random, i, codes);
      } else {
        RoundTernary(part.data(), part.size(), 1.0f / tensor.scale, codes);
      }
      MixToCompute(part.data(), codes, part.size(), 1.0f / tensor.scale, phase.strength, type_,
                   tensor.matrix.data() + i * ComputeBytes(type_));
    }
  });
}

void PreparedWeights::PreparePlain(Tensor& tensor, const TensorSpec& spec, std::span<const float> weights,
                                   Precision precision) {
  if (precision == Precision::kExported && HasGroups(spec)) {
    tensor.exported.groups = QuantiseGroups(spec, weights);
    CodesToCompute(tensor.exported.groups.codes.data(), weights.size(), type_, tensor.matrix.data());
    return;
  }
  if (precision == Precision::kExported && spec.storage == Storage::kI8) {
    tensor.exported.int8 = QuantiseRows(weights, static_cast<size_t>(spec.rows), static_cast<size_t>(spec.cols));
    CodesToCompute(tensor.exported.int8.codes.data(), weights.size(), type_, tensor.matrix.data());
    return;
  }
  if (precision == Precision::kExported && spec.storage == Storage::kF16) {
    tensor.exported.f16.resize(weights.size());
    std::transform(weights.begin(), weights.end(), tensor.exported.f16.begin(), HalfFromFloat);
    return;
  }
  ForPieces(weights.size(), [&](size_t begin, size_t count) {
    ToCompute(weights.data() + begin, count, 1.0f, type_, tensor.matrix.data() + begin * ComputeBytes(type_));
  });
}

}  // namespace tritwise
