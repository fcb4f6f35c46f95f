// Decoder language models: pre-norm blocks of causal attention and a gated feed-forward net, rotary
// positions, ternary linears inside the blocks, embedding and head plain (arXiv 2402.00838 without biases
// and with parameter-free norms by default; arXiv 2502.11895 makes it ternary).
#pragma once

#include "format/families/graph_builder.h"
#include "format/status.h"

namespace tritwise {

struct DecoderConfig {
  int64_t width = 256;
  int64_t layers = 4;
  int64_t heads = 4;
  int64_t kv_heads = 0;   // 0: as many as heads
  int64_t head_size = 0;  // 0: width / heads
  int64_t feed_forward = 682;
  double rotary_base = 10000.0;
  NormKind norm = NormKind::kLayer;
  bool norm_gain = false;
  float norm_eps = 1e-5f;
  ActivationKind activation = ActivationKind::kSilu;
  bool tied_head = true;
  Storage cache = Storage::kF16;

  template <class Self, class Visitor>
  static void Visit(Self& self, Visitor&& field) {
    field("width", self.width);
    field("layers", self.layers);
    field("heads", self.heads);
    field("kv_heads", self.kv_heads);
    field("head_size", self.head_size);
    field("feed_forward", self.feed_forward);
    field("rotary_base", self.rotary_base);
    field("norm", self.norm);
    field("norm_gain", self.norm_gain);
    field("norm_eps", self.norm_eps);
    field("activation", self.activation);
    field("tied_head", self.tied_head);
    field("cache", self.cache);
  }
};

Result<Graph> BuildDecoder(const DecoderConfig& config, const DataShape& shape, const LinearOptions& options);

}  // namespace tritwise
