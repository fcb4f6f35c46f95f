// Hugging Face folders: what we write we read back to the bit, other dtypes and shards too, and what we cannot
// be is refused by name.
#include <catch2/catch.hpp>
#include <functional>
#include <nlohmann/json.hpp>

#include "tests/trainer/small_run.h"
#include "trainer/checkpoint.h"
#include "trainer/data/byte_alphabet.h"
#include "trainer/error.h"
#include "trainer/huggingface/config.h"
#include "format/transform.h"
#include "trainer/huggingface/export.h"
#include "trainer/number_formats.h"
#include "trainer/parameters.h"
#include "trainer/quantiser.h"
#include "trainer/safetensors.h"
#include "trainer/start.h"

namespace tritwise::test {
namespace {

using Catch::Contains;
using Json = nlohmann::json;

// A tokenizer.json of all bytes and an end.
std::string SmallTokenizer() {
  Json vocab = Json::object();
  for (int byte = 0; byte < 256; ++byte) vocab[SpellingOfBytes(std::string(1, static_cast<char>(byte)))] = byte;
  vocab["th"] = 256;
  vocab["the"] = 257;
  const Json end = {{"id", 258}, {"content", "<|endoftext|>"}, {"special", true}, {"normalized", false}};
  const Json bytes = {{"type", "ByteLevel"}, {"add_prefix_space", false}, {"use_regex", true}};
  return Json({{"added_tokens", Json::array({end})},
               {"normalizer", nullptr},
               {"pre_tokenizer", bytes},
               {"decoder", bytes},
               {"model", {{"type", "BPE"}, {"vocab", vocab}, {"merges", Json::array({"t h", "th e"})}}}})
      .dump();
}

// A short run of a network that Hugging Face has a name for, exported to "hf" beside it.
struct Exported {
  SmallRun small;
  Checkpoint checkpoint;
  std::vector<std::string> left_out;

  explicit Exported(const std::string& network, const HuggingFaceOptions& options = {}, int64_t stop_after = 24) {
    const auto tokenizer = small.folder.Write("tokenizer.json", SmallTokenizer());
    small.recipe = ParseRecipe(WriteRecipe(small.recipe), "test",
                               {"data.tokenizer=\"" + tokenizer.string() + "\"", "network.kv_heads=1"});
    auto& config = std::get<DecoderConfig>(small.recipe.network);
    if (network == "llama") {
      config.norm = NormKind::kRms;
      config.norm_gain = true;
      config.norm_eps = 1e-6f;
      config.rotary_base = 500000.0;
      config.tied_head = false;
    }
    RunOptions run = small.Options("run");
    run.stop_after = stop_after == 24 ? 0 : stop_after;
    TrainRun(run);
    checkpoint = ReadCheckpoint((small.folder.path() / "run" / "checkpoint.safetensors").string());
    left_out = ExportHuggingFace(checkpoint, hf(), options);
  }

  std::filesystem::path hf() const { return small.folder.path() / "hf"; }
  Json config() const { return ReadJsonFile(hf() / "config.json"); }
  void ChangeConfig(const std::function<void(Json&)>& change) const {
    Json json = config();
    change(json);
    std::ofstream(hf() / "config.json") << json.dump();
  }
  std::string Refusal(const std::function<void(Json&)>& change) const {
    const Json before = config();
    ChangeConfig(change);
    std::string line = "accepted";
    try {
      ReadStart(hf());
    } catch (const Error& error) {
      line = error.what();
    }
    ChangeConfig([&](Json& json) { json = before; });
    return line;
  }
};

TEST_CASE("an exported folder reads back with every weight and the vocabulary as they were") {
  for (const std::string network : {"llama", "olmo"}) {
    const Exported exported(network);
    CHECK(exported.left_out.empty());
    CHECK(exported.config()["model_type"] == network);
    const Start start = ReadStart(exported.hf());
    CHECK(start.origin == "huggingface:hf");
    CHECK(start.weights == exported.checkpoint.state.weights);
    CHECK(SerialiseDescription({start.graph, start.vocabulary, "", {}}).size() ==
          SerialiseDescription({exported.checkpoint.description.graph, start.vocabulary, "", {}}).size());
    CHECK(start.vocabulary.pieces == exported.checkpoint.description.vocabulary.pieces);
    CHECK(start.vocabulary.merges == exported.checkpoint.description.vocabulary.merges);
    Recipe with_start = exported.small.recipe;
    with_start.data.tokenizer.clear();
    Start again = start;
    ApplyStart(again, with_start);
    CHECK(std::get<DecoderConfig>(with_start.network).rotary_base == (network == "llama" ? 500000.0 : 10000.0));
  }
}

TEST_CASE("a run trains on from a folder and its recipe needs no network") {
  const Exported exported("llama");
  Start start = ReadStart(exported.hf());
  RunOptions options = exported.small.Options("second");
  options.recipe.network = DecoderConfig{};
  options.recipe.data.tokenizer.clear();
  options.recipe.quantise.norm = NormKind::kRms;  // gains that the folder does not have begin at 1
  ApplyStart(start, options.recipe);
  options.start = &start;
  CHECK(TrainRun(options).finished);
  const Checkpoint second = ReadCheckpoint((options.folder / "checkpoint.safetensors").string());
  CHECK(second.description.vocabulary.kind == VocabularyKind::kByteLevel);
}

TEST_CASE("the names, shapes and rows are those of Hugging Face") {
  const Exported exported("llama");
  const SafetensorsFile file((exported.hf() / "model.safetensors").string());
  CHECK(file.tensors().size() == 3 + 2 * 9);
  CHECK(file.metadata().at("format") == "pt");
  CHECK(file.tensor("model.embed_tokens.weight", "F32").shape == std::vector<int64_t>{259, 32});
  CHECK(file.tensor("lm_head.weight", "F32").shape == std::vector<int64_t>{259, 32});
  CHECK(file.tensor("model.norm.weight", "F32").shape == std::vector<int64_t>{32});
  CHECK(file.tensor("model.layers.1.self_attn.q_proj.weight", "F32").shape == std::vector<int64_t>{32, 32});
  CHECK(file.tensor("model.layers.1.self_attn.v_proj.weight", "F32").shape == std::vector<int64_t>{16, 32});
  CHECK(file.tensor("model.layers.0.mlp.down_proj.weight", "F32").shape == std::vector<int64_t>{32, 48});

  // Rows 48 to 63 of query | key | value are the value's.
  const Graph& graph = exported.checkpoint.description.graph;
  for (size_t t = 0; t < graph.tensors.size(); ++t) {
    if (graph.tensors[t].name != "blocks.1.attention.qkv.weight") continue;
    const auto qkv = ParameterLayout(graph).Of(std::span(exported.checkpoint.state.weights), static_cast<int32_t>(t));
    const auto value = file.tensor("model.layers.1.self_attn.v_proj.weight", "F32").bytes;
    CHECK(std::memcmp(value.data(), qkv.data() + 48 * 32, value.size()) == 0);
  }
}

TEST_CASE("bf16 in shards reads as the rounded weights") {
  const Exported exported("olmo", {.dtype = "bf16"});
  // The same tensors in two files, one of them in f16 where that is exact, and an index.
  const SafetensorsFile whole((exported.hf() / "model.safetensors").string());
  std::map<std::string, SafetensorsEntry> shards[2];
  Json map = Json::object();
  int i = 0;
  for (const auto& [name, entry] : whole.tensors()) {
    shards[i % 2][name] = entry;
    map[name] = i++ % 2 == 0 ? "model-1.safetensors" : "model-2.safetensors";
  }
  WriteSafetensors((exported.hf() / "model-1.safetensors").string(), {{"format", "pt"}}, shards[0]);
  WriteSafetensors((exported.hf() / "model-2.safetensors").string(), {{"format", "pt"}}, shards[1]);
  std::ofstream(exported.hf() / "model.safetensors.index.json") << Json{{"weight_map", map}}.dump();
  std::filesystem::remove(exported.hf() / "model.safetensors");

  std::vector<float> expected = exported.checkpoint.state.weights;
  for (float& value : expected) value = FloatFromBfloat16(Bfloat16FromFloat(value));
  CHECK(ReadStart(exported.hf()).weights == expected);

  std::filesystem::remove(exported.hf() / "model-2.safetensors");
  CHECK_THROWS_WITH(ReadStart(exported.hf()), Contains("model-2.safetensors"));
  map.begin().value() = "../run/checkpoint.safetensors";
  std::ofstream(exported.hf() / "model.safetensors.index.json") << Json{{"weight_map", map}}.dump();
  CHECK_THROWS_WITH(ReadStart(exported.hf()), Contains("in no file of this folder"));
}

TEST_CASE("f16 reads as the rounded weights") {
  const Exported exported("llama", {.dtype = "f16"});
  std::vector<float> expected = exported.checkpoint.state.weights;
  for (float& value : expected) value = FloatFromHalf(HalfFromFloat(value));
  CHECK(ReadStart(exported.hf()).weights == expected);
  CHECK(exported.config()["torch_dtype"] == "float16");
}

TEST_CASE("bf16 is rounded to nearest even and keeps what is not a number") {
  CHECK(Bfloat16FromFloat(1.0f) == 0x3F80);
  CHECK(Bfloat16FromFloat(-2.5f) == 0xC020);
  CHECK(Bfloat16FromFloat(std::bit_cast<float>(0x3F808000u)) == 0x3F80);
  CHECK(Bfloat16FromFloat(std::bit_cast<float>(0x3F818000u)) == 0x3F82);
  CHECK(Bfloat16FromFloat(std::bit_cast<float>(0x3F808001u)) == 0x3F81);
  CHECK(Bfloat16FromFloat(std::numeric_limits<float>::infinity()) == 0x7F80);
  CHECK(Bfloat16FromFloat(std::numeric_limits<float>::max()) == 0x7F80);
  CHECK(std::isnan(FloatFromBfloat16(Bfloat16FromFloat(std::bit_cast<float>(0x7F800001u)))));
  for (uint32_t bits = 0; bits < 65536; ++bits) {
    const float value = FloatFromBfloat16(static_cast<uint16_t>(bits));
    if (!std::isnan(value)) REQUIRE(Bfloat16FromFloat(value) == bits);
  }
}

TEST_CASE("dequantised ternary matrices have three values, and other tensors are as they were") {
  const Exported exported("olmo", {.dtype = "f32", .dequantised = true});
  CHECK(exported.config()["tritwise"]["weights"] == "dequantised");
  const Start start = ReadStart(exported.hf());
  const ParameterLayout layout(start.graph);
  for (size_t t = 0; t < start.graph.tensors.size(); ++t) {
    INFO(start.graph.tensors[t].name);
    const auto read = layout.Of(std::span(start.weights), static_cast<int32_t>(t));
    const auto master = layout.Of(std::span(exported.checkpoint.state.weights), static_cast<int32_t>(t));
    if (start.graph.tensors[t].name.find("blocks.") != 0) {
      CHECK(std::equal(read.begin(), read.end(), master.begin()));
      continue;
    }
    const float scale = WeightScale(master, WeightMeasure::kAbsMean);
    const std::vector<int8_t> codes = TernaryCodes(master, scale);
    for (size_t i = 0; i < read.size(); ++i) REQUIRE(read[i] == static_cast<float>(codes[i]) * scale);
  }
}

TEST_CASE("a head that is ternary when exported goes out as it is trained") {
  const Exported exported("olmo");
  Checkpoint stored = exported.checkpoint;
  stored.description.graph = WithStorage(stored.description.graph, Storage::kT2, Storage::kT2);
  const auto folder = exported.small.folder.path() / "ternary-head";
  ExportHuggingFace(stored, folder, {.dtype = "f32", .dequantised = true});
  const Start start = ReadStart(folder);
  const ParameterLayout layout(start.graph);
  REQUIRE(start.graph.tensors[0].name == "embedding.weight");
  const auto read = layout.Of(std::span(start.weights), 0);
  CHECK(std::equal(read.begin(), read.end(), exported.checkpoint.state.weights.begin()));
}

TEST_CASE("config.json says how the weights become ternary") {
  const Json note = Exported("olmo").config()["tritwise"];
  CHECK(note["ternary"] == true);
  CHECK(note["weights"] == "master");
  CHECK(note["weight_measure"] == "absmean");
  CHECK(note["activation_range"] == 128);
  CHECK(note["step"] == 24);
  CHECK(Exported("olmo", {}, 3).config()["tritwise"]["ternary"] == false);
}

TEST_CASE("what a Hugging Face folder cannot express is refused or said") {
  Exported exported("olmo", {}, 3);
  const auto folder = exported.small.folder.path() / "other";
  const auto refusal = [&](auto change, HuggingFaceOptions options = {}) {
    Checkpoint checkpoint = exported.checkpoint;
    change(checkpoint);
    try {
      ExportHuggingFace(checkpoint, folder, options);
    } catch (const Error& error) {
      return std::string(error.what());
    }
    return std::string("accepted");
  };
  const auto network = [](Checkpoint& c) -> DecoderConfig& { return std::get<DecoderConfig>(c.recipe.network); };
  CHECK_THAT(refusal([&](Checkpoint& c) { network(c).norm = NormKind::kRms; }), Contains("neither a Llama network"));
  CHECK_THAT(refusal([&](Checkpoint& c) { network(c).norm_eps = 1e-6f; }), Contains("neither a Llama network"));
  CHECK_THAT(refusal([&](Checkpoint& c) { network(c).head_size = 8; }), Contains("heads fill its width"));
  CHECK_THAT(refusal([&](Checkpoint& c) { c.recipe.network = MlpConfig{}; }), Contains("only decoders"));
  CHECK_THAT(refusal([](Checkpoint&) {}, {.dtype = "f32", .dequantised = true}), Contains("not fully ternary"));
  CHECK_THAT(refusal([](Checkpoint& c) { c.state.weights[0] = 1e6f; }, {.dtype = "f16"}),
             Contains("too large for f16"));
  CHECK_FALSE(std::filesystem::exists(folder));
  exported.checkpoint.description.vocabulary.kind = VocabularyKind::kSentencePiece;
  const std::vector<std::string> left_out = ExportHuggingFace(exported.checkpoint, folder, {});
  REQUIRE(left_out.size() == 1);
  CHECK_THAT(left_out[0], Contains("the tokenizer is left out"));
  Start start = ReadStart(folder);
  Recipe recipe = exported.small.recipe;
  recipe.data.tokenizer.clear();
  CHECK_THROWS_WITH(ApplyStart(start, recipe), Contains("no tokenizer.model or tokenizer.json; name a tokenizer with"));
}

TEST_CASE("a config.json of another network is refused with the key") {
  const Exported exported("llama", {}, 1);
  const auto with = [&](const char* key, const Json& value) {
    return exported.Refusal([&](Json& json) { json[key] = value; });
  };
  CHECK(with("torch_dtype", "bfloat16") == "accepted");
  CHECK(with("rope_scaling", nullptr) == "accepted");
  CHECK(with("rope_parameters", {{"rope_type", "default"}, {"rope_theta", 1000.0}}) == "accepted");
  CHECK_THAT(with("model_type", "olmo2"), Contains("model_type is \"olmo2\"; only \"llama\" and \"olmo\""));
  CHECK_THAT(with("rope_scaling", {{"rope_type", "llama3"}, {"factor", 8.0}}),
             Contains("rope_scaling is {\"factor\":8.0,\"rope_type\":\"llama3\"}"));
  CHECK_THAT(with("rope_scaling", {{"type", "linear"}, {"factor", 2.0}}), Contains("only unscaled rotary positions"));
  CHECK_THAT(with("attention_bias", true), Contains("attention_bias is true"));
  CHECK_THAT(with("mlp_bias", true), Contains("mlp_bias is true"));
  CHECK_THAT(with("clip_qkv", 8.0), Contains("clip_qkv is 8.0"));
  CHECK_THAT(with("partial_rotary_factor", 0.5), Contains("partial_rotary_factor is 0.5"));
  CHECK_THAT(with("quantization_config", {{"bits", 4}}), Contains("quantization_config"));
  CHECK_THAT(with("hidden_act", "gelu"), Contains("hidden_act is \"gelu\""));
  CHECK_THAT(with("hidden_size", "32"), Contains("hidden_size must be a positive integer"));
  CHECK_THAT(with("hidden_size", 64), Contains("tensor model.embed_tokens.weight is 259 x 32, config.json makes it"));
  CHECK_THAT(with("num_hidden_layers", 3), Contains("holds no tensor model.layers.2.input_layernorm.weight"));
  CHECK_THAT(with("num_hidden_layers", 1), Contains("tensor model.layers.1.input_layernorm.weight has no place"));
  CHECK_THAT(with("vocab_size", 258), Contains("258"));
  CHECK_THAT(with("rms_norm_eps", -1), Contains("rms_norm_eps must be a positive number"));
}

TEST_CASE("a folder without weights or with a tensor of another type is refused") {
  const Exported exported("olmo", {}, 1);
  const auto path = exported.hf() / "model.safetensors";
  {
    const SafetensorsFile whole(path.string());
    auto tensors = whole.tensors();
    SafetensorsEntry& first = tensors.begin()->second;
    first.dtype = "I32";
    WriteSafetensors((exported.hf() / "changed").string(), {}, tensors);
  }
  std::filesystem::rename(exported.hf() / "changed", path);
  CHECK_THROWS_WITH(ReadStart(exported.hf()), Contains("is I32; only F32, F16 and BF16"));
  std::filesystem::remove(path);
  CHECK_THROWS_WITH(ReadStart(exported.hf()), Contains("no model.safetensors"));
}

TEST_CASE("a tokenizer that cannot be read needs one in the recipe") {
  const Exported exported("olmo", {}, 1);
  std::ofstream(exported.hf() / "tokenizer.json") << R"({"model": {"type": "Unigram"}})";
  Start start = ReadStart(exported.hf());
  Recipe recipe = exported.small.recipe;
  recipe.data.tokenizer.clear();
  CHECK_THROWS_WITH(ApplyStart(start, recipe), Contains("Unigram") && Contains("data.tokenizer"));
  ApplyStart(start, recipe = exported.small.recipe);
  CHECK(start.vocabulary.pieces.size() == 259);
}

TEST_CASE("a network with more ids than the tokenizer has gets unused pieces") {
  const Exported exported("olmo", {}, 1);
  Checkpoint padded = exported.checkpoint;
  PadVocabulary(padded.description.vocabulary, 259, "here");
  CHECK(padded.description.vocabulary.pieces.size() == 259);
  PadVocabulary(padded.description.vocabulary, 264, "here");
  CHECK(padded.description.vocabulary.types[263] == PieceType::kUnused);
  CHECK(Tokenizer::Make(padded.description.vocabulary).ok());
  CHECK_THROWS_WITH(PadVocabulary(padded.description.vocabulary, 263, "here"),
                    "here: 264 pieces, but the network has only 263 ids");
}

}  // namespace
}  // namespace tritwise::test
