#include "tools/gguf/architecture.h"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "format/names.h"
#include "trainer/error.h"

namespace tritwise {
namespace {

[[noreturn]] void Refuse(const std::string& what) { throw Error(what + " has no place in llama.cpp's networks"); }

std::vector<float> Gain(const ModelFile& model, int32_t tensor) {
  if (tensor == kNoTensor) return {};
  const std::span<const std::byte> data = model.tensor(tensor).data;
  std::vector<float> gain(data.size() / sizeof(float));
  std::memcpy(gain.data(), data.data(), data.size());
  return gain;
}

bool IsUniform(const std::vector<float>& gain) {
  return std::adjacent_find(gain.begin(), gain.end(), std::not_equal_to<>()) == gain.end();
}

// The norms in front of linears of one kind: all the same kind, with the same epsilon.
struct Place {
  NormKind kind = NormKind::kNone;
  float eps = 0.0f;
  bool gains = false;  // of any value but 1
  bool seen = false;

  void Add(const ModelFile& model, const LinearPart& part) {
    const auto cols = static_cast<size_t>(model.graph().tensors[static_cast<size_t>(part.weight)].cols);
    const FoldedNorm norm = FoldNorms(model, part, cols);
    if (seen && norm.kind != kind) Refuse("a kind of norm that differs by layer (" + part.name + ")");
    if (seen && norm.eps != eps) Refuse("an epsilon of norms that differs by layer (" + part.name + ")");
    kind = norm.kind;
    eps = norm.eps;
    gains |= std::any_of(norm.gain.begin(), norm.gain.end(), [](float g) { return g != 1.0f; });
    seen = true;
  }
};

// With which base the frequencies are its powers.
float RotaryBase(const AttentionAttrs& attention) {
  const std::vector<float>& frequency = attention.rotary_frequency;
  if (frequency.empty()) Refuse("attention without rotary positions");
  const auto count = static_cast<double>(frequency.size());
  if (frequency.size() == 1) return 10000.0f;
  const auto nearest = static_cast<float>(std::pow(double{frequency.back()}, -count / (count - 1)));
  const auto fits = [&](float base) {
    for (size_t i = 0; i < frequency.size(); ++i) {
      const double wanted = std::pow(double{base}, -static_cast<double>(i) / count);
      if (!(std::abs(frequency[i] - wanted) <= 1e-5 * wanted)) return false;
    }
    return true;
  };
  // Bases are round numbers.
  for (const float base : {std::round(nearest), nearest}) {
    if (fits(base)) return base;
  }
  Refuse("a list of rotary frequencies that are no powers of one base");
}

void CheckAttention(const AttentionAttrs& attention) {
  const double scale = 1.0 / std::sqrt(static_cast<double>(attention.head_size));
  if (std::abs(attention.scale - scale) > 1e-6 * scale) Refuse("a scale of attention other than 1/sqrt(head size)");
  RotaryBase(attention);
}

}  // namespace

FoldedNorm FoldNorms(const ModelFile& model, const LinearPart& part, size_t cols) {
  FoldedNorm folded;
  for (const NormStep& step : part.norms) {
    std::vector<float> gain = Gain(model, step.gain);
    if (folded.kind == NormKind::kNone) {
      folded = {step.kind, step.eps, std::move(gain)};
      continue;
    }
    if (step.kind != folded.kind) Refuse("a norm of another kind behind a norm (" + part.name + ")");
    if (!IsUniform(folded.gain)) {
      throw Error("the gain between the two norms in front of " + part.name +
                  " has no place in llama.cpp's networks, which have one norm there (network.norm_gain = false trains "
                  "without)");
    }
    // c x / sqrt(m + e), m the mean square (or the variance), has the mean square c^2 m / (m + e). Normalising it with
    // f gives c x / sqrt(m (c^2 + f) + e f), a norm with epsilon e f / (c^2 + f) and gain c / sqrt(c^2 + f).
    const double c = folded.gain.empty() ? 1.0 : double{folded.gain[0]};
    const double sum = c * c + double{step.eps};
    if (c == 0.0 || !(sum > 0.0)) Refuse("a gain of 0 in front of a norm (" + part.name + ")");
    const double factor = c / std::sqrt(sum);
    folded.eps = static_cast<float>(double{folded.eps} * double{step.eps} / sum);
    if (gain.empty()) gain.assign(cols, 1.0f);
    for (float& g : gain) g = static_cast<float>(double{g} * factor);
    folded.gain = std::move(gain);
  }
  return folded;
}

Architecture ChooseArchitecture(const ModelFile& model, const DecoderParts& parts) {
  const Graph& graph = model.graph();
  Place front;
  Place behind;
  for (const DecoderLayer& layer : parts.layers) {
    front.Add(model, layer.qkv);
    front.Add(model, layer.gate_up);
    behind.Add(model, layer.attention_out);
    behind.Add(model, layer.down);
  }
  Place last;
  last.Add(model, parts.head);
  if (front.kind == NormKind::kNone) Refuse("attention without a norm in front (" + parts.layers[0].qkv.name + ")");
  if (last.kind != front.kind) Refuse("a head without a norm of the kind that the blocks have");
  CheckAttention(parts.attention);

  const bool tied = parts.head.weight == parts.table;
  const bool square = int64_t{parts.attention.heads} * parts.attention.head_size ==
                      graph.tensors[static_cast<size_t>(parts.table)].cols;
  Architecture a;
  if (behind.kind != NormKind::kNone) {
    if (front.kind != NormKind::kRms || behind.kind != NormKind::kRms) {
      throw Error(
          "layer norm in front of " + parts.layers[0].attention_out.name +
          " has no place in llama.cpp's networks, which have RMS norm there or none (quantise.norm = \"rms\" with "
          "network.norm = \"rms\", or \"none\")");
    }
    if (!tied) Refuse("a head that is not tied to the embedding, with norms in front of the attention outputs,");
    a = {"bitnet", true, true, true, false, behind.eps, 1.0f};
    if (front.eps > 0.0f && behind.eps > 0.0f) {
      a.residual_factor = std::exp2(std::round(0.5f * std::log2(behind.eps / front.eps)));
    }
  } else if (front.kind == NormKind::kRms) {
    a = {"llama", true, false, false, true, front.eps, 1.0f};
  } else {
    if (front.gains || last.gains) Refuse("a gain of layer norm");
    a = {"olmo", false, false, false, true, front.eps, 1.0f};
  }
  if (!square && a.sub_norms) Refuse("heads that together are not as wide as the network, with norms behind them,");
  const bool squared = parts.activation == ActivationKind::kReluSquared;
  if (parts.activation != ActivationKind::kSilu && !(squared && a.sub_norms)) {
    Refuse("the activation " + std::string(NameOf(parts.activation)) + " (in the network " + a.name + ")");
  }
  return a;
}

void DescribeArchitecture(const Architecture& a, const Graph& graph, const DecoderParts& parts,
                          GgufMetadata* metadata) {
  const std::string prefix = std::string(a.name) + ".";
  const auto tensor = [&](int32_t index) -> const TensorSpec& { return graph.tensors[static_cast<size_t>(index)]; };
  const auto uint = [&](const char* key, int64_t value) { metadata->Uint(prefix + key, static_cast<uint64_t>(value)); };
  uint("vocab_size", tensor(parts.table).rows);
  uint("context_length", graph.context);
  uint("embedding_length", tensor(parts.table).cols);
  uint("block_count", static_cast<int64_t>(parts.layers.size()));
  uint("feed_forward_length", tensor(parts.layers[0].down.weight).cols);
  uint("attention.head_count", parts.attention.heads);
  uint("attention.head_count_kv", parts.attention.kv_heads);
  uint("attention.key_length", parts.attention.head_size);
  uint("attention.value_length", parts.attention.head_size);
  uint("rope.dimension_count", parts.attention.head_size);
  metadata->Float(prefix + "rope.freq_base", RotaryBase(parts.attention));
  metadata->Float(prefix + (a.norm_gains ? "attention.layer_norm_rms_epsilon" : "attention.layer_norm_epsilon"), a.eps);
  if (parts.activation == ActivationKind::kReluSquared) metadata->Text(prefix + "hidden_activation", "relu2");
}

}  // namespace tritwise
