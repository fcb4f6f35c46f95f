// Writing a model and reading it back: description, vocabulary and every tensor's bytes; what the writer refuses.
#include "format/model_file.h"

#include "format/verify.h"
#include "tests/format/fixture.h"

namespace tritwise {
namespace {

using test::TempDir;

bool Same(std::span<const std::byte> a, std::span<const std::byte> b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end());
}

// Descriptions are equal if they serialise to the same bytes.
bool Same(const ModelDescription& a, const ModelDescription& b) {
  return SerialiseDescription(a) == SerialiseDescription(b);
}

void CheckRoundTrip(const ModelDescription& description) {
  const TempDir folder;
  const test::RandomWeights weights = test::MakeRandomWeights(description.graph, 7);
  REQUIRE(WriteModel(folder / "m.trit", description, weights.views()).ok());
  const ModelFile model = test::Must(ModelFile::Read(folder / "m.trit"));
  CHECK(Same(model.description(), description));
  auto end = static_cast<size_t>(64 + model.flatbuffer_bytes());
  const auto check_place = [&](const void* begin, size_t bytes) {
    const auto offset = static_cast<size_t>(static_cast<const std::byte*>(begin) - model.bytes().data());
    CHECK(offset == (end + 63) / 64 * 64);
    end = offset + bytes;
  };
  for (size_t i = 0; i < weights.data.size(); ++i) {
    INFO(description.graph.tensors[i].name);
    const TensorData tensor = model.tensor(static_cast<int32_t>(i));
    CHECK(Same(tensor.data, weights.data[i]));
    CHECK(Same(std::as_bytes(tensor.scales), std::as_bytes(std::span(weights.scales[i]))));
    check_place(tensor.data.data(), tensor.data.size());
    if (!tensor.scales.empty()) check_place(tensor.scales.data(), tensor.scales.size_bytes());
  }
  CHECK(end == std::filesystem::file_size(folder / "m.trit"));
  CHECK(end == model.bytes().size());
  CHECK(ModelFileBytes(description) == end);  // known without the weights
}

TEST_CASE("A decoder comes back as it was written, in every storage") {
  const std::vector<std::pair<std::string, std::string>> metadata = {
      {"recipe", "line\nline"}, {"", ""}, {"zero", std::string("a\0b", 3)}};
  for (const Storage ternary : {Storage::kT2, Storage::kT5, Storage::kLut}) {
    for (const Storage plain :
         {Storage::kF32, Storage::kF16, Storage::kI8, Storage::kI6, Storage::kI4, Storage::kT2, Storage::kT5}) {
      test::DecoderOptions options;
      options.config.norm_gain = true;
      options.config.tied_head = plain == Storage::kI8;
      options.linear.ternary = ternary;
      options.linear.plain = plain;
      options.linear.quantiser.norm = NormKind::kRms;
      const Vocabulary vocabulary = test::ByteVocabulary(true);
      options.vocabulary = static_cast<int64_t>(vocabulary.pieces.size());
      CheckRoundTrip({test::MakeDecoder(options), vocabulary, "tritwise 1.2.3", metadata});
    }
  }
}

TEST_CASE("An mlp comes back as it was written") { CheckRoundTrip({test::MakeMlp(), {}, "", {}}); }

TEST_CASE("A description in memory comes back from its bytes") {
  const ModelDescription description{test::TinyDecoder(), test::TinyVocabulary(), "p", {{"k", "v"}}};
  const std::vector<std::byte> bytes = SerialiseDescription(description);
  const ModelDescription back = test::Must(ParseDescription(bytes, "checkpoint"));
  CHECK(Same(back, description));
  CHECK(back.producer == "p");
  CHECK(back.metadata == description.metadata);
  CHECK(back.vocabulary.pieces == description.vocabulary.pieces);
  CHECK(back.vocabulary.end_id == 1);
  const Op& attention = back.graph.ops[3];
  REQUIRE(attention.kind() == OpKind::kAttention);
  CHECK(std::get<AttentionAttrs>(attention.attrs).rotary_frequency == std::vector<float>{1.0f});
}

TEST_CASE("A description without segments comes back wherever its vectors happen to lie") {
  for (size_t length = 0; length < 64; ++length) {
    const ModelDescription description{test::TinyMlp(), {}, std::string(length, 'x'), {}};
    CHECK(Same(test::Must(ParseDescription(SerialiseDescription(description), "checkpoint")), description));
  }
}

TEST_CASE("Every bit of a float in the description survives") {
  ModelDescription description{test::TinyDecoder(), {}, "", {}};
  std::get<AttentionAttrs>(description.graph.ops[3].attrs).scale = 0x1.fffffep-2f;
  std::get<NormAttrs>(description.graph.ops[1].attrs).eps = 0.0f;
  const ModelDescription back = test::Must(ParseDescription(SerialiseDescription(description), "d"));
  CHECK(std::get<AttentionAttrs>(back.graph.ops[3].attrs).scale == 0x1.fffffep-2f);
  CHECK(std::get<NormAttrs>(back.graph.ops[1].attrs).eps == 0.0f);
}

TEST_CASE("The same model is written as the same bytes") {
  CHECK(test::ModelBytes(test::TinyDecoder()) == test::ModelBytes(test::TinyDecoder()));
}

TEST_CASE("A model whose tensors come in pieces is written as the same bytes") {
  const TempDir folder;
  const ModelDescription description{test::TinyDecoder(), {}, "p", {}};
  const test::RandomWeights weights = test::MakeRandomWeights(description.graph);
  REQUIRE(WriteModel(folder / "whole", description, weights.views()).ok());
  const auto in_pieces = [&](size_t i, TensorSink& sink) {
    for (const std::byte& byte : weights.data[i]) TRITWISE_RETURN_IF_ERROR(sink.Data(std::span(&byte, 1)));
    for (const float& scale : weights.scales[i]) TRITWISE_RETURN_IF_ERROR(sink.Scales(std::span(&scale, 1)));
    return Status();
  };
  REQUIRE(StreamModel(folder / "pieces", description, in_pieces).ok());
  CHECK(test::ReadBytes(folder / "pieces") == test::ReadBytes(folder / "whole"));
}

TEST_CASE("A network without weights is a model too") {
  Graph graph;
  graph.input = InputKind::kFeatures;
  graph.input_width = 3;
  graph.value_widths = {3, 3};
  graph.ops = {{"relu", {0}, 1, ActivationAttrs{}}};
  graph.output = 1;
  for (const size_t length : {0u, 8u, 16u, 24u, 32u, 40u, 48u, 56u}) {  // the FlatBuffer ends anywhere
    const TempDir folder;
    REQUIRE(WriteModel(folder / "m.trit", {graph, {}, std::string(length, 'x'), {}}, {}).ok());
    CHECK(test::ReadError(folder / "m.trit").empty());
  }
}

TEST_CASE("A tensor needs the bytes of its rows in whole blocks and of its columns in whole chunks") {
  CHECK(DataBytes({"a", Storage::kF32, ScaleKind::kNone, 3, 5}) == 60);
  CHECK(DataBytes({"a", Storage::kF16, ScaleKind::kNone, 3, 5}) == 30);
  CHECK(DataBytes({"a", Storage::kI8, ScaleKind::kRow, 3, 5}) == 15);
  CHECK(DataBytes({"a", Storage::kT2, ScaleKind::kTensor, 3, 5}) == 16);
  CHECK(DataBytes({"a", Storage::kT5, ScaleKind::kRow, 5, 321}) == 8 * 68);
  CHECK(DataBytes({"a", Storage::kLut, ScaleKind::kRow, 17, 1034}) == 32 * 260);
  CHECK(DataBytes({"a", Storage::kI4, ScaleKind::kNone, 3, 5}) == 64 + 512);
  CHECK(DataBytes({"a", Storage::kI4, ScaleKind::kNone, 17, 129}) == 2 * (128 + 3 * 512));
  CHECK(DataBytes({"a", Storage::kI6, ScaleKind::kNone, 16, 128}) == 64 + 2 * 768);
  CHECK(ScaleCount({"a", Storage::kF32, ScaleKind::kNone, 3, 5}) == 0);
  CHECK(ScaleCount({"a", Storage::kI4, ScaleKind::kNone, 3, 5}) == 0);
  CHECK(ScaleCount({"a", Storage::kT2, ScaleKind::kGroup, 3, 5, 256}) == 3);
  CHECK(ScaleCount({"a", Storage::kT2, ScaleKind::kGroup, 3, 512, 256}) == 6);
  CHECK(ScaleCount({"a", Storage::kT5, ScaleKind::kGroup, 3, 641, 320}) == 9);
  CHECK(ScaleCount({"a", Storage::kT2, ScaleKind::kTensor, 3, 5}) == 1);
  CHECK(ScaleCount({"a", Storage::kI8, ScaleKind::kRow, 3, 5}) == 3);
}

TEST_CASE("The sizes of the largest shapes do not overflow") {
  const int64_t rows = kMaxDimension - 1;
  CHECK(DataBytes({"a", Storage::kT2, ScaleKind::kTensor, rows, kMaxIntegerInputs}) == uint64_t{1} << 46);
  CHECK(DataBytes({"a", Storage::kI4, ScaleKind::kNone, rows, kMaxIntegerInputs}) ==
        (uint64_t{1} << 27) * 2048 * (512 + 32));
  CHECK(ScaleCount({"a", Storage::kT2, ScaleKind::kGroup, rows, kMaxIntegerInputs, 256}) == uint64_t(rows) << 9);
  CHECK(DataBytes({"a", Storage::kF32, ScaleKind::kNone, rows, 131072}) == uint64_t(rows) << 19);
}

// ---- what the writer refuses

Status Write(const std::string& path, const Graph& graph, const test::RandomWeights& weights) {
  return WriteModel(path, {graph, {}, "", {}}, weights.views());
}

TEST_CASE("The writer refuses data or scales of another size than the shape's") {
  const TempDir folder;
  const Graph graph = test::TinyDecoder();
  const test::RandomWeights good = test::MakeRandomWeights(graph);
  for (size_t i = 0; i < graph.tensors.size(); ++i) {
    const std::string refusal =
        (folder / "m.trit") + ": tensor " + graph.tensors[i].name + ": data or scales have not the size of its shape";
    for (const int change : {-1, 1}) {
      test::RandomWeights weights = good;
      weights.data[i].resize(weights.data[i].size() + static_cast<size_t>(change));
      CHECK(std::string(Write(folder / "m.trit", graph, weights).message()) == refusal);
      weights = good;
      if (change < 0 && weights.scales[i].empty()) continue;
      weights.scales[i].resize(weights.scales[i].size() + static_cast<size_t>(change));
      CHECK(std::string(Write(folder / "m.trit", graph, weights).message()) == refusal);
    }
  }
  CHECK_FALSE(std::filesystem::exists(folder / "m.trit"));
}

TEST_CASE("The writer refuses data behind a tensor's scales") {
  const TempDir folder;
  const Graph graph = test::TinyDecoder();
  const test::RandomWeights weights = test::MakeRandomWeights(graph);
  const Status status = StreamModel(folder / "m.trit", {graph, {}, "", {}}, [&](size_t i, TensorSink& sink) {
    const std::span<const std::byte> data = weights.data[i];
    TRITWISE_RETURN_IF_ERROR(sink.Data(data.first(data.size() - 1)));
    TRITWISE_RETURN_IF_ERROR(sink.Scales(weights.scales[i]));
    return sink.Data(data.last(1));
  });
  CHECK_THAT(status.message(), Catch::EndsWith("data or scales have not the size of its shape"));
  CHECK_FALSE(std::filesystem::exists(folder / "m.trit"));
}

TEST_CASE("What a tensor's source says goes to the caller, and no file is left") {
  const TempDir folder;
  const Status status = StreamModel(folder / "m.trit", {test::TinyMlp(), {}, "", {}}, [](size_t, TensorSink&) {
    return Status::Error(StatusCode::kIo, "the source dried up");
  });
  CHECK(std::string(status.message()) == "the source dried up");
  CHECK(std::filesystem::is_empty(folder.path()));
}

TEST_CASE("The writer refuses too few or too many tensors") {
  const TempDir folder;
  const Graph graph = test::TinyMlp();
  test::RandomWeights weights = test::MakeRandomWeights(graph);
  weights.data.pop_back();
  weights.scales.pop_back();
  CHECK(std::string(Write(folder / "m", graph, weights).message()) ==
        (folder / "m") + ": 3 tensors given, the graph has 4");
  CHECK(Write(folder / "m", graph, {}).code() == StatusCode::kInvalidArgument);
}

TEST_CASE("The writer refuses a graph or a vocabulary that could not be read") {
  const TempDir folder;
  Graph graph = test::TinyDecoder();
  const test::RandomWeights weights = test::MakeRandomWeights(graph);
  Vocabulary vocabulary = test::TinyVocabulary();
  vocabulary.scores.pop_back();
  CHECK_FALSE(WriteModel(folder / "m", {graph, vocabulary, "", {}}, weights.views()).ok());
  graph.ops.pop_back();
  CHECK_FALSE(Write(folder / "m", graph, weights).ok());
  CHECK_FALSE(std::filesystem::exists(folder / "m"));
}

}  // namespace
}  // namespace tritwise
