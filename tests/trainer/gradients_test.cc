// Every operation's gradients against central differences, in f32; straight-through parts at strength 0,
// where they are smooth. Strength 1 is held to its definition in ternary_linear_test.cc.
#include <catch2/catch.hpp>

#include "tests/trainer/op_fixture.h"

namespace tritwise::test {
namespace {

constexpr double kTolerance = 4e-3;

// A graph on features: an identity in front, whose output is the value that input gradients are read from.
class FeatureGraph {
 public:
  explicit FeatureGraph(int64_t width) : builder_({InputKind::kFeatures, width, 0, 64}, Options()) {
    front_ = builder_.Append("front", {0}, width, NormAttrs{NormKind::kNone, 1e-5f, kNoTensor});
  }
  static LinearOptions Options() {
    LinearOptions options;
    options.plain = Storage::kF32;
    return options;
  }
  GraphBuilder& builder() { return builder_; }
  int32_t front() const { return front_; }
  Graph Finish(int32_t output) { return builder_.Finish(output); }

 private:
  GraphBuilder builder_;
  int32_t front_;
};

// Compares the gradients of all parameters and of the graph's front value (1, behind the identity) with central
// differences, at a sample of places.
void CheckGradients(OpFixture& f, const std::vector<size_t>& sequences) {
  TrainBatch batch = f.RandomBatch(sequences);
  std::vector<float> direction(batch.rows() * static_cast<size_t>(f.graph.output_width()));
  for (float& d : direction) d = f.Uniform(-1.0f, 1.0f);
  f.Forward(batch);
  f.Backward(direction);
  const auto slope = [&](float& x) {
    return CentralDifference(x, 4e-3f, [&] { return f.Projected(batch, direction); });
  };
  const auto check = [&](const std::string& what, float& x, double gradient) {
    const double expected = slope(x);
    INFO(what << ": gradient " << gradient << ", central difference " << expected);
    CHECK(std::fabs(gradient - expected) <= kTolerance * (1.0 + std::fabs(expected)));
  };
  std::vector<float> input_gradient;
  if (f.graph.input == InputKind::kFeatures) {
    const auto g = f.executor.Gradient(1);
    input_gradient.assign(g.begin(), g.end());
  }
  for (size_t t = 0; t < f.layout.tensors(); ++t) {
    const size_t stride = f.layout.count(t) / 40 + 1;
    for (size_t i = 0; i < f.layout.count(t); i += stride) {
      const size_t place = f.layout.begin(t) + i;
      check(f.graph.tensors[t].name + "[" + std::to_string(i) + "]", f.parameters[place], double{f.gradients[place]});
    }
  }
  const size_t stride = input_gradient.size() / 60 + 1;
  for (size_t i = 0; i < input_gradient.size(); i += stride) {
    check("input[" + std::to_string(i) + "]", batch.features[i], double{input_gradient[i]});
  }
}

TEST_CASE("gradients of a layer norm agree with central differences") {
  FeatureGraph g(19);
  OpFixture f(g.Finish(g.builder().Norm("norm", g.front(), NormKind::kLayer, 1e-5f, false)));
  CheckGradients(f, {3});
}

TEST_CASE("gradients of an rms norm with gain agree with central differences") {
  FeatureGraph g(33);
  OpFixture f(g.Finish(g.builder().Norm("norm", g.front(), NormKind::kRms, 1e-5f, true)));
  CheckGradients(f, {3});
}

TEST_CASE("gradients of a plain linear agree with central differences") {
  FeatureGraph g(13);
  const int32_t w = g.builder().Tensor("w", Storage::kF32, 7, 13);
  OpFixture f(g.Finish(g.builder().PlainLinear("linear", g.front(), w, 7)));
  CheckGradients(f, {5});
}

TEST_CASE("gradients of a ternary linear before the transition are those of a plain one") {
  FeatureGraph g(13);
  OpFixture f(g.Finish(g.builder().TernaryLinear("linear", g.front(), 7, true)));
  CheckGradients(f, {5});
}

TEST_CASE("gradients of a ternary linear at strength 0 agree with central differences for every norm") {
  for (const NormKind norm : {NormKind::kNone, NormKind::kLayer, NormKind::kRms}) {
    LinearOptions options = FeatureGraph::Options();
    options.quantiser.norm = norm;
    GraphBuilder b({InputKind::kFeatures, 18, 0, 0}, options);
    const int32_t front = b.Append("front", {0}, 18, NormAttrs{NormKind::kNone, 1e-5f, kNoTensor});
    OpFixture f(b.Finish(b.TernaryLinear("linear", front, 9, true)));
    f.phase.ternary = true;
    f.phase.strength = 0.0f;
    CheckGradients(f, {6});
  }
}

AttentionAttrs Attention(int32_t heads, int32_t kv_heads, bool rotary) {
  AttentionAttrs a;
  a.heads = heads;
  a.kv_heads = kv_heads;
  a.head_size = 8;
  a.scale = 0.35f;
  if (rotary) a.rotary_frequency = {1.0f, 0.3f, 0.1f, 0.03f};
  return a;
}

TEST_CASE("gradients of attention agree with central differences") {
  FeatureGraph g(3 * 16);
  OpFixture f(g.Finish(g.builder().Append("attention", {g.front()}, 16, Attention(2, 2, true))));
  CheckGradients(f, {5});
}

TEST_CASE("gradients of attention over sequences of different lengths agree with central differences") {
  FeatureGraph g(3 * 16);
  OpFixture f(g.Finish(g.builder().Append("attention", {g.front()}, 16, Attention(2, 2, true))));
  CheckGradients(f, {4, 7, 1});
}

TEST_CASE("gradients of attention with shared key and value heads agree with central differences") {
  FeatureGraph g(4 * 8 + 2 * 2 * 8);
  OpFixture f(g.Finish(g.builder().Append("attention", {g.front()}, 32, Attention(4, 2, false))));
  CheckGradients(f, {6});
}

TEST_CASE("gradients of attention with three inputs agree with central differences") {
  FeatureGraph g(12);
  GraphBuilder& b = g.builder();
  const auto linear = [&](const char* name, int64_t width) {
    return b.PlainLinear(name, g.front(), b.Tensor(name, Storage::kF32, width, 12), width);
  };
  const int32_t query = linear("query", 16);
  const int32_t key = linear("key", 8);
  const int32_t value = linear("value", 8);
  OpFixture f(g.Finish(b.Append("attention", {query, key, value}, 16, Attention(2, 1, true))));
  CheckGradients(f, {4, 3});
}

TEST_CASE("gradients of activations agree with central differences") {
  for (const ActivationKind kind : {ActivationKind::kReluSquared, ActivationKind::kSilu}) {
    FeatureGraph g(21);
    OpFixture f(g.Finish(g.builder().Append("activation", {g.front()}, 21, ActivationAttrs{kind})));
    CheckGradients(f, {3});
  }
}

TEST_CASE("the gradient of relu is 1 above zero and 0 elsewhere") {
  FeatureGraph g(3);
  OpFixture f(g.Finish(g.builder().Append("activation", {g.front()}, 3, ActivationAttrs{ActivationKind::kRelu})));
  TrainBatch batch = f.RandomBatch({1});
  batch.features = {-2.0f, 0.0f, 3.0f};
  f.Forward(batch);
  f.Backward(std::vector<float>{5.0f, 6.0f, 7.0f});
  const auto gradient = f.executor.Gradient(1);
  CHECK(gradient[0] == 0.0f);
  CHECK(gradient[1] == 0.0f);
  CHECK(gradient[2] == 7.0f);
}

TEST_CASE("gradients of a gated activation agree with central differences") {
  FeatureGraph g(2 * 11);
  OpFixture f(g.Finish(g.builder().Append("gate", {g.front()}, 11, GatedActivationAttrs{ActivationKind::kSilu})));
  CheckGradients(f, {4});
}

TEST_CASE("gradients of a gated activation with two inputs agree with central differences") {
  FeatureGraph g(10);
  GraphBuilder& b = g.builder();
  const int32_t gate = b.PlainLinear("gate_linear", g.front(), b.Tensor("gate.w", Storage::kF32, 6, 10), 6);
  const int32_t up = b.PlainLinear("up_linear", g.front(), b.Tensor("up.w", Storage::kF32, 6, 10), 6);
  OpFixture f(g.Finish(b.Append("gate", {gate, up}, 6, GatedActivationAttrs{ActivationKind::kReluSquared})));
  CheckGradients(f, {4});
}

TEST_CASE("gradients of an addition reach a value that is added to itself twice") {
  FeatureGraph g(5);
  OpFixture f(g.Finish(g.builder().Append("add", {g.front(), g.front()}, 5, AddAttrs{})));
  CheckGradients(f, {3});
}

TEST_CASE("gradients of a whole decoder agree with central differences") {
  DecoderConfig config;
  config.width = 16;
  config.layers = 2;
  config.heads = 2;
  config.feed_forward = 24;
  config.norm = NormKind::kRms;
  config.norm_gain = true;
  LinearOptions options = FeatureGraph::Options();
  OpFixture f(ValueOrThrow(BuildFamily(config, {InputKind::kTokens, 11, 11, 16}, options)));
  CheckGradients(f, {6, 3});
}

TEST_CASE("a pass that keeps only what it needs gives the bits of one that keeps every value") {
  DecoderConfig config;
  config.width = 32;
  config.layers = 2;
  config.heads = 4;
  config.kv_heads = 2;
  config.feed_forward = 40;
  config.norm = NormKind::kRms;
  config.norm_gain = true;
  for (const NormKind inner : {NormKind::kNone, NormKind::kLayer, NormKind::kRms}) {
    LinearOptions options = FeatureGraph::Options();
    options.quantiser.norm = inner;
    OpFixture f(ValueOrThrow(BuildFamily(config, {InputKind::kTokens, 50, 50, 100}, options)));
    for (const float strength : {-1.0f, 0.5f, 1.0f}) {  // below 0: 16-bit
      f.phase = {strength >= 0.0f, std::fabs(strength), WeightMeasure::kAbsMean};
      const TrainBatch batch = f.RandomBatch({100, 7});
      const double loss = f.Train(batch, 0.01f);
      const std::vector<float> thrifty(f.gradients.begin(), f.gradients.end());

      std::vector<float> scores = f.Forward(batch);
      double expected = 0.0;
      for (size_t r = 0; r < batch.rows(); ++r) {
        expected += CrossEntropyRow(scores.data() + r * 50, 50, static_cast<size_t>(batch.targets[r]), 0.01f);
      }
      f.Backward(scores);
      CHECK(loss == expected);
      CHECK(std::equal(thrifty.begin(), thrifty.end(), f.gradients.begin()));
    }
  }
}

TEST_CASE("int8 and bf16 products of a ternary linear give the same bits") {
  if (!HasInt8Products()) return;
  OpFixture f(ValueOrThrow(BuildFamily(DecoderConfig{}, {InputKind::kTokens, 50, 50, 64}, FeatureGraph::Options())),
              BestComputeType());
  f.phase.ternary = true;
  const TrainBatch batch = f.RandomBatch({64});
  const std::vector<float> int8 = f.Forward(batch);
  f.weights.UseInt8Products(false);
  CHECK(f.Forward(batch) == int8);
}

TEST_CASE("gradients with bf16 products are close to those with f32 products") {
  if (BestComputeType() != ComputeType::kBf16) return;
  DecoderConfig config;
  config.width = 64;
  config.layers = 2;
  config.heads = 2;
  config.feed_forward = 96;
  const Graph graph = ValueOrThrow(BuildFamily(config, {InputKind::kTokens, 50, 50, 32}, FeatureGraph::Options()));
  OpFixture exact(graph, ComputeType::kF32);
  OpFixture fast(graph, ComputeType::kBf16);
  exact.parameters = fast.parameters = InitialParameters(graph, exact.layout, 3);
  const TrainBatch batch = exact.RandomBatch({32, 32});
  for (OpFixture* f : {&exact, &fast}) {
    f->Train(batch, 1.0f / 64.0f);
  }
  double difference = 0.0;
  double size = 0.0;
  for (size_t i = 0; i < exact.gradients.size(); ++i) {
    difference += std::pow(double{exact.gradients[i]} - double{fast.gradients[i]}, 2);
    size += std::pow(double{exact.gradients[i]}, 2);
  }
  CHECK(std::sqrt(difference / size) < 0.02);
}

}  // namespace
}  // namespace tritwise::test
