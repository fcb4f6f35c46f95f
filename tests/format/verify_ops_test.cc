// What VerifyGraph refuses in each kind of operation: good graphs of the family builders with one thing broken.
#include <limits>

#include "tests/format/fixture.h"

namespace tritwise {
namespace {

using test::AttrsOf;
using test::OpNamed;
using test::TensorNamed;

constexpr float kInf = std::numeric_limits<float>::infinity();
constexpr float kNan = std::numeric_limits<float>::quiet_NaN();

// What stands behind the operation's name in the line that refuses a tiny decoder after `change`.
template <class Change>
std::string Broken(std::string_view op, Change change, const Graph& good = test::TinyDecoder()) {
  const std::string line = test::Broken(good, change);
  const std::string start = "f: operation " + std::string(op) + " (";
  if (!line.starts_with(start)) return line.empty() ? "accepted" : line;
  return line.substr(line.find("): ") + 3);
}

TEST_CASE("An embedding takes no inputs and token ids") {
  CHECK(Broken("embedding", [](Graph& g) {
          g.input = InputKind::kFeatures;
          g.value_widths.insert(g.value_widths.begin(), g.input_width);
          for (Op& op : g.ops) {
            ++op.output;
            for (int32_t& input : op.inputs) ++input;
          }
        }) == "an embedding needs token input");
  CHECK(Broken("second", [](Graph& g) {
          g.ops.insert(g.ops.begin() + 1, {"second", {0}, 1, EmbeddingAttrs{}});
        }) == "wrong number of inputs");
}

TEST_CASE("An embedding's table fits input and output and is not ternary") {
  const std::string refusal = "its table does not fit the input or the output";
  for (const int32_t table : {-1, 1, 100, INT32_MAX, INT32_MIN}) {
    CHECK(Broken("embedding", [&](Graph& g) { AttrsOf<EmbeddingAttrs>(g, "embedding").table = table; }) == refusal);
  }
  CHECK(Broken("embedding", [](Graph& g) { ++g.tensors[0].rows; }) == refusal);
  CHECK(Broken("embedding", [](Graph& g) { ++g.tensors[0].cols; }) == refusal);
  CHECK(Broken("embedding", [](Graph& g) {
          g.tensors[0].storage = Storage::kT2;
          g.tensors[0].scale = ScaleKind::kTensor;
        }) == refusal);
}

TEST_CASE("A norm has one input, as wide as its output") {
  CHECK(Broken("norm", [](Graph& g) { OpNamed(g, "norm").inputs.clear(); }) == "wrong number of inputs");
  CHECK(Broken("norm", [](Graph& g) { OpNamed(g, "norm").inputs.push_back(0); }) == "wrong number of inputs");
  CHECK(Broken("norm", [](Graph& g) { ++g.value_widths[static_cast<size_t>(OpNamed(g, "norm").output)]; }) ==
        "input and output differ in width");
}

TEST_CASE("A norm's kind, eps and gain are checked, alone and within a linear") {
  const auto norm = [](auto change) {
    return Broken("norm", [&](Graph& g) {
      auto& a = AttrsOf<NormAttrs>(g, "norm");
      change(a.kind, a.eps, a.gain);
    });
  };
  const auto linear = [](auto change) {
    return Broken("blocks.0.attention.qkv", [&](Graph& g) {
      auto& q = AttrsOf<TernaryLinearAttrs>(g, "blocks.0.attention.qkv").quantiser;
      change(q.norm, q.norm_eps, q.gain);
    });
  };
  const auto both = [&](auto change, const std::string& refusal) {
    CHECK(norm(change) == refusal);
    CHECK(linear(change) == refusal);
  };
  both([](NormKind& kind, float&, int32_t&) { kind = static_cast<NormKind>(3); }, "unknown kind of norm");
  for (const float bad : {-1e-5f, kInf, kNan}) {
    both([bad](NormKind&, float& eps, int32_t&) { eps = bad; }, "the norm's eps is not a number of at least 0");
  }
  for (const int32_t bad : {-2, 0, 1000}) {
    both([bad](NormKind&, float&, int32_t& gain) { gain = bad; }, "the norm's gain does not fit");
  }
  both(
      [](NormKind&, float& eps, int32_t& gain) {
        eps = 0.0f;
        gain = kNoTensor;
      },
      "accepted");
}

TEST_CASE("A gain is one row of f32, as wide as what it multiplies") {
  const std::string refusal = "the norm's gain does not fit";
  CHECK(Broken("norm", [](Graph& g) { ++TensorNamed(g, "norm.gain").rows; }) == refusal);
  CHECK(Broken("norm", [](Graph& g) { ++TensorNamed(g, "norm.gain").cols; }) == refusal);
  CHECK(Broken("norm", [](Graph& g) { TensorNamed(g, "norm.gain").storage = Storage::kF16; }) == refusal);
}

TEST_CASE("A linear has one input") {
  for (const char* name : {"blocks.0.attention.out", "head"}) {
    CHECK(Broken(name, [&](Graph& g) { OpNamed(g, name).inputs.clear(); }) == "wrong number of inputs");
    CHECK(Broken(name, [&](Graph& g) { OpNamed(g, name).inputs.push_back(0); }) == "wrong number of inputs");
  }
}

TEST_CASE("A linear's weight fits its kind, its input and its output") {
  const std::string refusal = "its weight does not fit its kind, input or output";
  const std::string ternary = "blocks.0.attention.out";
  CHECK(Broken(ternary, [&](Graph& g) { ++TensorNamed(g, ternary + ".weight").rows; }) == refusal);
  CHECK(Broken(ternary, [&](Graph& g) { ++TensorNamed(g, ternary + ".weight").cols; }) == refusal);
  CHECK(Broken(ternary, [&](Graph& g) { AttrsOf<TernaryLinearAttrs>(g, ternary).weight = -1; }) == refusal);
  CHECK(Broken(ternary, [&](Graph& g) { AttrsOf<TernaryLinearAttrs>(g, ternary).weight = 1 << 20; }) == refusal);
  CHECK(Broken(ternary, [&](Graph& g) {  // a plain matrix of the right shape
          TensorNamed(g, ternary + ".weight").storage = Storage::kF32;
          TensorNamed(g, ternary + ".weight").scale = ScaleKind::kNone;
        }) == refusal);
  CHECK(Broken(ternary, [&](Graph& g) {  // a ternary matrix in a plain linear
          OpNamed(g, ternary).attrs = PlainLinearAttrs{AttrsOf<TernaryLinearAttrs>(g, ternary).weight, kNoTensor, {}};
        }) == refusal);
  CHECK(Broken("head", [](Graph& g) { AttrsOf<PlainLinearAttrs>(g, "head").weight = 1; }) == refusal);
  CHECK(Broken("head", [](Graph& g) { ++g.value_widths.back(); }) == refusal);
}

TEST_CASE("A bias is one row of f32, as wide as the output") {
  const Graph mlp = test::TinyMlp();
  const std::string refusal = "its bias does not fit";
  CHECK(Broken(
            "layers.0", [](Graph& g) { ++TensorNamed(g, "layers.0.bias").rows; }, mlp) == refusal);
  CHECK(Broken(
            "layers.0", [](Graph& g) { ++TensorNamed(g, "layers.0.bias").cols; }, mlp) == refusal);
  CHECK(Broken(
            "layers.0", [](Graph& g) { AttrsOf<TernaryLinearAttrs>(g, "layers.0").bias = -2; }, mlp) == refusal);
  CHECK(Broken(
            "layers.0", [](Graph& g) { AttrsOf<TernaryLinearAttrs>(g, "layers.0").bias = 0; }, mlp) == refusal);
  CHECK(Broken(
            "layers.0", [](Graph& g) { AttrsOf<TernaryLinearAttrs>(g, "layers.0").bias = kNoTensor; }, mlp) ==
        "accepted");
  CHECK(Broken("head", [](Graph& g) { AttrsOf<PlainLinearAttrs>(g, "head").bias = 0; }) == refusal);
}

TEST_CASE("A measure of activations that is not known is refused") {
  const auto bad = static_cast<ActivationMeasure>(3);
  const std::string name = "blocks.0.feed_forward.down";
  CHECK(Broken(name, [&](Graph& g) { AttrsOf<TernaryLinearAttrs>(g, name).quantiser.measure = bad; }) ==
        "unknown measure of activations");
  CHECK(Broken("head", [&](Graph& g) { AttrsOf<PlainLinearAttrs>(g, "head").quantiser.measure = bad; }) ==
        "unknown measure of activations");
}

TEST_CASE("Activation codes have one of two ranges and one of two lowest values") {
  const std::string refusal = "activation range is not 127 or 128, or the lowest code not -127 or -128";
  const std::string name = "blocks.0.feed_forward.down";
  const auto with = [&](int32_t range, int32_t lowest) {
    return Broken(name, [&](Graph& g) {
      AttrsOf<TernaryLinearAttrs>(g, name).quantiser.range = range;
      AttrsOf<TernaryLinearAttrs>(g, name).quantiser.lowest = lowest;
    });
  };
  for (const int32_t bad : {0, -127, 126, 129, INT32_MAX, INT32_MIN}) CHECK(with(bad, -127) == refusal);
  for (const int32_t bad : {0, 127, -126, -129, INT32_MAX, INT32_MIN}) CHECK(with(127, bad) == refusal);
  CHECK(with(128, -128) == "accepted");
  CHECK(with(127, -128) == "accepted");
  CHECK(Broken("head", [](Graph& g) { AttrsOf<PlainLinearAttrs>(g, "head").quantiser.range = 0; }) == refusal);
}

// ---- attention

constexpr const char* kAttention = "blocks.0.attention";

template <class Change>
std::string BrokenAttention(Change change) {
  return Broken(kAttention, [&](Graph& g) { change(AttrsOf<AttentionAttrs>(g, kAttention)); });
}

TEST_CASE("Attention has one input or three, and a context length") {
  for (const std::vector<int32_t>& inputs : {std::vector<int32_t>{}, {2, 2}, {2, 2, 2, 2}}) {
    CHECK(Broken(kAttention, [&](Graph& g) { OpNamed(g, kAttention).inputs = inputs; }) == "wrong number of inputs");
  }
  CHECK(Broken(kAttention, [](Graph& g) { g.context = 0; }) == "attention needs a context length");
}

TEST_CASE("Numbers of heads and the head size are in range and divide") {
  const std::string refusal = "numbers of heads or head size out of range";
  for (const int32_t bad : {0, -4, 5, 65537, INT32_MAX, INT32_MIN}) {
    CHECK(BrokenAttention([bad](AttentionAttrs& a) { a.heads = bad; }) == refusal);
  }
  for (const int32_t bad : {0, -2, 3, 8, INT32_MIN}) {
    CHECK(BrokenAttention([bad](AttentionAttrs& a) { a.kv_heads = bad; }) == refusal);
  }
  for (const int32_t bad : {0, -2, 1, 3, 514, INT32_MAX, INT32_MIN}) {
    CHECK(BrokenAttention([bad](AttentionAttrs& a) { a.head_size = bad; }) == refusal);
  }
}

TEST_CASE("Widths of query, key, value and output fit the heads") {
  const std::string refusal = "widths do not fit the heads";
  CHECK(BrokenAttention([](AttentionAttrs& a) { a.head_size = 4; }) == refusal);
  CHECK(BrokenAttention([](AttentionAttrs& a) { a.kv_heads = 4; }) == refusal);
  CHECK(BrokenAttention([](AttentionAttrs& a) { a.heads = 65536; }) == refusal);
  const Graph split = test::WithSplitAttention(test::TinyDecoder());
  for (const auto& [first, second] : {std::pair(0u, 1u), std::pair(0u, 2u)}) {
    CHECK(Broken(
              kAttention,
              [&](Graph& g) {
                auto& inputs = OpNamed(g, kAttention).inputs;
                std::swap(inputs[first], inputs[second]);
              },
              split) == refusal);
  }
  CHECK(Broken(kAttention, [](Graph& g) { ++g.value_widths[static_cast<size_t>(OpNamed(g, kAttention).output)]; }) ==
        refusal);
}

TEST_CASE("The scale of attention is a positive number") {
  for (const float bad : {0.0f, -1.0f, kInf, kNan}) {
    CHECK(BrokenAttention([bad](AttentionAttrs& a) { a.scale = bad; }) == "scale is not a positive number");
  }
}

TEST_CASE("A cache holds f16, f32 or int8") {
  for (const int bad : {3, 4, 5, 255}) {
    CHECK(BrokenAttention([bad](AttentionAttrs& a) { a.cache = static_cast<Storage>(bad); }) ==
          "cache is neither f16, f32 nor int8");
  }
  for (const Storage good : {Storage::kF32, Storage::kF16, Storage::kI8}) {
    CHECK(BrokenAttention([good](AttentionAttrs& a) { a.cache = good; }) == "accepted");
  }
}

TEST_CASE("Rotary frequencies are numbers, one for each pair of a head or none") {
  CHECK(BrokenAttention([](AttentionAttrs& a) { a.rotary_frequency.push_back(1.0f); }) ==
        "not one rotary frequency for each pair of a head");
  CHECK(BrokenAttention([](AttentionAttrs& a) { a.rotary_frequency.clear(); }) == "accepted");
  for (const float bad : {kInf, kNan}) {
    CHECK(BrokenAttention([bad](AttentionAttrs& a) { a.rotary_frequency[0] = bad; }) ==
          "a rotary frequency is not a number");
  }
}

// ---- element by element

TEST_CASE("An activation is known, has one input and keeps its width") {
  const Graph mlp = test::TinyMlp();
  const std::string name = "layers.0.activation";
  CHECK(Broken(
            name,
            [&](Graph& g) {
              OpNamed(g, name).inputs = {0, 1};
            },
            mlp) == "wrong number of inputs");
  CHECK(Broken(
            name, [&](Graph& g) { OpNamed(g, name).inputs = {0}; }, mlp) == "input and output differ in width");
  CHECK(Broken(
            name, [&](Graph& g) { AttrsOf<ActivationAttrs>(g, name).kind = static_cast<ActivationKind>(3); }, mlp) ==
        "unknown activation");
}

TEST_CASE("A gated activation is known, has one input of twice its width or two of its width") {
  const std::string name = "blocks.0.feed_forward.gate";
  const std::string refusal = "widths of gate, up and output do not fit";
  CHECK(Broken(name, [&](Graph& g) { OpNamed(g, name).inputs.clear(); }) == "wrong number of inputs");
  CHECK(Broken(name, [&](Graph& g) { OpNamed(g, name).inputs = {0, 0, 0}; }) == "wrong number of inputs");
  CHECK(Broken(name, [&](Graph& g) { OpNamed(g, name).inputs = {0}; }) == refusal);
  CHECK(Broken(name, [&](Graph& g) { OpNamed(g, name).inputs.push_back(0); }) == refusal);
  CHECK(Broken(name, [&](Graph& g) { AttrsOf<GatedActivationAttrs>(g, name).kind = static_cast<ActivationKind>(7); }) ==
        "unknown activation");
}

TEST_CASE("An addition has two inputs of its own width") {
  const std::string name = "blocks.0.attention.add";
  CHECK(Broken(name, [&](Graph& g) { OpNamed(g, name).inputs.pop_back(); }) == "wrong number of inputs");
  CHECK(Broken(name, [&](Graph& g) { OpNamed(g, name).inputs.push_back(0); }) == "wrong number of inputs");
  CHECK(Broken(name, [&](Graph& g) { OpNamed(g, name).inputs[1] = 2; }) == "widths differ");
}

TEST_CASE("An operation without attributes is refused") {
  CHECK(Broken("norm", [](Graph& g) { OpNamed(g, "norm").attrs = std::monostate(); }) == "it has no attributes");
}

}  // namespace
}  // namespace tritwise
