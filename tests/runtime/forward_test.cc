// The runtime computes what the graph says: against a forward pass in double precision.
//
// A rounding that float and double decide differently tips an activation by one step, which moves a whole
// row a little; hence a tight bound on most rows and a wide one on all.
#include <algorithm>
#include <cstdlib>

#include "format/names.h"
#include "runtime/executor.h"
#include "tests/runtime/fixture.h"
#include "tests/runtime/naive_forward.h"

namespace tritwise::test {
using namespace tritwise::runtime;  // NOLINT(google-build-using-namespace)
namespace {

// rms(difference) / rms(expected) of each row, ascending.
std::vector<double> Errors(const Logits& got, const Rows& expected) {
  REQUIRE(got.size() == expected.size());
  std::vector<double> errors;
  for (size_t i = 0; i < got.size(); ++i) {
    REQUIRE(got[i].size() == expected[i].size());
    double square = 0.0;
    double difference = 0.0;
    for (size_t n = 0; n < got[i].size(); ++n) {
      square += expected[i][n] * expected[i][n];
      difference += (got[i][n] - expected[i][n]) * (got[i][n] - expected[i][n]);
    }
    errors.push_back(std::sqrt(difference / std::max(square, 1e-30)));
  }
  std::sort(errors.begin(), errors.end());
  return errors;
}

void CheckClose(const Logits& got, const Rows& expected) {
  const std::vector<double> errors = Errors(got, expected);
  CHECK(errors[errors.size() / 2] < 1e-5);
  CHECK(errors.back() < 0.1);
}

// Each operation by itself, on the inputs that the runtime's own pass gives it, over more positions than a
// block of attention has.
void CheckEveryOp(const std::shared_ptr<const Model>& model) {
  const Graph& graph = model->graph();
  const auto executor = Must(Executor::Make(model, {96, 0, 1, "", {}}));
  const auto plan = MakePlan(model, 96);
  const auto session = MakeSession(*plan);
  const auto tokens = RandomTokens(90, graph.input_width);
  std::vector<BatchRow> rows;
  for (const int32_t token : tokens) rows.push_back({session.get(), token, true});
  const auto read = [&](int32_t value) {
    const RowMatrix m = executor->value(value);
    Logits copy;
    for (size_t i = 0; i < rows.size(); ++i) copy.emplace_back(m.row(i), m.row(i) + m.width);
    return copy;
  };

  NaiveForward naive(*model);
  REQUIRE(executor->Begin({rows}).ok());
  for (size_t i = 0; i < graph.ops.size(); ++i) {
    const Op& op = graph.ops[i];
    INFO(op.name);
    std::vector<Rows> inputs;
    for (const int32_t input : op.inputs) {
      inputs.emplace_back();
      for (const auto& row : read(input)) inputs.back().emplace_back(row.begin(), row.end());
    }
    executor->RunOps(i, i + 1);
    CheckClose(read(op.output), naive.OneOp(op, inputs, tokens));
  }
  executor->End();
}

// The whole network, over many short sequences: a tipped rounding moves all later rows of its sequence.
void CheckWhole(const std::shared_ptr<const Model>& model) {
  const auto plan = MakePlan(model, 32);
  NaiveForward naive(*model);
  Logits got;
  Rows expected;
  for (uint32_t seed = 0; seed < 20; ++seed) {
    const auto tokens = RandomTokens(5, model->graph().input_width, seed);
    for (auto& row : AllLogits(*plan, *MakeSession(*plan), tokens, 32)) got.push_back(std::move(row));
    for (auto& row : naive.Tokens(tokens)) expected.push_back(std::move(row));
  }
  CheckClose(got, expected);
}

void CheckDecoder(const Graph& graph) {
  const auto model = RandomModel(graph);
  CheckEveryOp(model);
  CheckWhole(model);
}

}  // namespace

TEST_CASE("a decoder with layer norms, t2 and a tied int8 head computes its definition") {
  CheckDecoder(MakeDecoder({}));
}

TEST_CASE("a decoder with rms norms, gains, t5 and a separate f16 head computes its definition") {
  DecoderOptions o;
  o.config.norm = NormKind::kRms;
  o.config.norm_gain = true;
  o.config.tied_head = false;
  o.linear.ternary = Storage::kT5;
  o.linear.plain = Storage::kF16;
  o.linear.quantiser = {NormKind::kRms, 1e-6f, kNoTensor, 127, -128};
  CheckDecoder(MakeDecoder(o));
}

TEST_CASE("a decoder in lut computes its definition") {
  DecoderOptions o;
  o.linear.ternary = Storage::kLut;
  o.config.feed_forward = 1100;  // more than a tile of columns
  CheckDecoder(MakeDecoder(o));
}

TEST_CASE("every layout and kernel of ternary linears gives the same logits") {
  std::vector<Logits> all;
  for (const char* kernel : {"dot", "mask"}) {
    setenv("TRITWISE_FORCE_KERNEL", kernel, 1);
    for (const Storage ternary : {Storage::kT2, Storage::kT5, Storage::kLut}) {
      DecoderOptions o;
      o.linear.ternary = ternary;
      const auto model = RandomModel(MakeDecoder(o));
      const auto plan = MakePlan(model, 32);
      const std::string planned = plan->Describe();
      CHECK((planned.find("ternary_row_t") != std::string::npos) == (ternary != Storage::kLut));
      CHECK((planned.find(std::string("/") + kernel) != std::string::npos) == (ternary != Storage::kLut));
      all.push_back(AllLogits(*plan, *MakeSession(*plan), RandomTokens(40, 150), 32));
    }
  }
  unsetenv("TRITWISE_FORCE_KERNEL");
  for (const Logits& logits : all) CHECK(logits == all.front());
}

TEST_CASE("a decoder with an f32 head, an f32 cache and squared relu computes its definition") {
  DecoderOptions o;
  o.config.cache = Storage::kF32;
  o.config.activation = ActivationKind::kReluSquared;
  o.config.tied_head = false;
  o.config.kv_heads = 0;
  o.linear.plain = Storage::kF32;
  CheckDecoder(MakeDecoder(o));
}

TEST_CASE("a decoder with an int8 cache computes its definition") {
  DecoderOptions o;
  o.config.cache = Storage::kI8;
  CheckDecoder(MakeDecoder(o));
}

TEST_CASE("decoders with int6, int4 and ternary heads and embeddings compute their definition") {
  for (const Storage storage : kGroupedStorages) {
    INFO(NameOf(storage));
    CheckDecoder(MakeGroupedDecoder(storage, true));
    CheckDecoder(MakeGroupedDecoder(storage, false));
  }
}

TEST_CASE("a linear with scales of groups of any length adds its bias") {
  for (const auto& [storage, chunks] : {std::pair<Storage, int64_t>{Storage::kI6, 1},
                                        {Storage::kI4, 1},
                                        {Storage::kT2, 1},
                                        {Storage::kT2, 2},
                                        {Storage::kT5, 1},
                                        {Storage::kT5, 2},
                                        {Storage::kT5, 100}}) {
    INFO(NameOf(storage) << ", chunks " << chunks);
    Graph graph;
    graph.input = InputKind::kFeatures;
    graph.input_width = 650;
    graph.value_widths = {650, 37};
    graph.tensors = {{"weight", storage, ScaleKind::kNone, 37, 650}, {"bias", Storage::kF32, ScaleKind::kNone, 1, 37}};
    StorePlain(graph.tensors[0], storage);
    graph.tensors[0].group *= chunks;
    graph.ops = {{"linear", {0}, 1, PlainLinearAttrs{0, 1, {}}}};
    graph.output = 1;
    const auto model = RandomModel(graph);
    const auto plan = MakePlan(model, 8);
    std::vector<float> features(8 * 650);
    for (size_t i = 0; i < features.size(); ++i) features[i] = static_cast<float>(i * 37 % 101) / 50.0f - 1.0f;
    Rows rows;
    for (auto row = features.begin(); row != features.end(); row += 650) rows.emplace_back(row, row + 650);
    const std::vector<BatchRow> batch(8);
    CheckClose(CopyRows(Must(plan->Forward({batch, features}))), NaiveForward(*model).Features(rows));
  }
}

TEST_CASE("attention with three inputs computes its definition") { CheckDecoder(WithSplitAttention(MakeDecoder({}))); }

TEST_CASE("attention without rotation computes its definition") {
  Graph graph = MakeDecoder({});
  for (Op& op : graph.ops) {
    if (auto* a = std::get_if<AttentionAttrs>(&op.attrs)) a->rotary_frequency.clear();
  }
  CheckDecoder(graph);
}

TEST_CASE("attentions with different rotary frequencies each turn by their own") {
  Graph graph = MakeDecoder({});
  float factor = 1.0f;
  for (Op& op : graph.ops) {
    auto* a = std::get_if<AttentionAttrs>(&op.attrs);
    if (a == nullptr) continue;
    for (float& f : a->rotary_frequency) f *= factor;
    factor *= 0.5f;
  }
  CheckDecoder(graph);
}

TEST_CASE("ternary weights with a scale for each row compute their definition") {
  Graph graph = MakeDecoder({});
  for (TensorSpec& t : graph.tensors) {
    if (IsTernary(t.storage)) t.scale = ScaleKind::kRow;
  }
  CheckDecoder(graph);
}

TEST_CASE("the cache's number format can be chosen when planning") {
  for (const Storage storage : {Storage::kF32, Storage::kI8}) {
    DecoderOptions o;
    o.config.cache = storage;
    const auto as_said = RandomModel(MakeDecoder(o));
    const auto as_f16 = RandomModel(MakeDecoder({}));
    PlanOptions options;
    options.threads = 1;
    options.cache = storage;
    const auto chosen = Must(Plan::Make(as_f16, options));
    const auto given = Must(Plan::Make(as_said, {64, 0, 1, "", {}}));
    const auto tokens = RandomTokens(40, 150);
    CHECK(SameBits(AllLogits(*chosen, *MakeSession(*chosen), tokens, 40),
                   AllLogits(*given, *MakeSession(*given), tokens, 40)));
  }
}

TEST_CASE("a perceptron with biases computes its definition") {
  const auto model = RandomModel(MakeMlp());
  const auto plan = MakePlan(model, 8);
  std::mt19937 random(3);
  std::normal_distribution<float> normal;
  std::vector<float> features(8 * 50);
  Rows rows(8, Row(50));
  for (size_t i = 0; i < features.size(); ++i) rows[i / 50][i % 50] = features[i] = normal(random);
  const std::vector<BatchRow> batch(8);
  CheckClose(CopyRows(Must(plan->Forward({batch, features}))), NaiveForward(*model).Features(rows));
}

TEST_CASE("a value that is read again later survives the operations between") {
  // x is read by the activation, which must not write over it, and again by the sum.
  Graph graph = MakeMlp({{40}, ActivationKind::kRelu, false}, 50, 40);
  const int32_t hidden = graph.ops[0].output;
  graph.value_widths.push_back(40);
  const auto sum = static_cast<int32_t>(graph.value_widths.size()) - 1;
  const Op scores = graph.ops.back();
  graph.ops.push_back({"again", {hidden, scores.output}, sum, AddAttrs{}});
  graph.output = sum;
  const auto model = RandomModel(graph);
  const auto plan = MakePlan(model, 4);
  std::vector<float> features(4 * 50);
  Rows rows(4, Row(50));
  for (size_t i = 0; i < features.size(); ++i) rows[i / 50][i % 50] = features[i] = static_cast<float>(i % 13) - 6.0f;
  const std::vector<BatchRow> batch(4);
  CheckClose(CopyRows(Must(plan->Forward({batch, features}))), NaiveForward(*model).Features(rows));
}

}  // namespace tritwise::test
