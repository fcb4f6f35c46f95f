#include "tools/gguf/decoder_parts.h"

#include "trainer/error.h"

namespace tritwise {
namespace {

bool Same(const AttentionAttrs& a, const AttentionAttrs& b) {
  return a.heads == b.heads && a.kv_heads == b.kv_heads && a.head_size == b.head_size && a.scale == b.scale &&
         a.rotary_frequency == b.rotary_frequency;
}

class Reader {
 public:
  explicit Reader(const Graph& graph) : graph_(graph) {}

  DecoderParts Read() {
    const auto* embedding = Take<EmbeddingAttrs>({});
    if (embedding == nullptr) throw Error("only decoders of text can be written as GGUF");
    parts_.table = embedding->table;
    int32_t x = value_;
    LinearPart part = ReadLinear(x);
    while (next_ < graph_.ops.size()) {
      DecoderLayer layer;
      layer.qkv = std::move(part);
      ReadAttention();
      layer.attention_out = ReadLinear(value_);
      x = ReadAdd(x);
      layer.gate_up = ReadLinear(x);
      ReadGate();
      layer.down = ReadLinear(value_);
      x = ReadAdd(x);
      parts_.layers.push_back(std::move(layer));
      part = ReadLinear(x);
    }
    if (parts_.layers.empty()) throw Error("a network without attention has no place in GGUF's decoders");
    parts_.head = std::move(part);
    return std::move(parts_);
  }

 private:
  // The attributes of the next operation where it is of this kind and reads these values, else nothing.
  template <class Attrs>
  const Attrs* Take(const std::vector<int32_t>& inputs) {
    if (next_ == graph_.ops.size() || graph_.ops[next_].inputs != inputs) return nullptr;
    const auto* attrs = std::get_if<Attrs>(&graph_.ops[next_].attrs);
    if (attrs == nullptr) return nullptr;
    value_ = graph_.ops[next_++].output;
    return attrs;
  }

  [[noreturn]] void Refuse() const {
    const std::string name = next_ < graph_.ops.size() ? graph_.ops[next_].name : "the end";
    throw Error("operation " + name + " has no place in llama.cpp's decoders");
  }

  LinearPart ReadLinear(int32_t input) {
    LinearPart part;
    value_ = input;
    while (const auto* norm = Take<NormAttrs>({value_})) part.norms.push_back({norm->kind, norm->eps, norm->gain});
    if (next_ < graph_.ops.size()) part.name = graph_.ops[next_].name;
    const auto* ternary = Take<TernaryLinearAttrs>({value_});
    const auto* plain = ternary == nullptr ? Take<PlainLinearAttrs>({value_}) : nullptr;
    if (ternary == nullptr && plain == nullptr) Refuse();
    part.weight = ternary != nullptr ? ternary->weight : plain->weight;
    if ((ternary != nullptr ? ternary->bias : plain->bias) != kNoTensor) {
      throw Error("the bias of " + part.name + " has no place in llama.cpp's decoders");
    }
    // A plain linear of f32 or f16 does not use its quantiser.
    const Storage storage = graph_.tensors[static_cast<size_t>(part.weight)].storage;
    if (ternary != nullptr || (storage != Storage::kF32 && storage != Storage::kF16)) {
      const ActivationQuantiser& q = ternary != nullptr ? ternary->quantiser : plain->quantiser;
      if (q.norm != NormKind::kNone) part.norms.push_back({q.norm, q.norm_eps, q.gain});
    }
    return part;
  }

  void ReadAttention() {
    const auto* attention = Take<AttentionAttrs>({value_});
    if (attention == nullptr) Refuse();
    if (parts_.layers.empty()) parts_.attention = *attention;
    if (!Same(parts_.attention, *attention)) throw Error("attention that differs by layer has no place in GGUF");
  }

  void ReadGate() {
    const auto* gate = Take<GatedActivationAttrs>({value_});
    if (gate == nullptr) Refuse();
    if (parts_.layers.empty()) parts_.activation = gate->kind;
    if (parts_.activation != gate->kind) throw Error("an activation that differs by layer has no place in GGUF");
  }

  int32_t ReadAdd(int32_t x) {
    if (Take<AddAttrs>({x, value_}) == nullptr) Refuse();
    return value_;
  }

  const Graph& graph_;
  DecoderParts parts_;
  size_t next_ = 0;
  int32_t value_ = 0;  // that the last operation wrote
};

}  // namespace

DecoderParts ReadDecoder(const Graph& graph) { return Reader(graph).Read(); }

}  // namespace tritwise
