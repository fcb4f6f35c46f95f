// Which tokens may follow is what trying each of them says, and what a network then writes is JSON.
#include "tritwise/json_mask.h"

#include <nlohmann/json.hpp>
#include <set>

#include "format/utf8.h"
#include "tests/runtime/fixture.h"
#include "tritwise/generate.h"

namespace tritwise::test {
namespace {

// Every byte, pairs and triples of what JSON is made of with and without spaces, long words, control pieces.
Vocabulary JsonVocabulary() {
  Vocabulary v;
  v.kind = VocabularyKind::kByteLevel;
  std::set<std::string> pieces;
  const auto add = [&](std::string piece, PieceType type) {
    if (!pieces.insert(piece).second) return;
    v.pieces.push_back(std::move(piece));
    v.types.push_back(type);
  };
  for (int byte = 0; byte < 256; ++byte) add(std::string(1, static_cast<char>(byte)), PieceType::kBytes);
  add("<end>", PieceType::kControl);
  add("<other>", PieceType::kControl);
  static const char* const kParts[] = {"{",    "}",  "[",      "]",        "\"",    ",",   ":",  " ",
                                       "\n",   "\\", "u00",    "1",        "-",     ".5",  "e1", "true",
                                       "null", "a",  "\u00E9", "\xF0\x9F", "\\uD8", "\x98"};
  for (const char* a : kParts) {
    for (const char* b : kParts) {
      add(std::string(a) + b, PieceType::kAdded);
      for (const char* c : kParts) add(std::string(a) + b + c, PieceType::kAdded);
    }
  }
  add(" a long word with more bytes than are kept, then a quote\"", PieceType::kAdded);
  add(" a long word with more bytes than are kept, then a quote\",\"", PieceType::kAdded);
  return v;
}

constexpr int32_t kEnd = 256;
constexpr float kRefused = -std::numeric_limits<float>::infinity();

TEST_CASE("the mask refuses exactly the tokens whose bytes could not follow") {
  const Tokenizer tokenizer = Must(Tokenizer::Make(JsonVocabulary()));
  const TokenBytes tokens(tokenizer);
  const std::vector<int32_t> ends = {kEnd};
  std::mt19937 random(1);
  for (int round = 0; round < 60; ++round) {
    JsonConstraint json;
    for (int step = 0; step < 40; ++step) {
      std::vector<float> logits(static_cast<size_t>(tokenizer.size()), 1.0f);
      const bool any = MaskLogits(tokens, json, ends, logits);
      std::vector<int32_t> allowed;
      for (int32_t id = 0; id < tokenizer.size(); ++id) {
        const std::string bytes = tokenizer.BytesOf(id);
        const bool expected = id == kEnd ? json.complete() : !bytes.empty() && json.Accepts(bytes);
        REQUIRE(logits[static_cast<size_t>(id)] == (expected ? 1.0f : kRefused));
        if (expected) allowed.push_back(id);
      }
      REQUIRE(any == !allowed.empty());
      const int32_t next = allowed[random() % allowed.size()];
      if (next == kEnd) break;
      REQUIRE(json.Advance(tokenizer.BytesOf(next)));
    }
  }
}

TEST_CASE("logits beyond the vocabulary are refused, and fewer than it are no harm") {
  const Tokenizer tokenizer = Must(Tokenizer::Make(JsonVocabulary()));
  const TokenBytes tokens(tokenizer);
  JsonConstraint json;
  for (const char* text : {"", "\"a", "[1"}) {
    JsonConstraint at = json;
    REQUIRE(at.Advance(text));
    std::vector<float> more(tokens.size() + 3, 1.0f);
    CHECK(MaskLogits(tokens, at, {}, more));
    CHECK(more.back() == kRefused);
    std::vector<float> fewer(130, 1.0f);
    CHECK(MaskLogits(tokens, at, {}, fewer));
  }
}

TEST_CASE("where nothing can follow and there is no end id, nothing is left") {
  const Tokenizer tokenizer = Must(Tokenizer::Make(JsonVocabulary()));
  const TokenBytes tokens(tokenizer);
  JsonConstraint json;
  REQUIRE(json.Advance("{}"));
  std::vector<float> logits(tokens.size(), 1.0f);
  CHECK_FALSE(MaskLogits(tokens, json, {}, logits));
  const std::vector<int32_t> ends = {kEnd};
  logits.assign(tokens.size(), 1.0f);
  CHECK(MaskLogits(tokens, json, ends, logits));
}

TEST_CASE("a network at temperature 1 writes JSON whenever its text ends of itself") {
  const Vocabulary vocabulary = [] {
    Vocabulary v = JsonVocabulary();
    v.end_id = kEnd;
    return v;
  }();
  DecoderOptions options;
  options.vocabulary = static_cast<int64_t>(vocabulary.pieces.size());
  options.context = 400;
  const auto model = RandomModel(MakeDecoder(options), vocabulary);
  const auto plan = MakePlan(model);
  const TokenBytes tokens(*model->tokenizer());
  int ended = 0;
  for (uint64_t seed = 0; seed < 40; ++seed) {
    const auto session = Must(Session::Make(*plan, {0, {.temperature = 1.0f, .seed = seed}}));
    const std::vector<int32_t> prompt = {'a'};
    const OutputRows output = Must(plan->Prefill(*session, prompt));
    std::string text;
    const GenerateOptions generate{.max_tokens = 300, .end_id = kEnd, .json = &tokens};
    const Generated result = Must(Generate(*plan, *session, output, generate, [&](int32_t id) {
      text += model->tokenizer()->BytesOf(id);
      return true;
    }));
    INFO(text);
    CHECK(JsonConstraint().Accepts(text));
    if (result.finish != FinishReason::kEnd) continue;
    ++ended;
    CHECK(nlohmann::json::accept(text));
  }
  CHECK(ended > 10);
}

TEST_CASE("a vocabulary that cannot write JSON is an error, not another text") {
  Vocabulary v;
  v.pieces = {"<unk>", "</s>", "a", "b"};
  v.scores = {0.0f, 0.0f, -1.0f, -2.0f};
  v.types = {PieceType::kUnknown, PieceType::kControl, PieceType::kNormal, PieceType::kNormal};
  v.end_id = 1;
  DecoderOptions options;
  options.vocabulary = 4;
  const auto model = RandomModel(MakeDecoder(options), v);
  const auto plan = MakePlan(model);
  const auto session = Must(Session::Make(*plan, {}));
  const TokenBytes tokens(*model->tokenizer());
  const std::vector<int32_t> prompt = {2};
  const OutputRows output = Must(plan->Prefill(*session, prompt));
  const auto result = Generate(*plan, *session, output, {.end_id = 1, .json = &tokens}, [](int32_t) { return true; });
  CHECK(result.status().code() == StatusCode::kUnsupported);
}

}  // namespace
}  // namespace tritwise::test
