// What has no place in llama.cpp's networks is named in one line, and nothing is written.
#include "tests/tools/gguf/model.h"

namespace tritwise::test {
namespace {

using Catch::Contains;

Op& OpNamed(Graph& graph, const std::string& name) {
  for (Op& op : graph.ops) {
    if (op.name == name) return op;
  }
  throw std::runtime_error("no operation " + name);
}

}  // namespace

TEST_CASE("layer norms within linears are refused, and the line says what would do") {
  DecoderOptions o = GgufDecoder();
  o.linear.quantiser.norm = NormKind::kLayer;
  o.config.norm = NormKind::kLayer;
  CHECK_THAT(GgufFolder().Refusal(MakeDecoder(o)),
             Contains("layer norm in front of blocks.0.attention.out") && Contains("quantise.norm = \"rms\""));
}

TEST_CASE("a gain between two norms is refused unless it is the same for all columns") {
  const GgufFolder folder;
  DecoderOptions o = GgufDecoder();
  o.config.norm_gain = true;
  const Graph graph = MakeDecoder(o);
  CHECK_THAT(folder.Refusal(graph), Contains("gain between the two norms in front of blocks.0.attention.qkv") &&
                                        Contains("network.norm_gain = false"));

  RandomWeights weights = MakeRandomWeights(graph);
  for (size_t i = 0; i < graph.tensors.size(); ++i) {
    if (graph.tensors[i].name.ends_with("norm.gain") && !graph.tensors[i].name.ends_with("input_norm.gain")) {
      weights.data[i] = ToBytes(std::vector<float>(256, 2.0f));
    }
  }
  REQUIRE(WriteModel(folder / "uniform.trit", {graph, {}, "test", {}}, weights.views()).ok());
  const GgufFile file = folder.Gguf(ModelFile::Read(folder / "uniform.trit").value());
  // 2 / sqrt(2^2 + 1e-5), times the gain of the second norm.
  const auto gain = reinterpret_cast<const float*>(
      weights.data[static_cast<size_t>(TensorIndex(graph, "blocks.0.attention.qkv.input_norm.gain"))].data());
  CHECK(file.Numbers("blk.0.attn_norm.weight")[3] ==
        Approx(double{gain[3]} * 2.0 / std::sqrt(4.0 + 1e-5)).epsilon(1e-7));
}

TEST_CASE("columns that blocks do not divide are refused with the types that would do") {
  const GgufFolder folder;
  DecoderOptions o = GgufDecoder();
  o.config.feed_forward = 352;
  CHECK_THAT(folder.Refusal(MakeDecoder(o), {}, GgufType::kTq1_0),
             Contains("blocks.0.feed_forward.down.weight has 352 columns") && Contains("q8_0, q4_0"));
  o.config.feed_forward = 344;
  CHECK_THAT(folder.Refusal(MakeDecoder(o)), Contains("344 columns") && Contains("--gguf-type f16"));
  CHECK(folder.Refusal(MakeDecoder(o), {}, GgufType::kF16) == "accepted");
}

TEST_CASE("what no network of llama.cpp has is refused by name") {
  const GgufFolder folder;
  CHECK_THAT(folder.Refusal(MakeMlp()), Contains("only decoders of text"));

  DecoderOptions untied = GgufDecoder();
  untied.config.tied_head = false;
  CHECK_THAT(folder.Refusal(MakeDecoder(untied)), Contains("not tied"));

  DecoderOptions narrow = GgufDecoder();
  narrow.config.head_size = 32;
  narrow.config.width = 256;
  CHECK_THAT(folder.Refusal(MakeDecoder(narrow)), Contains("heads that together are not as wide"));

  DecoderOptions relu = GgufDecoder();
  relu.config.activation = ActivationKind::kRelu;
  CHECK_THAT(folder.Refusal(MakeDecoder(relu)), Contains("activation relu"));

  DecoderOptions plain = GgufDecoder();
  plain.config.activation = ActivationKind::kReluSquared;
  plain.linear.quantiser.norm = NormKind::kNone;
  CHECK_THAT(folder.Refusal(MakeDecoder(plain)), Contains("activation relu_squared"));

  CHECK_THAT(folder.Refusal(WithSplitAttention(MakeDecoder(GgufDecoder()))), Contains("blocks.0.attention.key_linear"));
}

TEST_CASE("attention that llama.cpp computes otherwise is refused") {
  const GgufFolder folder;
  Graph scaled = MakeDecoder(GgufDecoder());
  std::get<AttentionAttrs>(OpNamed(scaled, "blocks.0.attention").attrs).scale = 1.0f;
  std::get<AttentionAttrs>(OpNamed(scaled, "blocks.1.attention").attrs).scale = 1.0f;
  CHECK_THAT(folder.Refusal(scaled), Contains("scale of attention"));

  Graph differs = MakeDecoder(GgufDecoder());
  std::get<AttentionAttrs>(OpNamed(differs, "blocks.1.attention").attrs).scale = 1.0f;
  CHECK_THAT(folder.Refusal(differs), Contains("attention that differs by layer"));

  Graph turned = MakeDecoder(GgufDecoder());
  for (const char* name : {"blocks.0.attention", "blocks.1.attention"}) {
    std::get<AttentionAttrs>(OpNamed(turned, name).attrs).rotary_frequency[3] *= 1.5f;
  }
  CHECK_THAT(folder.Refusal(turned), Contains("rotary frequencies"));
}

TEST_CASE("export takes a .trit file with --gguf only, and leaves nothing where it fails") {
  const GgufFolder folder;
  WriteRandomModel(folder / "m.trit", MakeDecoder(GgufDecoder()));
  const Outcome written = Tritwise({"export", folder / "m.trit", "--gguf", folder / "m.gguf", "--gguf-type", "tq1_0"});
  CHECK(written.code == 0);
  CHECK(written.out ==
        (folder / "m.gguf") + ": " + std::to_string(std::filesystem::file_size(folder / "m.gguf")) + " bytes\n");
  CHECK_THAT(written.err, Contains("no vocabulary"));
  const std::string before = ReadFile(folder / "m.gguf");
  CHECK(ReadGguf(folder / "m.gguf").tensors.at("blk.0.attn_q.weight").type == 34);

  CHECK(Tritwise({"export", folder / "m.trit", "-o", folder / "n.trit"}).IsError(2, "tritwise export: a .trit file"));
  CHECK(Tritwise({"export", folder / "m.trit", "--gguf", folder / "m.gguf", "--head", "f16"})
            .IsError(2, "tritwise export: --layout, --head"));
  CHECK(Tritwise({"export", folder / "m.trit", "--gguf", folder / "m.gguf", "--gguf-type", "q5_0"}).code == 2);
  WriteRandomModel(folder / "mlp.trit", MakeMlp());
  CHECK(Tritwise({"export", folder / "mlp.trit", "--gguf", folder / "m.gguf"})
            .IsError(1, "tritwise export: " + (folder / "mlp.trit") + ": only decoders"));
  CHECK(Tritwise({"export", folder / "none.trit", "--gguf", folder / "m.gguf"}).code == 1);
  CHECK(ReadFile(folder / "m.gguf") == before);
}

}  // namespace tritwise::test
