// The same network stored otherwise, and the 16-bit network that a ternary one stands for.
#include "format/transform.h"

#include "format/ternary_layout.h"
#include "tests/format/fixture.h"

namespace tritwise {
namespace {

std::string Refusal(const Graph& graph) { return VerifyGraph(graph, "f").message(); }

bool SameNamesAndShapes(const Graph& a, const Graph& b) {
  return std::equal(a.tensors.begin(), a.tensors.end(), b.tensors.begin(), b.tensors.end(),
                    [](const TensorSpec& x, const TensorSpec& y) {
                      return x.name == y.name && x.rows == y.rows && x.cols == y.cols;
                    });
}

TEST_CASE("Other storages reach every matrix and leave gains, names and operations alone") {
  const Graph graph = test::TinyDecoder(Storage::kT2);
  for (const Storage ternary : {Storage::kT2, Storage::kT5}) {
    for (const Storage plain :
         {Storage::kF32, Storage::kF16, Storage::kI8, Storage::kI6, Storage::kI4, Storage::kT2, Storage::kT5}) {
      const Graph stored = WithStorage(graph, ternary, plain);
      CHECK(Refusal(stored) == "");
      CHECK(SameNamesAndShapes(stored, graph));
      CHECK(stored.ops.size() == graph.ops.size());
      for (size_t i = 0; i < graph.tensors.size(); ++i) {
        INFO(graph.tensors[i].name);
        const bool was_ternary = IsTernary(graph.tensors[i].storage);
        const bool is_matrix = graph.tensors[i].rows > 1;
        CHECK(stored.tensors[i].storage == (was_ternary ? ternary : is_matrix ? plain : Storage::kF32));
        CHECK(stored.tensors[i].scale == (was_ternary                          ? ScaleKind::kTensor
                                          : is_matrix && plain == Storage::kI8 ? ScaleKind::kRow
                                          : is_matrix && IsTernary(plain)      ? ScaleKind::kGroup
                                                                               : ScaleKind::kNone));
        CHECK(stored.tensors[i].group == (was_ternary || !is_matrix || !IsTernary(plain) ? 0
                                          : plain == Storage::kT2                        ? 256
                                                                                         : 320));
      }
    }
  }
}

TEST_CASE("Changing the storage there and back gives the same tensors") {
  const Graph graph = test::TinyDecoder(Storage::kT5);
  for (const Storage between : {Storage::kF16, Storage::kT2, Storage::kI4}) {
    const Graph back = WithStorage(WithStorage(graph, Storage::kT2, between), Storage::kT5, Storage::kI8);
    for (size_t i = 0; i < graph.tensors.size(); ++i) {
      CHECK(back.tensors[i].storage == graph.tensors[i].storage);
      CHECK(back.tensors[i].scale == graph.tensors[i].scale);
      CHECK(back.tensors[i].group == graph.tensors[i].group);
    }
  }
}

TEST_CASE("The 16-bit network has plain linears with the same weights, biases, inputs and outputs") {
  for (const Graph& graph : {test::TinyDecoder(), test::TinyMlp()}) {
    const Graph plain = WithoutTernary(graph, false);
    CHECK(Refusal(plain) == "");
    CHECK(SameNamesAndShapes(plain, graph));
    CHECK(plain.value_widths == graph.value_widths);
    REQUIRE(plain.ops.size() == graph.ops.size());
    for (size_t i = 0; i < graph.ops.size(); ++i) {
      CHECK(plain.ops[i].name == graph.ops[i].name);
      CHECK(plain.ops[i].inputs == graph.ops[i].inputs);
      CHECK(plain.ops[i].output == graph.ops[i].output);
      const auto* ternary = std::get_if<TernaryLinearAttrs>(&graph.ops[i].attrs);
      if (ternary == nullptr) continue;
      REQUIRE(plain.ops[i].kind() == OpKind::kPlainLinear);
      CHECK(std::get<PlainLinearAttrs>(plain.ops[i].attrs).weight == ternary->weight);
      CHECK(std::get<PlainLinearAttrs>(plain.ops[i].attrs).bias == ternary->bias);
    }
    for (const TensorSpec& t : plain.tensors) CHECK(t.storage == (t.rows > 1 ? Storage::kF16 : Storage::kF32));
  }
}

TEST_CASE("With its norms kept, the 16-bit network norms before each linear that was ternary") {
  const Graph graph = test::TinyDecoder();
  Graph plain = WithoutTernary(graph, true);
  CHECK(Refusal(plain) == "");
  CHECK(SameNamesAndShapes(plain, graph));
  CHECK(plain.ops.size() == graph.ops.size() + 4);
  const Op& norm = test::OpNamed(plain, "blocks.0.feed_forward.down.input_norm");
  const Op& down = test::OpNamed(plain, "blocks.0.feed_forward.down");
  CHECK(down.inputs == std::vector<int32_t>{norm.output});
  CHECK(norm.inputs == std::vector<int32_t>{test::OpNamed(plain, "blocks.0.feed_forward.gate").output});
  const auto& attrs = std::get<NormAttrs>(norm.attrs);
  CHECK(attrs.kind == NormKind::kRms);
  CHECK(attrs.eps == 1e-6f);
  CHECK(plain.tensors[static_cast<size_t>(attrs.gain)].name == "blocks.0.feed_forward.down.input_norm.gain");
}

TEST_CASE("Linears that were ternary become int8 with the activations' range, whatever the head is") {
  const Graph graph = test::TinyDecoder();
  for (const Storage head : {Storage::kF32, Storage::kI8, Storage::kI4, Storage::kT5}) {
    Graph plain = WithStorage(graph, Storage::kI8, head);
    CHECK(Refusal(plain) == "");
    CHECK(SameNamesAndShapes(plain, graph));
    CHECK(plain.ops.size() == graph.ops.size() + 4);  // norms
    for (size_t i = 0; i < graph.tensors.size(); ++i) {
      INFO(graph.tensors[i].name);
      const bool was_ternary = IsTernary(graph.tensors[i].storage);
      const Storage expected = was_ternary ? Storage::kI8 : graph.tensors[i].rows > 1 ? head : Storage::kF32;
      CHECK(plain.tensors[i].storage == expected);
      if (was_ternary) CHECK(plain.tensors[i].scale == ScaleKind::kRow);
    }
    for (const Op& op : graph.ops) {
      const auto* ternary = std::get_if<TernaryLinearAttrs>(&op.attrs);
      if (ternary == nullptr) continue;
      const auto& linear = test::AttrsOf<PlainLinearAttrs>(plain, op.name);
      CHECK(linear.quantiser.range == ternary->quantiser.range);
      CHECK(linear.quantiser.lowest == ternary->quantiser.lowest);
      CHECK(linear.quantiser.norm == NormKind::kNone);
    }
  }
}

TEST_CASE("Where ternary linears have no norm, none is added") {
  LinearOptions options;
  options.quantiser.norm = NormKind::kNone;
  const Graph graph = test::Must(BuildFamily(MlpConfig{}, {InputKind::kFeatures, 3, 2, 0}, options));
  CHECK(WithoutTernary(graph, true).ops.size() == graph.ops.size());
}

TEST_CASE("A network without ternary linears stays as it is but for its storage") {
  const Graph once = WithoutTernary(test::TinyDecoder(), true);
  const Graph twice = WithoutTernary(once, true);
  CHECK(SerialiseDescription({once, {}, "", {}}) == SerialiseDescription({twice, {}, "", {}}));
}

}  // namespace
}  // namespace tritwise
