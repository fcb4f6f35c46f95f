// The graphs that the family builders make, and the configs that they refuse.
#include "format/families/families.h"

#include <map>

#include "format/ternary_layout.h"
#include "tests/format/fixture.h"

namespace tritwise {
namespace {

TEST_CASE("A pattern matches names with anything in place of its stars") {
  for (const auto& [name, pattern] :
       std::vector<std::pair<const char*, const char*>>{{"blocks.0.attention.qkv", "*"},
                                                        {"blocks.0.attention.qkv", "*.attention.*"},
                                                        {"scores", "scores"},
                                                        {"abcabd", "*abd"},
                                                        {"aaab", "a*a*b"},
                                                        {"", "**"}}) {
    CHECK(MatchesPattern(name, pattern));
  }
  for (const auto& [name, pattern] :
       std::vector<std::pair<const char*, const char*>>{{"blocks.0.attention.qkv", "attention"},
                                                        {"score", "scores"},
                                                        {"scores", "score"},
                                                        {"ab", "a*c"},
                                                        {"a", ""}}) {
    CHECK_FALSE(MatchesPattern(name, pattern));
  }
  CHECK_FALSE(MatchesPattern(std::string(5000, 'a'), "*a*a*a*a*a*a*a*a*a*a*b"));
}

TEST_CASE("Linears that are not to be ternary are plain f16, and a pattern without a linear is refused") {
  LinearOptions options;
  options.ternary_linears = {"*.attention.*", "blocks.1.feed_forward.down"};
  const DataShape shape{InputKind::kTokens, 30, 30, 16};
  const auto graph = BuildFamily(DecoderConfig{}, shape, options);
  REQUIRE(graph.ok());
  size_t ternary = 0;
  for (const TensorSpec& tensor : graph.value().tensors) {
    ternary += IsTernary(tensor.storage) ? 1 : 0;
    if (tensor.name == "blocks.0.feed_forward.down.weight") CHECK(tensor.storage == Storage::kF16);
  }
  CHECK(ternary == 2 * 4 + 1);
  options.ternary_linears = {"*", "blocks.9.*"};
  const auto refused = BuildFamily(DecoderConfig{}, shape, options);
  CHECK_THAT(refused.status().message(), Catch::Contains("\"blocks.9.*\" names no linear"));
}

constexpr DataShape kText = {InputKind::kTokens, 512, 512, 256};

Graph Decoder(const DecoderConfig& config, const LinearOptions& options = {}) {
  return test::Must(BuildFamily(config, kText, options));
}

std::string Refusal(const FamilyConfig& config, const DataShape& shape = kText) {
  return BuildFamily(config, shape, {}).status().message();
}

std::map<std::string, std::pair<int64_t, int64_t>> Shapes(const Graph& graph) {
  std::map<std::string, std::pair<int64_t, int64_t>> shapes;
  for (const TensorSpec& t : graph.tensors) shapes[t.name] = {t.rows, t.cols};
  return shapes;
}

int64_t TernaryWeights(const Graph& graph) {
  int64_t count = 0;
  for (const TensorSpec& t : graph.tensors) count += IsTernary(t.storage) ? t.rows * t.cols : 0;
  return count;
}

std::vector<std::string> OpNames(const Graph& graph) {
  std::vector<std::string> names;
  for (const Op& op : graph.ops) names.push_back(op.name);
  return names;
}

TEST_CASE("The default decoder has the tensors, shapes and number of ternary weights of its config") {
  const Graph graph = Decoder({});
  REQUIRE(graph.tensors.size() == 1 + 4 * 4);
  const auto shapes = Shapes(graph);
  CHECK(shapes.at("embedding.weight") == std::pair<int64_t, int64_t>(512, 256));
  for (const std::string block : {"blocks.0.", "blocks.1.", "blocks.2.", "blocks.3."}) {
    CHECK(shapes.at(block + "attention.qkv.weight") == std::pair<int64_t, int64_t>(768, 256));
    CHECK(shapes.at(block + "attention.out.weight") == std::pair<int64_t, int64_t>(256, 256));
    CHECK(shapes.at(block + "feed_forward.gate_up.weight") == std::pair<int64_t, int64_t>(1364, 256));
    CHECK(shapes.at(block + "feed_forward.down.weight") == std::pair<int64_t, int64_t>(256, 682));
  }
  CHECK(TernaryWeights(graph) == 3143680);
  CHECK(graph.context == 256);
  CHECK(graph.output_width() == 512);
}

TEST_CASE("A block of a decoder is attention and a gated net, each behind a norm and added") {
  DecoderConfig config;
  config.layers = 1;
  CHECK(OpNames(Decoder(config)) ==
        std::vector<std::string>{"embedding", "blocks.0.attention.norm", "blocks.0.attention.qkv", "blocks.0.attention",
                                 "blocks.0.attention.out", "blocks.0.attention.add", "blocks.0.feed_forward.norm",
                                 "blocks.0.feed_forward.gate_up", "blocks.0.feed_forward.gate",
                                 "blocks.0.feed_forward.down", "blocks.0.feed_forward.add", "norm", "head"});
}

TEST_CASE("Additions add to the residual stream, not to its norm") {
  Graph graph = Decoder({});
  const int32_t stream = test::OpNamed(graph, "embedding").output;
  CHECK(test::OpNamed(graph, "blocks.0.attention.add").inputs ==
        std::vector<int32_t>{stream, test::OpNamed(graph, "blocks.0.attention.out").output});
  CHECK(test::OpNamed(graph, "blocks.0.feed_forward.add").inputs ==
        std::vector<int32_t>{test::OpNamed(graph, "blocks.0.attention.add").output,
                             test::OpNamed(graph, "blocks.0.feed_forward.down").output});
}

TEST_CASE("A tied head reads the embedding's table, an untied one has its own") {
  DecoderConfig config;
  Graph tied = Decoder(config);
  CHECK(test::AttrsOf<PlainLinearAttrs>(tied, "head").weight == test::AttrsOf<EmbeddingAttrs>(tied, "embedding").table);
  config.tied_head = false;
  Graph untied = Decoder(config);
  CHECK(untied.tensors.size() == tied.tensors.size() + 1);
  CHECK(untied.tensors[static_cast<size_t>(test::AttrsOf<PlainLinearAttrs>(untied, "head").weight)].name ==
        "head.weight");
  CHECK(TernaryWeights(untied) == TernaryWeights(tied));
}

TEST_CASE("Fewer key heads make the joint linear narrower, a head size of its own makes it wider") {
  DecoderConfig config;
  config.heads = 8;
  config.kv_heads = 2;
  Graph graph = Decoder(config);
  CHECK(Shapes(graph).at("blocks.0.attention.qkv.weight").first == 256 + 2 * 64);
  CHECK(test::AttrsOf<AttentionAttrs>(graph, "blocks.0.attention").kv_heads == 2);
  config.head_size = 64;
  graph = Decoder(config);
  CHECK(Shapes(graph).at("blocks.0.attention.qkv.weight").first == 512 + 2 * 128);
  CHECK(Shapes(graph).at("blocks.0.attention.out.weight") == std::pair<int64_t, int64_t>(256, 512));
}

TEST_CASE("Attention is scaled by the root of the head size and turned by powers of the base") {
  Graph graph = Decoder({});
  const auto& a = test::AttrsOf<AttentionAttrs>(graph, "blocks.3.attention");
  CHECK(a.heads == 4);
  CHECK(a.kv_heads == 4);
  CHECK(a.head_size == 64);
  CHECK(a.scale == 0.125f);
  CHECK(a.cache == Storage::kF16);
  REQUIRE(a.rotary_frequency.size() == 32);
  CHECK(a.rotary_frequency[0] == 1.0f);
  CHECK(a.rotary_frequency[16] == Approx(0.01f));
  CHECK(a.rotary_frequency[31] == Approx(std::pow(10000.0, -62.0 / 64.0)));
}

TEST_CASE("Gains and norms of linears come with their tensors") {
  DecoderConfig config;
  config.layers = 1;
  config.norm_gain = true;
  LinearOptions options;
  options.quantiser.norm = NormKind::kRms;
  const auto shapes = Shapes(Decoder(config, options));
  CHECK(shapes.at("norm.gain") == std::pair<int64_t, int64_t>(1, 256));
  CHECK(shapes.at("blocks.0.attention.norm.gain") == std::pair<int64_t, int64_t>(1, 256));
  CHECK(shapes.at("blocks.0.feed_forward.down.input_norm.gain") == std::pair<int64_t, int64_t>(1, 682));
  config.norm = NormKind::kNone;
  CHECK_FALSE(Shapes(Decoder(config)).contains("norm.gain"));
}

TEST_CASE("Storages of linears decide the kind of scale") {
  for (const Storage plain : {Storage::kF32, Storage::kF16, Storage::kI8}) {
    LinearOptions options;
    options.plain = plain;
    options.ternary = Storage::kT5;
    const Graph graph = Decoder({}, options);
    CHECK(graph.tensors[0].storage == plain);
    CHECK(graph.tensors[0].scale == (plain == Storage::kI8 ? ScaleKind::kRow : ScaleKind::kNone));
    CHECK(graph.tensors[1].storage == Storage::kT5);
    CHECK(graph.tensors[1].scale == ScaleKind::kTensor);
  }
}

TEST_CASE("A decoder that cannot be is refused with the field to change") {
  const auto refusal = [](void (*change)(DecoderConfig&)) {
    DecoderConfig config;
    change(config);
    return Refusal(config);
  };
  const std::string positive = "network.width, layers, heads, feed_forward: must be positive";
  CHECK(refusal([](DecoderConfig& c) { c.width = 0; }) == positive);
  CHECK(refusal([](DecoderConfig& c) { c.layers = -1; }) == positive);
  CHECK(refusal([](DecoderConfig& c) { c.feed_forward = 0; }) == positive);
  CHECK(refusal([](DecoderConfig& c) { c.heads = 3; }) == "network.heads: must divide width (or give head_size)");
  CHECK(refusal([](DecoderConfig& c) { c.kv_heads = 3; }) == "network.kv_heads: must divide heads");
  CHECK(refusal([](DecoderConfig& c) { c.kv_heads = 8; }) == "network.kv_heads: must divide heads");
  CHECK(refusal([](DecoderConfig& c) { c.rotary_base = 1.0; }) == "network.rotary_base: must be above 1");
  CHECK(refusal([](DecoderConfig& c) { c.rotary_base = std::nan(""); }) == "network.rotary_base: must be above 1");
  const std::string large = "network.width, layers, heads, head_size or feed_forward: too large";
  CHECK(refusal([](DecoderConfig& c) { c.feed_forward = INT64_MAX; }) == large);
  CHECK(refusal([](DecoderConfig& c) { c.head_size = 513; }) == large);
  CHECK_FALSE(refusal([](DecoderConfig& c) { c.head_size = 31; }).empty());  // odd
  CHECK_FALSE(refusal([](DecoderConfig& c) { c.feed_forward = 131073; }).empty());
  CHECK_FALSE(refusal([](DecoderConfig& c) { c.cache = Storage::kT2; }).empty());
}

TEST_CASE("Families refuse data that are not theirs") {
  CHECK(Refusal(DecoderConfig{}, {InputKind::kFeatures, 10, 10, 0}) == "network.family: a decoder needs text");
  CHECK(Refusal(MlpConfig{}) == "network.family: an mlp needs rows of features, not text");
  CHECK_FALSE(Refusal(DecoderConfig{}, {InputKind::kTokens, 512, 512, 0}).empty());
  CHECK_FALSE(Refusal(DecoderConfig{}, {InputKind::kTokens, 0, 0, 8}).empty());
  CHECK_FALSE(Refusal(DecoderConfig{}, {InputKind::kTokens, 512, 10, 8}).empty());  // a tied head has 512 outputs
  CHECK_FALSE(Refusal(MlpConfig{}, {InputKind::kFeatures, 10, 0, 0}).empty());
}

TEST_CASE("An mlp is a chain of ternary linears with activations between") {
  const Graph graph =
      test::Must(BuildFamily(MlpConfig{{5, 7}, ActivationKind::kSilu, true}, {InputKind::kFeatures, 3, 2, 0}, {}));
  CHECK(OpNames(graph) ==
        std::vector<std::string>{"layers.0", "layers.0.activation", "layers.1", "layers.1.activation", "scores"});
  const auto shapes = Shapes(graph);
  CHECK(shapes.size() == 6);
  CHECK(shapes.at("layers.1.weight") == std::pair<int64_t, int64_t>(7, 5));
  CHECK(shapes.at("scores.bias") == std::pair<int64_t, int64_t>(1, 2));
  CHECK(TernaryWeights(graph) == 15 + 35 + 14);
}

TEST_CASE("An mlp may do without biases and without hidden layers") {
  const DataShape shape = {InputKind::kFeatures, 3, 2, 0};
  CHECK(test::Must(BuildFamily(MlpConfig{{5}, ActivationKind::kRelu, false}, shape, {})).tensors.size() == 2);
  CHECK(OpNames(test::Must(BuildFamily(MlpConfig{{}, ActivationKind::kRelu, true}, shape, {}))) ==
        std::vector<std::string>{"scores"});
  CHECK(Refusal(MlpConfig{{0}, ActivationKind::kRelu, true}, shape) ==
        "network.hidden: widths must be from 1 to 1048575");
}

TEST_CASE("Families are found by name") {
  CHECK(FamilyNames() == "decoder | mlp");
  CHECK(std::holds_alternative<DecoderConfig>(DefaultFamilyConfig("decoder")));
  CHECK(std::holds_alternative<MlpConfig>(DefaultFamilyConfig("mlp")));
  CHECK(FamilyName(MlpConfig{}) == "mlp");
  CHECK(FamilyName(DefaultFamilyConfig("transformer")) == "none");
  CHECK(Refusal(DefaultFamilyConfig("")) == "network.family: there is none of that name");
}

}  // namespace
}  // namespace tritwise
