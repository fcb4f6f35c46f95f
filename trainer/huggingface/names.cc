#include "trainer/huggingface/names.h"

namespace tritwise {

std::vector<NamedRows> HuggingFaceParts(const TensorSpec& tensor, const DecoderConfig& c) {
  const auto whole = [&](const std::string& name) { return std::vector<NamedRows>{{name, tensor.rows}}; };
  if (tensor.name == "embedding.weight") return whole("model.embed_tokens.weight");
  if (tensor.name == "norm.gain") return whole("model.norm.weight");
  if (tensor.name == "head.weight") return whole("lm_head.weight");

  // "blocks.N.PART"
  const std::string blocks = "blocks.";
  const size_t dot = tensor.name.find('.', blocks.size());
  if (!tensor.name.starts_with(blocks) || dot == std::string::npos) return {};
  const std::string layer = "model.layers." + tensor.name.substr(blocks.size(), dot - blocks.size()) + ".";
  const std::string part = tensor.name.substr(dot + 1);
  if (part == "attention.norm.gain") return whole(layer + "input_layernorm.weight");
  if (part == "attention.out.weight") return whole(layer + "self_attn.o_proj.weight");
  if (part == "feed_forward.norm.gain") return whole(layer + "post_attention_layernorm.weight");
  if (part == "feed_forward.down.weight") return whole(layer + "mlp.down_proj.weight");
  if (part == "feed_forward.gate_up.weight") {
    return {{layer + "mlp.gate_proj.weight", c.feed_forward}, {layer + "mlp.up_proj.weight", c.feed_forward}};
  }
  if (part == "attention.qkv.weight") {
    const int64_t head_size = c.head_size != 0 ? c.head_size : c.width / c.heads;
    const int64_t key = (c.kv_heads != 0 ? c.kv_heads : c.heads) * head_size;
    return {{layer + "self_attn.q_proj.weight", c.heads * head_size},
            {layer + "self_attn.k_proj.weight", key},
            {layer + "self_attn.v_proj.weight", key}};
  }
  return {};
}

}  // namespace tritwise
