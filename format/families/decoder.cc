#include "format/families/decoder.h"

#include <cmath>

namespace tritwise {
namespace {

Status Check(const DecoderConfig& c, const DataShape& shape) {
  const auto bad = [](const char* what) { return Status::Error(StatusCode::kInvalidArgument, "network.%s", what); };
  if (shape.input != InputKind::kTokens) return bad("family: a decoder needs text");
  if (c.width < 1 || c.layers < 1 || c.heads < 1 || c.feed_forward < 1 || c.kv_heads < 0 || c.head_size < 0) {
    return bad("width, layers, heads, feed_forward: must be positive");
  }
  if (c.head_size == 0 && c.width % c.heads != 0) return bad("heads: must divide width (or give head_size)");
  if (c.kv_heads != 0 && c.heads % c.kv_heads != 0) return bad("kv_heads: must divide heads");
  if (!(c.rotary_base > 1.0)) return bad("rotary_base: must be above 1");
  if (c.width >= (1 << 20) || c.feed_forward >= (1 << 20) || c.heads >= (1 << 16) || c.layers >= (1 << 16) ||
      c.head_size > 512) {
    return bad("width, layers, heads, head_size or feed_forward: too large");
  }
  return Status();
}

AttentionAttrs MakeAttention(const DecoderConfig& c) {
  AttentionAttrs attrs;
  attrs.heads = static_cast<int32_t>(c.heads);
  attrs.kv_heads = static_cast<int32_t>(c.kv_heads != 0 ? c.kv_heads : c.heads);
  attrs.head_size = static_cast<int32_t>(c.head_size != 0 ? c.head_size : c.width / c.heads);
  attrs.scale = static_cast<float>(1.0 / std::sqrt(static_cast<double>(attrs.head_size)));
  attrs.cache = c.cache;
  for (int32_t i = 0; i < attrs.head_size / 2; ++i) {
    const double exponent = -2.0 * i / attrs.head_size;
    attrs.rotary_frequency.push_back(static_cast<float>(std::pow(c.rotary_base, exponent)));
  }
  return attrs;
}

}  // namespace

Result<Graph> BuildDecoder(const DecoderConfig& c, const DataShape& shape, const LinearOptions& options) {
  TRITWISE_RETURN_IF_ERROR(Check(c, shape));
  const AttentionAttrs attention = MakeAttention(c);
  const int64_t query_width = int64_t{attention.heads} * attention.head_size;
  const int64_t key_width = int64_t{attention.kv_heads} * attention.head_size;

  GraphBuilder b(shape, options);
  const int32_t table = b.PlainMatrix("embedding.weight", options.plain, shape.input_width, c.width);
  int32_t x = b.Append("embedding", {}, c.width, EmbeddingAttrs{table});
  for (int64_t layer = 0; layer < c.layers; ++layer) {
    const std::string block = "blocks." + std::to_string(layer) + ".";
    const std::string attend = block + "attention";
    int32_t h = b.Norm(attend + ".norm", x, c.norm, c.norm_eps, c.norm_gain);
    h = b.TernaryLinear(attend + ".qkv", h, query_width + 2 * key_width);
    h = b.Append(attend, {h}, query_width, attention);
    h = b.TernaryLinear(attend + ".out", h, c.width);
    x = b.Append(attend + ".add", {x, h}, c.width, AddAttrs{});

    const std::string forward = block + "feed_forward";
    h = b.Norm(forward + ".norm", x, c.norm, c.norm_eps, c.norm_gain);
    h = b.TernaryLinear(forward + ".gate_up", h, 2 * c.feed_forward);
    h = b.Append(forward + ".gate", {h}, c.feed_forward, GatedActivationAttrs{c.activation});
    h = b.TernaryLinear(forward + ".down", h, c.width);
    x = b.Append(forward + ".add", {x, h}, c.width, AddAttrs{});
  }
  x = b.Norm("norm", x, c.norm, c.norm_eps, c.norm_gain);
  const int32_t head = c.tied_head ? table : b.PlainMatrix("head.weight", options.plain, shape.output_width, c.width);
  return b.Finish(b.PlainLinear("head", x, head, shape.output_width));
}

}  // namespace tritwise
