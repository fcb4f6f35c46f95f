// tests/golden/v1-tiny.trit was written by format version 1 and is never written again: every later reader reads it
// with the contents that stand here. Where the schema grows, a golden file is added beside it: v1-heads.trit has the
// storages of embeddings and heads that came later, v1-lut.trit the ternary layout lut.
//
// How they were made: TRITWISE_WRITE_GOLDEN=<folder> format_test "The golden files are written"
#include <cstdlib>

#include "tests/format/fixture.h"

namespace tritwise {
namespace {

const std::string kFolder = TRITWISE_GOLDEN_DIR "/";
const std::string kTiny = "v1-tiny.trit";
const std::string kHeads = "v1-heads.trit";
const std::string kLut = "v1-lut.trit";

// Spelled out rather than built, so that no change to a family builder changes what the file must say. It has every
// operation, storage and kind of scale of the first reader.
Graph TinyGraph() {
  Graph g;
  g.input = InputKind::kTokens;
  g.input_width = 5;
  g.context = 16;
  g.tensors = {
      {"embedding.weight", Storage::kI8, ScaleKind::kRow, 5, 4}, {"norm.gain", Storage::kF32, ScaleKind::kNone, 1, 4},
      {"qkv.weight", Storage::kT2, ScaleKind::kTensor, 8, 4},    {"qkv.gain", Storage::kF32, ScaleKind::kNone, 1, 4},
      {"qkv.bias", Storage::kF32, ScaleKind::kNone, 1, 8},       {"out.weight", Storage::kT5, ScaleKind::kRow, 6, 4},
      {"down.weight", Storage::kF16, ScaleKind::kNone, 4, 3},    {"head.weight", Storage::kF32, ScaleKind::kNone, 5, 4},
      {"head.bias", Storage::kF32, ScaleKind::kNone, 1, 5},
  };
  g.value_widths = {4, 4, 8, 4, 6, 3, 4, 4, 4, 5};
  const ActivationQuantiser rms = {NormKind::kRms, 1e-6f, 3, 127, -127};
  const ActivationQuantiser layer = {NormKind::kLayer, 1e-5f, kNoTensor, 128, -128};
  g.ops = {
      {"embedding", {}, 0, EmbeddingAttrs{0}},
      {"norm", {0}, 1, NormAttrs{NormKind::kLayer, 1e-5f, 1}},
      {"qkv", {1}, 2, TernaryLinearAttrs{2, 4, rms}},
      {"attention", {2}, 3, AttentionAttrs{2, 1, 2, 0.75f, Storage::kF16, {1.0f}}},
      {"out", {3}, 4, TernaryLinearAttrs{5, kNoTensor, layer}},
      {"gate", {4}, 5, GatedActivationAttrs{ActivationKind::kSilu}},
      {"down", {5}, 6, PlainLinearAttrs{6, kNoTensor, {}}},
      {"relu", {6}, 7, ActivationAttrs{ActivationKind::kReluSquared}},
      {"add", {0, 7}, 8, AddAttrs{}},
      {"head", {8}, 9, PlainLinearAttrs{7, 8, {}}},
  };
  g.output = 9;
  return g;
}

// Int6 and int4, and both ternary layouts with scales of groups, the last of which are shorter.
Graph HeadsGraph() {
  Graph g;
  g.input = InputKind::kTokens;
  g.input_width = 5;
  g.context = 16;
  g.tensors = {
      {"embedding.weight", Storage::kI6, ScaleKind::kNone, 5, 324},
      {"a.weight", Storage::kT2, ScaleKind::kGroup, 4, 324, 256},
      {"b.weight", Storage::kT5, ScaleKind::kGroup, 4, 324, 320},
      {"head.weight", Storage::kI4, ScaleKind::kNone, 5, 4},
  };
  g.value_widths = {324, 4, 4, 4, 5};
  const ActivationQuantiser quantiser = {NormKind::kNone, 1e-5f, kNoTensor, 127, -127};
  g.ops = {
      {"embedding", {}, 0, EmbeddingAttrs{0}},
      {"a", {0}, 1, PlainLinearAttrs{1, kNoTensor, quantiser}},
      {"b", {0}, 2, PlainLinearAttrs{2, kNoTensor, quantiser}},
      {"add", {1, 2}, 3, AddAttrs{}},
      {"head", {3}, 4, PlainLinearAttrs{3, kNoTensor, quantiser}},
  };
  g.output = 4;
  return g;
}

// More than a tile of columns and more than a block of rows.
Graph LutGraph() {
  Graph g;
  g.input = InputKind::kTokens;
  g.input_width = 5;
  g.context = 16;
  g.tensors = {
      {"embedding.weight", Storage::kI8, ScaleKind::kRow, 5, 1034},
      {"a.weight", Storage::kLut, ScaleKind::kTensor, 18, 1034},
      {"b.weight", Storage::kLut, ScaleKind::kRow, 4, 18},
      {"head.weight", Storage::kI8, ScaleKind::kRow, 5, 4},
  };
  g.value_widths = {1034, 18, 4, 5};
  const ActivationQuantiser quantiser = {NormKind::kNone, 1e-5f, kNoTensor, 127, -127};
  g.ops = {
      {"embedding", {}, 0, EmbeddingAttrs{0}},
      {"a", {0}, 1, TernaryLinearAttrs{1, kNoTensor, quantiser}},
      {"b", {1}, 2, TernaryLinearAttrs{2, kNoTensor, quantiser}},
      {"head", {2}, 3, PlainLinearAttrs{3, kNoTensor, quantiser}},
  };
  g.output = 3;
  return g;
}

ModelDescription GoldenDescription(const std::string& file) {
  Vocabulary v;
  v.pieces = {"<unk>", "</s>", "\u2581", "a", "\u00E9"};
  v.scores = {0.0f, 0.0f, -1.5f, -2.0f, -3.25f};
  v.types = {PieceType::kUnknown, PieceType::kControl, PieceType::kNormal, PieceType::kNormal, PieceType::kNormal};
  v.end_id = 1;
  v.add_space_prefix = true;
  const Graph graph = file == kTiny ? TinyGraph() : file == kHeads ? HeadsGraph() : LutGraph();
  return {graph, v, "tritwise 0.1.0", {{"licence", "none"}, {"note", "golden"}}};
}

// Trit i of a tensor.
int8_t GoldenTrit(size_t i) { return static_cast<int8_t>(static_cast<int>(i * 7 % 5 % 3) - 1); }

std::vector<std::byte> GoldenData(const TensorSpec& t) {
  const auto n = static_cast<size_t>(t.rows * t.cols);
  std::vector<float> f32;
  std::vector<uint16_t> f16;
  std::vector<int8_t> codes;
  for (size_t i = 0; i < n; ++i) {
    const float value = 0.25f * static_cast<float>(i) - 1.0f;
    f32.push_back(value);
    f16.push_back(HalfFromFloat(value));
    const auto code = static_cast<int8_t>(static_cast<int>(i * 37 % 255) - 127);
    codes.push_back(t.storage == Storage::kI8 ? code : GoldenTrit(i));
  }
  switch (t.storage) {
    case Storage::kF32:
      return test::ToBytes(f32);
    case Storage::kF16:
      return test::ToBytes(f16);
    case Storage::kI8:
      return test::ToBytes(codes);
    case Storage::kI6:
    case Storage::kI4: {
      const NarrowGeometry g = MakeNarrowGeometry(t.storage, static_cast<size_t>(t.rows), static_cast<size_t>(t.cols));
      const int offset = NarrowOffset(t.storage);
      for (size_t i = 0; i < n; ++i) {
        codes[i] = static_cast<int8_t>(static_cast<int>(i * 37 % static_cast<size_t>(2 * offset)) - offset);
      }
      std::vector<uint16_t> scales(g.rows * g.groups);
      for (size_t i = 0; i < scales.size(); ++i) scales[i] = HalfFromFloat(0.5f + 0.125f * static_cast<float>(i));
      std::vector<std::byte> packed(g.total_bytes);
      PackNarrow(g, codes, scales, packed);
      return packed;
    }
    default:
      break;
  }
  const TernaryGeometry g = MakeTernaryGeometry(t.storage, static_cast<size_t>(t.rows), static_cast<size_t>(t.cols));
  std::vector<std::byte> packed(g.total_bytes);
  PackTernary(g, codes, packed);
  return packed;
}

std::vector<float> GoldenScales(const TensorSpec& t) {
  std::vector<float> scales;
  for (uint64_t i = 0; i < ScaleCount(t); ++i) scales.push_back(0.5f + 0.125f * static_cast<float>(i));
  return scales;
}

TEST_CASE("The golden files are written", "[.]") {
  const char* folder = std::getenv("TRITWISE_WRITE_GOLDEN");
  if (folder == nullptr) return;
  for (const std::string& file : {kTiny, kHeads, kLut}) {
    const ModelDescription description = GoldenDescription(file);
    test::RandomWeights weights;
    for (const TensorSpec& t : description.graph.tensors) {
      weights.data.push_back(GoldenData(t));
      weights.scales.push_back(GoldenScales(t));
    }
    const Status status = WriteModel(std::string(folder) + "/" + file, description, weights.views());
    INFO(status.message());
    REQUIRE(status.ok());
  }
}

TEST_CASE("The golden files of version 1 have the descriptions that they were written with") {
  for (const std::string& file : {kTiny, kHeads, kLut}) {
    const ModelFile model = test::Must(ModelFile::Read(kFolder + file));
    const ModelDescription expected = GoldenDescription(file);
    const ModelDescription& read = model.description();
    CHECK(read.producer == expected.producer);
    CHECK(read.metadata == expected.metadata);
    CHECK(read.vocabulary.pieces == expected.vocabulary.pieces);
    CHECK(read.vocabulary.scores == expected.vocabulary.scores);
    CHECK(read.vocabulary.types == expected.vocabulary.types);
    CHECK(read.vocabulary.begin_id == -1);
    CHECK(read.vocabulary.end_id == 1);
    CHECK(read.vocabulary.add_space_prefix);
    CHECK(SerialiseDescription(read) == SerialiseDescription(expected));
  }
}

TEST_CASE("The golden files of version 1 have the weights that they were written with") {
  for (const std::string& file : {kTiny, kHeads, kLut}) {
    const ModelFile model = test::Must(ModelFile::Read(kFolder + file));
    const Graph& graph = model.graph();
    REQUIRE(graph.tensors.size() == (file == kTiny ? 9 : 4));
    for (size_t i = 0; i < graph.tensors.size(); ++i) {
      INFO(graph.tensors[i].name);
      const TensorData tensor = model.tensor(static_cast<int32_t>(i));
      const std::vector<std::byte> data = GoldenData(graph.tensors[i]);
      const std::vector<float> scales = GoldenScales(graph.tensors[i]);
      CHECK(std::equal(tensor.data.begin(), tensor.data.end(), data.begin(), data.end()));
      CHECK(std::equal(tensor.scales.begin(), tensor.scales.end(), scales.begin(), scales.end()));
    }
  }
}

TEST_CASE("Bytes of the golden file lie where FORMAT.md says") {
  const test::FileBytes file = test::ReadBytes(kFolder + kTiny);
  const auto byte = [&](size_t i) { return std::to_integer<int>(file[i]); };
  CHECK(byte(0) == 0x89);
  CHECK(byte(8) == 1);    // version
  CHECK(byte(12) == 64);  // header size
  CHECK(byte(24) == 64);  // FlatBuffer's offset
  CHECK(std::string(reinterpret_cast<const char*>(file.data()) + 68, 4) == "TRIT");
  CHECK(byte(file.size() - 1) == 0x00);  // 0.0f: the last value of head.bias
  CHECK(test::HeaderOf(file).file_bytes == file.size());
}

}  // namespace
}  // namespace tritwise
