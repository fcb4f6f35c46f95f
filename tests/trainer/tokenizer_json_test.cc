// Reading tokenizer.json: small files made by hand, whole or with one thing in them that we do not have.
#include "trainer/data/tokenizer_json.h"

#include <catch2/catch.hpp>
#include <functional>
#include <nlohmann/json.hpp>

#include "format/text/split.h"
#include "format/tokenizer.h"
#include "tests/support/temp_dir.h"
#include "trainer/data/byte_alphabet.h"
#include "trainer/data/tokenizer_json_writer.h"
#include "trainer/data/vocabulary.h"
#include "trainer/error.h"

namespace tritwise {
namespace {

using Ids = std::vector<int32_t>;
using Json = nlohmann::ordered_json;

// All bytes as ids 0 to 255, "ab" 256, "abc" 257, " a" 258; an added token 259 and special ones 260 and 261.
Json Small() {
  Json vocab = Json::object();
  for (int byte = 0; byte < 256; ++byte) vocab[SpellingOfBytes(std::string(1, static_cast<char>(byte)))] = byte;
  vocab["ab"] = 256;
  vocab["abc"] = 257;
  vocab["\u0120a"] = 258;
  const auto added = [](int id, const char* content, bool special) {
    return Json{{"id", id},        {"content", content},  {"single_word", false}, {"lstrip", false},
                {"rstrip", false}, {"normalized", false}, {"special", special}};
  };
  return {
      {"version", "1.0"},
      {"truncation", nullptr},
      {"added_tokens", {added(259, "[X]", false), added(260, "<|endoftext|>", true), added(261, "<|begin|>", true)}},
      {"normalizer", nullptr},
      {"pre_tokenizer", {{"type", "ByteLevel"}, {"add_prefix_space", false}, {"use_regex", true}}},
      {"post_processor", {{"type", "ByteLevel"}}},
      {"decoder", {{"type", "ByteLevel"}}},
      {"model",
       {{"type", "BPE"},
        {"dropout", nullptr},
        {"unk_token", nullptr},
        {"continuing_subword_prefix", ""},
        {"vocab", vocab},
        {"merges", {"a b", "ab c", "\u0120 a"}}}}};
}

Vocabulary Read(const std::function<void(Json&)>& change = [](Json&) {}) {
  Json json = Small();
  change(json);
  return VocabularyFromTokenizerJson(json.dump(), "t");
}

std::string Refusal(const std::function<void(Json&)>& change) {
  try {
    Read(change);
  } catch (const Error& error) {
    return error.what();
  }
  return "accepted";
}

Ids Encode(Vocabulary vocabulary, std::string_view text, bool parse_special = false) {
  Result<Tokenizer> tokenizer = Tokenizer::Make(std::move(vocabulary));
  if (!tokenizer.ok()) FAIL(tokenizer.status().message());
  return tokenizer.value().Encode(text, {.parse_special = parse_special});
}

TEST_CASE("A small tokenizer.json is read and encodes") {
  const Vocabulary vocabulary = Read();
  CHECK(vocabulary.kind == VocabularyKind::kByteLevel);
  CHECK(vocabulary.pieces.size() == 262);
  CHECK(vocabulary.end_id == 260);
  CHECK(vocabulary.begin_id == -1);
  CHECK(Encode(vocabulary, "abc a[X]") == Ids{257, 258, 259});
  CHECK(Encode(vocabulary, "abab<|endoftext|>", true) == Ids{256, 256, 260});
}

TEST_CASE("Merges may be written as lists of two") {
  const Vocabulary vocabulary = Read([](Json& j) {
    j["model"]["merges"] = Json::array({Json::array({"a", "b"}), Json::array({"ab", "c"})});
  });
  CHECK(Encode(vocabulary, "abc") == Ids{257});
}

TEST_CASE("A piece that is put in front of every text is the begin id") {
  const Json single = {{{"SpecialToken", {{"id", "<|begin|>"}, {"type_id", 0}}}}, {{"Sequence", {{"id", "A"}}}}};
  const Vocabulary vocabulary = Read([&](Json& j) {
    j["post_processor"] = {
        {"type", "Sequence"},
        {"processors", {{{"type", "ByteLevel"}}, {{"type", "TemplateProcessing"}, {"single", single}}}}};
  });
  CHECK(vocabulary.begin_id == 261);
  CHECK(VocabularyFromTokenizerJson(TokenizerJson(vocabulary), "again").begin_id == 261);
}

TEST_CASE("Two pieces that a tokenizer.json would spell alike are not written") {
  Vocabulary vocabulary = Read();
  vocabulary.pieces[259] = "ab";
  CHECK_THROWS_WITH(TokenizerJson(vocabulary), "vocabulary: two pieces would be written as \"ab\"");
}

TEST_CASE("Every split pattern of ours is known by its regular expression") {
  for (const SplitPattern pattern :
       {SplitPattern::kPlainRuns, SplitPattern::kDigitTriples, SplitPattern::kSingleDigits}) {
    const Json split = {
        {"type", "Split"}, {"pattern", {{"Regex", SplitRegex(pattern)}}}, {"behavior", "Isolated"}, {"invert", false}};
    const Vocabulary vocabulary = Read([&](Json& j) {
      j["pre_tokenizer"] = {{"type", "Sequence"},
                            {"pretokenizers", {split, {{"type", "ByteLevel"}, {"use_regex", false}}}}};
    });
    CHECK(vocabulary.split == pattern);
  }
}

TEST_CASE("ignore_merges takes whole words first") {
  const Vocabulary vocabulary = Read([](Json& j) {
    j["model"]["ignore_merges"] = true;
    j["model"]["merges"] = {"a b"};
  });
  CHECK(Encode(vocabulary, "abc") == Ids{257});
  CHECK(Encode(vocabulary, "abcd") == Ids{256, 'c', 'd'});
}

TEST_CASE("Ids that the file leaves out are unused pieces") {
  const Vocabulary vocabulary = Read([](Json& j) { j["added_tokens"][2]["id"] = 264; });
  CHECK(vocabulary.pieces.size() == 265);
  CHECK(vocabulary.types[262] == PieceType::kUnused);
}

TEST_CASE("NFC is read, alone and in a sequence") {
  CHECK(Read([](Json& j) { j["normalizer"] = {{"type", "NFC"}}; }).nfc);
  CHECK(Read([](Json& j) {
          j["normalizer"] = {{"type", "Sequence"}, {"normalizers", Json::array({Json{{"type", "NFC"}}})}};
        }).nfc);
}

TEST_CASE("What our tokenizer does not have is refused with what was found") {
  CHECK(Refusal([](Json& j) { j["model"]["type"] = "Unigram"; }) == "t: model.type is not supported: \"Unigram\"");
  CHECK(Refusal([](Json& j) { j["model"]["dropout"] = 0.1; }) == "t: model.dropout is not supported: 0.1");
  CHECK(Refusal([](Json& j) { j["model"]["end_of_word_suffix"] = "</w>"; }) ==
        "t: model.end_of_word_suffix is not supported: \"</w>\"");
  CHECK(Refusal([](Json& j) {
          j["normalizer"] = {{"type", "Lowercase"}};
        }) == "t: normalizer is not supported: {\"type\":\"Lowercase\"}");
  CHECK(Refusal([](Json& j) {
          j["decoder"] = {{"type", "WordPiece"}};
        }) == "t: decoder is not supported: {\"type\":\"WordPiece\"}");
  CHECK_THAT(Refusal([](Json& j) {
               j["pre_tokenizer"] = {{"type", "Whitespace"}};
             }),
             Catch::StartsWith("t: pre_tokenizer is not supported: "));
  CHECK_THAT(Refusal([](Json& j) { j["pre_tokenizer"]["add_prefix_space"] = true; }),
             Catch::StartsWith("t: pre_tokenizer is not supported: "));
  CHECK_THAT(Refusal([](Json& j) { j["added_tokens"][0]["lstrip"] = true; }),
             Catch::StartsWith("t: added token 259 is not supported: "));
  CHECK_THAT(Refusal([](Json& j) { j["added_tokens"][0]["single_word"] = true; }),
             Catch::StartsWith("t: added token 259 is not supported: "));
  CHECK_THAT(Refusal([](Json& j) {
               j["post_processor"] = {{"type", "BertProcessing"}};
             }),
             Catch::StartsWith("t: post_processor is not supported: "));
}

TEST_CASE("A split by another regular expression is refused with that") {
  const std::string line = Refusal([](Json& j) {
    j["pre_tokenizer"] = {
        {"type", "Sequence"},
        {"pretokenizers",
         {{{"type", "Split"}, {"pattern", {{"Regex", "\\d"}}}, {"behavior", "Isolated"}, {"invert", false}},
          {{"type", "ByteLevel"}, {"use_regex", false}}}}};
  });
  CHECK_THAT(line, Catch::StartsWith("t: pre_tokenizer is not supported: ") && Catch::Contains("\\\\d"));
}

TEST_CASE("A tokenizer.json that contradicts itself is refused with where") {
  CHECK(Refusal([](Json& j) { j["model"]["merges"].push_back("a x"); }) ==
        "t: vocabulary: merge 3 of pieces 97 and 120 makes no piece");
  CHECK(Refusal([](Json& j) { j["model"]["merges"].push_back("a xyz"); }) ==
        "t: merge 3 joins a piece that is not in the vocabulary");
  CHECK(Refusal([](Json& j) { j["model"]["merges"].push_back("a b"); }) ==
        "t: vocabulary: merges 0 and 3 join the same pieces");
  CHECK(Refusal([](Json& j) { j["model"]["merges"].push_back(7); }) == "t: merge 3 is not two pieces");
  CHECK(Refusal([](Json& j) { j["model"]["vocab"].erase("a"); }) ==
        "t: merge 0 joins a piece that is not in the vocabulary");
  CHECK(Refusal([](Json& j) { j["model"]["vocab"].erase("z"); }) == "t: vocabulary: byte 0x7A has no piece");
  CHECK(Refusal([](Json& j) { j["model"]["vocab"]["new"] = 5; }) == "t: id 5 belongs to two pieces");
  CHECK(Refusal([](Json& j) { j["model"]["vocab"]["new"] = -5; }) == "t: piece \"new\" has no id from 0 to 1048575");
  CHECK(Refusal([](Json& j) { j["model"]["vocab"]["a\u4F60"] = 300; }) ==
        "t: piece 300 is not spelled in the byte-level alphabet");
  CHECK(Refusal([](Json& j) { j.erase("model"); }) == "t: not a tokenizer.json: it has no model");
}

TEST_CASE("What is not JSON is refused") {
  CHECK_THROWS_WITH(VocabularyFromTokenizerJson("{\"model\": ", "t"), "t: not JSON, or damaged");
  CHECK_THROWS_WITH(VocabularyFromTokenizerJson("[1]", "t"), "t: not a tokenizer.json: it has no model");
}

TEST_CASE("A vocabulary is loaded from a tokenizer.json by its name or its first byte") {
  const test::TempDir folder;
  CHECK(LoadVocabulary(folder.Write("tokenizer.json", Small().dump())).kind == VocabularyKind::kByteLevel);
  CHECK(LoadVocabulary(folder.Write("other", Small().dump())).kind == VocabularyKind::kByteLevel);
  CHECK_THROWS_WITH(LoadVocabulary(folder.Write("text", "abc")), Catch::Contains("not a sentencepiece model"));
}

}  // namespace
}  // namespace tritwise
