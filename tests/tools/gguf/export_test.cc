// What a GGUF file holds, read back by a reader of our own: the model's weights in every type, in the order and with
// the norms that llama.cpp's networks have. (That llama.cpp computes the same: tests/e2e/gguf.sh.)
#include "tests/tools/gguf/model.h"

namespace tritwise::test {
namespace {

const GgufType kTypes[] = {GgufType::kTq1_0, GgufType::kTq2_0, GgufType::kQ4_0, GgufType::kQ8_0, GgufType::kF16};

std::vector<double> Slice(const std::vector<int8_t>& trits, size_t first_row, size_t rows, size_t cols) {
  const auto begin = trits.begin() + static_cast<std::ptrdiff_t>(first_row * cols);
  return {begin, begin + static_cast<std::ptrdiff_t>(rows * cols)};
}

float ScaleOf(const ModelFile& model, const std::string& name) {
  return model.tensor(TensorIndex(model.graph(), name)).scales[0];
}

// x normalised by the mean of its squares.
std::vector<double> Rms(const std::vector<double>& x, double eps) {
  double sum = 0.0;
  for (const double v : x) sum += v * v;
  std::vector<double> y = x;
  for (double& v : y) v /= std::sqrt(sum / static_cast<double>(x.size()) + eps);
  return y;
}

}  // namespace

TEST_CASE("every type and every layout holds the same trits, with the exact scale beside them") {
  const GgufFolder folder;
  for (const Storage layout : {Storage::kT2, Storage::kT5, Storage::kLut}) {
    DecoderOptions o = GgufDecoder();
    o.linear.ternary = layout;
    const ModelFile model = folder.Model(MakeDecoder(o));
    const std::vector<int8_t> qkv = TritsOf(model, "blocks.1.attention.qkv.weight");
    const std::vector<int8_t> gate_up = TritsOf(model, "blocks.1.feed_forward.gate_up.weight");
    const std::vector<int8_t> down = TritsOf(model, "blocks.1.feed_forward.down.weight");
    for (const GgufType type : kTypes) {
      const GgufFile file = folder.Gguf(model, type);
      CHECK(file.Key<std::string>("general.architecture") == "bitnet");
      CHECK(file.tensors.at("blk.1.attn_q.weight").type == static_cast<uint32_t>(type));
      CHECK(file.Numbers("blk.1.attn_q.weight") == Slice(qkv, 0, 256, 256));
      CHECK(file.Numbers("blk.1.attn_k.weight") == Slice(qkv, 256, 128, 256));
      CHECK(file.Numbers("blk.1.attn_v.weight") == Slice(qkv, 384, 128, 256));
      CHECK(file.Numbers("blk.1.ffn_gate.weight") == Slice(gate_up, 0, 512, 256));
      CHECK(file.Numbers("blk.1.ffn_up.weight") == Slice(gate_up, 512, 512, 256));
      CHECK(file.Numbers("blk.1.ffn_down.weight") == Slice(down, 0, 256, 512));
      for (const char* part : {"attn_q", "attn_k", "attn_v"}) {
        CHECK(file.Numbers(std::string("blk.1.") + part + ".scale")[0] ==
              double{ScaleOf(model, "blocks.1.attention.qkv.weight")});
      }
    }
  }
}

TEST_CASE("shapes and keys are those of the network") {
  const GgufFolder folder;
  const GgufFile file = folder.Gguf(folder.Model(MakeDecoder(GgufDecoder())), GgufType::kTq2_0);
  CHECK(file.tensors.at("blk.0.ffn_down.weight").shape == std::vector<uint64_t>{512, 256});
  CHECK(file.tensors.at("token_embd.weight").shape == std::vector<uint64_t>{256, 150});
  CHECK(file.tensors.at("output_norm.weight").shape == std::vector<uint64_t>{256});
  CHECK(file.tensors.size() == 2 + 2 * (7 + 7 + 4));
  const auto is = [&](const char* key, uint64_t value) {
    INFO(key);
    CHECK(file.Key<uint64_t>(key) == value);
  };
  is("general.file_type", 37);
  is("bitnet.block_count", 2);
  is("bitnet.embedding_length", 256);
  is("bitnet.feed_forward_length", 512);
  is("bitnet.attention.head_count", 4);
  is("bitnet.attention.head_count_kv", 2);
  is("bitnet.attention.key_length", 64);
  is("bitnet.rope.dimension_count", 64);
  is("bitnet.context_length", 96);
  is("bitnet.vocab_size", 150);
  CHECK(file.Key<double>("bitnet.rope.freq_base") == 10000.0);
  CHECK_FALSE(file.keys.contains("bitnet.hidden_activation"));
}

TEST_CASE("a squared activation is named") {
  const GgufFolder folder;
  DecoderOptions o = GgufDecoder();
  o.config.activation = ActivationKind::kReluSquared;
  const GgufFile file = folder.Gguf(folder.Model(MakeDecoder(o)));
  CHECK(file.Key<std::string>("bitnet.hidden_activation") == "relu2");
}

TEST_CASE("one norm in the file does what two norms and the residual factor do in the network") {
  const GgufFolder folder;
  const ModelFile model = folder.Model(MakeDecoder(GgufDecoder()));
  const GgufFile file = folder.Gguf(model);
  const double eps = file.Key<double>("bitnet.attention.layer_norm_rms_epsilon");
  CHECK(eps == double{1e-5f});
  const double factor =
      file.Numbers("blk.0.attn_output.scale")[0] / double{ScaleOf(model, "blocks.0.attention.out.weight")};
  CHECK(factor > 1.0);
  CHECK(std::exp2(std::round(std::log2(factor))) == factor);

  const std::vector<double> gain = file.Numbers("blk.0.attn_norm.weight");
  const auto stored = model.tensor(TensorIndex(model.graph(), "blocks.0.attention.qkv.input_norm.gain")).data;
  std::vector<float> wanted_gain(256);
  std::memcpy(wanted_gain.data(), stored.data(), stored.size());
  Random random(5);
  // Rows as small as a fresh embedding and as large as after many blocks. With the file's own epsilon the small ones
  // would be 1 % off.
  for (const float size : {0.02f, 1.0f, 50.0f}) {
    std::vector<double> x(256);
    for (double& v : x) v = double{size * random.Normal()};
    const std::vector<double> ours = Rms(Rms(x, 1e-5), 1e-5);
    for (double& v : x) v *= factor;
    const std::vector<double> theirs = Rms(x, eps);
    for (size_t i = 0; i < x.size(); ++i) {
      CHECK(theirs[i] * gain[i] == Approx(ours[i] * double{wanted_gain[i]}).epsilon(1e-6));
    }
  }
}

TEST_CASE("embedding and head keep the precision that they have, times the residual factor") {
  const GgufFolder folder;
  const std::pair<Storage, uint32_t> kKept[] = {{Storage::kF32, 0}, {Storage::kF16, 1}, {Storage::kI8, 8},
                                                {Storage::kI6, 8},  {Storage::kI4, 2},  {Storage::kT2, 8},
                                                {Storage::kT5, 8}};
  for (const auto& [storage, type] : kKept) {
    INFO(NameOf(storage));
    DecoderOptions o = GgufDecoder();
    o.linear.plain = storage;
    const ModelFile model = folder.Model(MakeDecoder(o));
    const GgufFile file = folder.Gguf(model);
    CHECK(file.tensors.at("token_embd.weight").type == type);
    CHECK_FALSE(file.tensors.contains("output.weight"));
    const double factor =
        file.Numbers("blk.0.ffn_down.scale")[0] / double{ScaleOf(model, "blocks.0.feed_forward.down.weight")};
    const std::vector<double> numbers = file.Numbers("token_embd.weight");
    const std::vector<float> wanted = DequantisedEmbedding(model);
    REQUIRE(numbers.size() == wanted.size());
    size_t wrong = 0;
    for (size_t i = 0; i < wanted.size(); ++i) {
      const double value = double{wanted[i]} * factor;
      wrong += std::abs(numbers[i] - value) <= 0x1p-11 * std::abs(value) ? 0 : 1;
    }
    CHECK(wrong == 0);
    CHECK(file.Numbers("output_norm.weight")[7] == 1.0 / factor);
  }
}

TEST_CASE("without norms within linears it is the network whose rotary pairs are neighbours") {
  const GgufFolder folder;
  DecoderOptions o = GgufDecoder();
  o.config.norm_gain = true;
  o.config.tied_head = false;
  o.linear.quantiser.norm = NormKind::kNone;
  const ModelFile model = folder.Model(MakeDecoder(o));
  const GgufFile file = folder.Gguf(model, GgufType::kQ8_0);
  CHECK(file.Key<std::string>("general.architecture") == "llama");
  CHECK(file.Key<double>("llama.attention.layer_norm_rms_epsilon") == double{1e-5f});
  CHECK(file.tensors.contains("output.weight"));
  CHECK_FALSE(file.tensors.contains("blk.0.attn_sub_norm.weight"));
  CHECK_FALSE(file.tensors.contains("blk.0.attn_q.scale"));
  const std::vector<int8_t> qkv = TritsOf(model, "blocks.0.attention.qkv.weight");
  const double scale = double{FloatFromHalf(HalfFromFloat(ScaleOf(model, "blocks.0.attention.qkv.weight")))};
  const auto row_is = [&](const char* name, size_t row, size_t ours) {
    const std::vector<double> numbers = file.Numbers(name);
    for (size_t i = 0; i < 256; ++i) {
      if (numbers[row * 256 + i] != scale * qkv[ours * 256 + i]) return false;
    }
    return true;
  };
  CHECK(row_is("blk.0.attn_q.weight", 0, 0));
  CHECK(row_is("blk.0.attn_q.weight", 1, 32));
  CHECK(row_is("blk.0.attn_q.weight", 2, 1));
  CHECK(row_is("blk.0.attn_q.weight", 64, 64));
  CHECK(row_is("blk.0.attn_q.weight", 127, 127));
  CHECK(row_is("blk.0.attn_k.weight", 65, 256 + 64 + 32));
  CHECK(row_is("blk.0.attn_v.weight", 1, 385));
}

TEST_CASE("layer norm without gain is a network of its own, without tensors for norms") {
  const GgufFolder folder;
  DecoderOptions o = GgufDecoder();
  o.config.norm = NormKind::kLayer;
  o.linear.quantiser.norm = NormKind::kNone;
  const GgufFile file = folder.Gguf(folder.Model(MakeDecoder(o)));
  CHECK(file.Key<std::string>("general.architecture") == "olmo");
  CHECK(file.Key<double>("olmo.attention.layer_norm_epsilon") == double{1e-5f});
  CHECK(file.tensors.size() == 1 + 2 * 7);
}

TEST_CASE("the 16-bit network of a model stays 16-bit") {
  const GgufFolder folder;
  const ModelFile model = folder.Model(WithoutTernary(MakeDecoder(GgufDecoder()), true));
  const GgufFile file = folder.Gguf(model);
  CHECK(file.Key<uint64_t>("general.file_type") == 1);
  CHECK(file.tensors.at("blk.0.ffn_down.weight").type == 1);
  CHECK(file.tensors.contains("blk.0.ffn_sub_norm.weight"));
  CHECK_THROWS_WITH(folder.Gguf(model, GgufType::kTq2_0),
                    Catch::Contains("no ternary matrices") && Catch::Contains("f16"));
}

}  // namespace tritwise::test
