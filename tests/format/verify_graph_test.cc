// What VerifyGraph refuses in a graph's head, tensors and values, and VerifyVocabulary in a vocabulary: good graphs of
// the family builders with one thing broken. Operations: verify_ops_test.cc.
#include "tests/format/fixture.h"

namespace tritwise {
namespace {

using test::Broken;

const Graph& Decoder() {
  static const Graph graph = test::TinyDecoder();
  return graph;
}
const Graph& Mlp() {
  static const Graph graph = test::TinyMlp();
  return graph;
}

TEST_CASE("The graphs that the broken ones are made from are accepted") {
  const auto nothing = [](Graph&) {};
  CHECK(Broken(Decoder(), nothing).empty());
  CHECK(Broken(Mlp(), nothing).empty());
  CHECK(Broken(test::WithSplitAttention(Decoder()), nothing).empty());
}

TEST_CASE("A graph without operations or values is refused") {
  CHECK(Broken({}, [](Graph&) {}) == "f: graph: no operations");
  CHECK(Broken(Decoder(), [](Graph& g) { g.ops.clear(); }) == "f: graph: no operations");
  CHECK(Broken(Mlp(), [](Graph& g) { g.value_widths.clear(); }) == "f: graph: no operations");
}

TEST_CASE("A kind of input that nobody knows is refused") {
  CHECK(Broken(Decoder(), [](Graph& g) { g.input = static_cast<InputKind>(2); }) == "f: graph: unknown kind of input");
}

TEST_CASE("Input widths, contexts and value widths out of range are refused") {
  for (const int64_t width : {int64_t{0}, int64_t{-1}, kMaxDimension, INT64_MAX, INT64_MIN}) {
    INFO(width);
    CHECK(Broken(Decoder(), [&](Graph& g) { g.input_width = width; }) == "f: graph: input width out of range");
    CHECK(Broken(Decoder(), [&](Graph& g) { g.value_widths[3] = width; }) == "f: graph: width of a value out of range");
  }
  for (const int64_t context : {int64_t{-1}, kMaxDimension, INT64_MIN}) {
    CHECK(Broken(Decoder(), [&](Graph& g) { g.context = context; }) == "f: graph: context length out of range");
  }
}

TEST_CASE("Features need value 0 as wide as the input") {
  CHECK(Broken(Mlp(), [](Graph& g) { g.input_width = 4; }) == "f: graph: value 0 is not as wide as the input");
}

TEST_CASE("The output is the value of the last operation") {
  const std::string refusal = "f: graph: the output is not the value of the last operation";
  CHECK(Broken(Decoder(), [](Graph& g) { --g.output; }) == refusal);
  CHECK(Broken(Decoder(), [](Graph& g) { g.output = -1; }) == refusal);
  CHECK(Broken(Decoder(), [](Graph& g) { g.ops.pop_back(); }) == refusal);
}

// ---- tensors

std::string BrokenTensor(size_t index, void (*change)(TensorSpec&)) {
  return Broken(Decoder(), [&](Graph& g) { change(g.tensors[index]); });
}

TEST_CASE("Names of tensors are there and unique") {
  CHECK(BrokenTensor(1, [](TensorSpec& t) { t.name.clear(); }) == "f: tensor : a name that is empty or there twice");
  CHECK(BrokenTensor(1, [](TensorSpec& t) { t.name = "embedding.weight"; }) ==
        "f: tensor embedding.weight: a name that is empty or there twice");
}

TEST_CASE("Storages and kinds of scale that nobody knows are refused") {
  CHECK(BrokenTensor(0, [](TensorSpec& t) { t.storage = static_cast<Storage>(8); }) ==
        "f: tensor embedding.weight: unknown storage");
  CHECK(BrokenTensor(0, [](TensorSpec& t) { t.scale = static_cast<ScaleKind>(4); }) ==
        "f: tensor embedding.weight: unknown kind of scale");
}

TEST_CASE("Shapes that are empty, negative or whose product is too large are refused") {
  const std::string refusal = "f: tensor embedding.weight: shape out of range";
  for (const int64_t bad : {int64_t{0}, int64_t{-1}, kMaxDimension, INT64_MIN, INT64_MAX, int64_t{1} << 62}) {
    CHECK(Broken(Decoder(), [&](Graph& g) { g.tensors[0].rows = bad; }) == refusal);
    CHECK(Broken(Decoder(), [&](Graph& g) { g.tensors[0].cols = bad; }) == refusal);
  }
  CHECK(BrokenTensor(0, [](TensorSpec& t) { t.rows = t.cols = kMaxDimension - 1; }) == refusal);
  CHECK(BrokenTensor(0, [](TensorSpec& t) { t.rows = (t.cols = int64_t{1} << 24) + 1; }) == refusal);
}

TEST_CASE("A kind of scale that does not go with the storage is refused") {
  const auto refused = [](Storage storage, ScaleKind scale) {
    return Broken(Decoder(), [&](Graph& g) {
             g.tensors[0].storage = storage;
             g.tensors[0].scale = scale;
           }) == "f: tensor embedding.weight: its kind of scale does not go with its storage";
  };
  for (const Storage storage : {Storage::kF32, Storage::kF16}) {
    CHECK(refused(storage, ScaleKind::kTensor));
    CHECK(refused(storage, ScaleKind::kRow));
    CHECK_FALSE(refused(storage, ScaleKind::kNone));
  }
  CHECK(refused(Storage::kI8, ScaleKind::kNone));
  CHECK(refused(Storage::kI8, ScaleKind::kTensor));
  for (const Storage storage : {Storage::kT2, Storage::kT5}) {
    CHECK(refused(storage, ScaleKind::kNone));
    CHECK_FALSE(refused(storage, ScaleKind::kTensor));
    CHECK_FALSE(refused(storage, ScaleKind::kRow));
  }
  CHECK(refused(Storage::kLut, ScaleKind::kNone));
  CHECK_FALSE(refused(Storage::kLut, ScaleKind::kTensor));
  CHECK_FALSE(refused(Storage::kLut, ScaleKind::kRow));
}

TEST_CASE("Scales of groups go with ternary storages, and int6 and int4 have theirs among their codes") {
  const auto message = [](Storage storage, ScaleKind scale, int64_t group) {
    return Broken(Decoder(), [&](Graph& g) {
      g.tensors[0].storage = storage;
      g.tensors[0].scale = scale;
      g.tensors[0].group = group;
    });
  };
  const std::string kind = "f: tensor embedding.weight: its kind of scale does not go with its storage";
  for (const Storage storage : {Storage::kI6, Storage::kI4}) {
    CHECK(message(storage, ScaleKind::kNone, 0).empty());
    CHECK(message(storage, ScaleKind::kRow, 0) == kind);
    CHECK(message(storage, ScaleKind::kGroup, 64) == kind);
  }
  for (const Storage storage : {Storage::kF32, Storage::kF16, Storage::kI8}) {
    CHECK(message(storage, ScaleKind::kGroup, 256) == kind);
  }
  CHECK(message(Storage::kLut, ScaleKind::kGroup, 1024) == kind);  // of ternary linears only
  CHECK(message(Storage::kT2, ScaleKind::kGroup, 256).empty());
  CHECK(message(Storage::kT2, ScaleKind::kGroup, 512).empty());
  CHECK(message(Storage::kT5, ScaleKind::kGroup, 320).empty());
}

TEST_CASE("A ternary matrix fits an embedding only with scales of groups, a ternary linear only without") {
  const std::string table = "f: operation embedding (embedding): its table does not fit the input or the output";
  CHECK(Broken(Decoder(), [](Graph& g) {
          g.tensors[0].storage = Storage::kT2;
          g.tensors[0].scale = ScaleKind::kRow;
        }) == table);
  const auto grouped = [](Graph& g) {
    for (TensorSpec& t : g.tensors) {
      if (t.name == "blocks.0.attention.out.weight") StorePlain(t, Storage::kT2);
    }
  };
  CHECK(Broken(Decoder(), grouped) ==
        "f: operation blocks.0.attention.out (ternary_linear): its weight does not fit its kind, input or output");
}

TEST_CASE("More columns than an int32 can sum are refused for integer storages only") {
  const auto with = [](Storage storage, ScaleKind scale, int64_t cols) {
    return Broken(Mlp(), [&](Graph& g) { g.tensors.push_back({"extra", storage, scale, 1, cols}); });
  };
  const std::string refusal = "f: tensor extra: more columns than an integer product can sum (131072)";
  CHECK(with(Storage::kT2, ScaleKind::kTensor, 131073) == refusal);
  CHECK(with(Storage::kT5, ScaleKind::kRow, 131073) == refusal);
  CHECK(with(Storage::kLut, ScaleKind::kRow, 131073) == refusal);
  CHECK(with(Storage::kI8, ScaleKind::kRow, 131073) == refusal);
  CHECK(with(Storage::kI6, ScaleKind::kNone, 131073) == refusal);
  CHECK(with(Storage::kI4, ScaleKind::kNone, 131073) == refusal);
  CHECK(with(Storage::kT2, ScaleKind::kTensor, 131072).empty());
  CHECK(with(Storage::kF16, ScaleKind::kNone, 131073).empty());
}

// ---- values and names of operations

TEST_CASE("Names of operations are there and unique") {
  CHECK(Broken(Decoder(), [](Graph& g) { g.ops[1].name.clear(); }) ==
        "f: operation  (norm): a name that is empty or there twice");
  CHECK(Broken(Decoder(), [](Graph& g) { g.ops[1].name = "embedding"; }) ==
        "f: operation embedding (norm): a name that is empty or there twice");
}

TEST_CASE("An operation reads only values that were written before") {
  const std::string refusal = "f: operation layers.0 (ternary_linear): it reads a value that nothing has written";
  for (const int32_t value : {-1, 1, 2, 4, INT32_MAX, INT32_MIN}) {
    CHECK(Broken(Mlp(), [&](Graph& g) { g.ops[0].inputs[0] = value; }) == refusal);
  }
  CHECK(Broken(Decoder(), [](Graph& g) { std::swap(g.ops[1], g.ops[2]); }) ==
        "f: operation blocks.0.attention.qkv (ternary_linear): it reads a value that nothing has written");
}

TEST_CASE("An operation writes a value of its own") {
  const std::string refusal =
      "f: operation layers.0 (ternary_linear): it writes a value that does not exist or is written already";
  for (const int32_t value : {-1, 0, 4, INT32_MAX, INT32_MIN}) {
    CHECK(Broken(Mlp(), [&](Graph& g) { g.ops[0].output = value; }) == refusal);
  }
  CHECK(Broken(Decoder(), [](Graph& g) { g.ops[1].output = 0; }) ==
        "f: operation blocks.0.attention.norm (norm): it writes a value that does not exist or is written already");
}

// ---- vocabularies

std::string Refusal(const Vocabulary& vocabulary, const Graph& graph) {
  return VerifyVocabulary(vocabulary, graph, "f").message();
}

TEST_CASE("A vocabulary has as many pieces as the network has ids") {
  CHECK(Refusal(test::TinyVocabulary(), Decoder()).empty());
  CHECK(Refusal({}, Decoder()).empty());
  CHECK(Refusal({}, Mlp()).empty());
  Graph larger = Decoder();
  larger.input_width = 7;
  CHECK(Refusal(test::TinyVocabulary(), larger) == "f: the vocabulary has 6 pieces, the network 7 ids");
  Graph features = Mlp();
  features.input_width = 6;
  CHECK(Refusal(test::TinyVocabulary(), features) == "f: the vocabulary has 6 pieces, the network 6 ids");
}

TEST_CASE("A vocabulary has a score and a type for each piece, and begin and end among its ids") {
  const auto refused = [](void (*change)(Vocabulary&)) {
    Vocabulary vocabulary = test::TinyVocabulary();
    change(vocabulary);
    return Refusal(vocabulary, Decoder()) == "f: the vocabulary contradicts itself";
  };
  CHECK(refused([](Vocabulary& v) { v.scores.pop_back(); }));
  CHECK(refused([](Vocabulary& v) { v.types.push_back(PieceType::kNormal); }));
  CHECK(refused([](Vocabulary& v) { v.begin_id = 6; }));
  CHECK(refused([](Vocabulary& v) { v.end_id = -2; }));
  CHECK_FALSE(refused([](Vocabulary& v) { v.begin_id = 5; }));
}

TEST_CASE("A type of piece that nobody knows is refused") {
  Vocabulary vocabulary = test::TinyVocabulary();
  vocabulary.types[2] = static_cast<PieceType>(8);
  CHECK(Refusal(vocabulary, Decoder()) == "f: the vocabulary has a piece of unknown type");
}

}  // namespace
}  // namespace tritwise
