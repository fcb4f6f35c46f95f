// Vocabularies as GGUF's keys. (That llama.cpp cuts texts as we do: tests/e2e/gguf.sh.)
#include "tests/tools/gguf/model.h"

namespace tritwise::test {
namespace {

using Catch::Contains;
using Texts = std::vector<std::string>;

Graph DecoderFor(const Vocabulary& vocabulary) {
  DecoderOptions o = GgufDecoder();
  o.config.layers = 1;
  o.vocabulary = static_cast<int64_t>(vocabulary.pieces.size());
  return MakeDecoder(o);
}

GgufFile GgufWith(const Vocabulary& vocabulary) {
  const GgufFolder folder;
  return folder.Gguf(folder.Model(DecoderFor(vocabulary), vocabulary));
}

// Every byte, "ab", an unused id, a control piece and one that is found in texts.
Vocabulary ByteLevel() {
  Vocabulary v;
  v.kind = VocabularyKind::kByteLevel;
  const auto add = [&](std::string piece, PieceType type) {
    v.pieces.push_back(std::move(piece));
    v.types.push_back(type);
  };
  for (int byte = 0; byte < 256; ++byte) add(std::string(1, static_cast<char>(byte)), PieceType::kBytes);
  add("ab", PieceType::kBytes);
  add("", PieceType::kUnused);
  add("<|end|>", PieceType::kControl);
  add("\u00A0\u00A0", PieceType::kAdded);
  v.merges = {{'a', 'b'}};
  v.end_id = 258;
  return v;
}

}  // namespace

TEST_CASE("a sentencepiece vocabulary keeps pieces, scores and types") {
  Vocabulary v = ByteVocabulary(true);
  v.add_space_prefix = true;
  const GgufFile file = GgufWith(v);
  CHECK(file.Key<std::string>("tokenizer.ggml.model") == "llama");
  CHECK(file.Key<Texts>("tokenizer.ggml.tokens") == v.pieces);
  CHECK(file.Key<std::vector<double>>("tokenizer.ggml.scores")[290] == double{v.scores[290]});
  const auto& types = file.Key<std::vector<double>>("tokenizer.ggml.token_type");
  CHECK(std::vector<double>(types.begin(), types.begin() + 4) == std::vector<double>{2, 3, 3, 6});
  CHECK(types[259] == 1);
  CHECK(file.Key<uint64_t>("tokenizer.ggml.bos_token_id") == 1);
  CHECK(file.Key<uint64_t>("tokenizer.ggml.eos_token_id") == 2);
  CHECK(file.Key<uint64_t>("tokenizer.ggml.unknown_token_id") == 0);
  CHECK(file.Key<bool>("tokenizer.ggml.add_bos_token"));
  CHECK(file.Key<bool>("tokenizer.ggml.add_space_prefix"));
}

TEST_CASE("no begin stands before texts where the vocabulary has none") {
  const GgufFile file = GgufWith(ByteVocabulary(false));
  CHECK_FALSE(file.keys.contains("tokenizer.ggml.bos_token_id"));
  CHECK_FALSE(file.Key<bool>("tokenizer.ggml.add_bos_token"));
  CHECK_FALSE(file.Key<bool>("tokenizer.ggml.add_space_prefix"));
}

TEST_CASE("a byte-level vocabulary is spelled in letters, and its merges in words") {
  const GgufFile file = GgufWith(ByteLevel());
  CHECK(file.Key<std::string>("tokenizer.ggml.model") == "gpt2");
  CHECK(file.Key<std::string>("tokenizer.ggml.pre") == "gpt-2");
  const Texts& pieces = file.Key<Texts>("tokenizer.ggml.tokens");
  CHECK(pieces['a'] == "a");
  CHECK(pieces[' '] == "\u0120");
  CHECK(pieces[256] == "ab");
  CHECK(pieces[257] == "[UNUSED257]");
  CHECK(pieces[258] == "<|end|>");
  CHECK(pieces[259] == "\u00A0\u00A0");
  const auto& types = file.Key<std::vector<double>>("tokenizer.ggml.token_type");
  CHECK(std::vector<double>(types.begin() + 255, types.end()) == std::vector<double>{1, 1, 5, 3, 4});
  CHECK(file.Key<Texts>("tokenizer.ggml.merges") == Texts{"a b"});
}

TEST_CASE("each way of cutting a text has its name") {
  const auto name = [](SplitPattern split, bool whole_words_first) {
    Vocabulary v = ByteLevel();
    v.split = split;
    v.whole_words_first = whole_words_first;
    return GgufWith(v).Key<std::string>("tokenizer.ggml.pre");
  };
  CHECK(name(SplitPattern::kDigitTriples, true) == "llama-bpe");
  CHECK(name(SplitPattern::kDigitTriples, false) == "dbrx");
  CHECK(name(SplitPattern::kSingleDigits, false) == "qwen2");
  CHECK_THROWS_WITH(name(SplitPattern::kSingleDigits, true), Contains("whole words first"));
}

TEST_CASE("what llama.cpp does otherwise with texts is said") {
  const GgufFolder folder;
  Vocabulary v = ByteLevel();
  v.nfc = true;
  v.end_id = -1;
  const std::vector<std::string> lines = WriteGguf(folder.Model(DecoderFor(v), v), folder / "m.gguf", {});
  REQUIRE(lines.size() == 2);
  CHECK_THAT(lines[0], Contains("no end"));
  CHECK_THAT(lines[1], Contains("NFC"));
}

TEST_CASE("a vocabulary without bytes is refused, and none at all becomes numbers") {
  Vocabulary v = ByteVocabulary(false);
  for (size_t i = 0; i < v.pieces.size(); ++i) {
    if (v.types[i] == PieceType::kByte) {
      v.types[i] = PieceType::kNormal;
      v.pieces[i] = "x" + std::to_string(i);
    }
  }
  CHECK_THAT(GgufFolder().Refusal(DecoderFor(v), v), Contains("without bytes"));

  const GgufFolder folder;
  const ModelFile model = folder.Model(MakeDecoder(GgufDecoder()));
  CHECK(WriteGguf(model, folder / "m.gguf", {}).size() == 1);
  const GgufFile file = ReadGguf(folder / "m.gguf");
  CHECK(file.Key<Texts>("tokenizer.ggml.tokens").size() == 150);
  CHECK(file.Key<Texts>("tokenizer.ggml.tokens")[149] == "[149]");
}

}  // namespace tritwise::test
