// A graph read as a decoder: which tensors and norms stand where. The graph may come from any builder; what counts is
// that its operations are those of pre-norm blocks of attention and a gated feed-forward net.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "format/graph.h"

namespace tritwise {

struct NormStep {
  NormKind kind = NormKind::kNone;
  float eps = 0.0f;
  int32_t gain = kNoTensor;
};

// A linear and all norms that its input goes through, those within a ternary linear last.
struct LinearPart {
  std::string name;  // of the operation
  int32_t weight = kNoTensor;
  std::vector<NormStep> norms;
};

struct DecoderLayer {
  LinearPart qkv;
  LinearPart attention_out;
  LinearPart gate_up;
  LinearPart down;
};

struct DecoderParts {
  int32_t table = kNoTensor;
  std::vector<DecoderLayer> layers;  // at least one
  LinearPart head;
  AttentionAttrs attention;  // the same in all layers, as is the activation
  ActivationKind activation = ActivationKind::kSilu;
};

// Throws Error, which names the operation that does not fit.
DecoderParts ReadDecoder(const Graph& graph);

}  // namespace tritwise
