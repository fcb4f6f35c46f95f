// The tokenizer alone, with vocabularies made by hand. That it equals sentencepiece's is tested with the
// trainer, where that library is.
#include <catch2/catch.hpp>
#include <cstdio>
#include <limits>
#include <random>

#include "format/utf8.h"
#include "tests/format/tokenizers.h"

namespace tritwise {
namespace {

using Ids = std::vector<int32_t>;

void Add(Vocabulary* vocabulary, std::string piece, float score, PieceType type) {
  vocabulary->pieces.push_back(std::move(piece));
  vocabulary->scores.push_back(score);
  vocabulary->types.push_back(type);
}

// 0 unknown, 1 begin, 2 end; with bytes, byte b is 3 + b.
Vocabulary Special(bool with_bytes) {
  Vocabulary vocabulary;
  Add(&vocabulary, "<unk>", 0, PieceType::kUnknown);
  Add(&vocabulary, "<s>", 0, PieceType::kControl);
  Add(&vocabulary, "</s>", 0, PieceType::kControl);
  vocabulary.begin_id = 1;
  vocabulary.end_id = 2;
  for (int byte = 0; with_bytes && byte < 256; ++byte) {
    char piece[8];
    std::snprintf(piece, sizeof(piece), "<0x%02X>", byte);
    Add(&vocabulary, piece, 0, PieceType::kByte);
  }
  return vocabulary;
}

// Special pieces, then `pieces` with falling scores: the first is merged first.
Vocabulary Ranked(bool with_bytes, const std::vector<std::string>& pieces) {
  Vocabulary vocabulary = Special(with_bytes);
  for (size_t i = 0; i < pieces.size(); ++i) {
    Add(&vocabulary, pieces[i], -static_cast<float>(i), PieceType::kNormal);
  }
  return vocabulary;
}

constexpr int32_t kByte = 3;          // id of byte 0
constexpr int32_t kFirstPiece = 259;  // id of the first piece after special ones and bytes

Ids Bytes(std::string_view text) {
  Ids ids;
  for (const char byte : text) ids.push_back(kByte + static_cast<uint8_t>(byte));
  return ids;
}

std::string RandomBytes(std::mt19937* random, size_t size) {
  std::string text(size, '\0');
  for (char& byte : text) byte = static_cast<char>((*random)() & 0xFF);
  return text;
}

std::string Stream(const Tokenizer& tokenizer, const Ids& ids) {
  StreamDecoder decoder(tokenizer);
  std::string text;
  for (const int32_t id : ids) text += decoder.Push(id);
  return text + decoder.Finish();
}

TEST_CASE("The pair with the highest score is merged first") {
  const Tokenizer tokenizer = test::MakeTokenizer(Ranked(true, {"bc", "ab", "a", "b", "c"}));
  CHECK(tokenizer.Encode("abc") == Ids{kFirstPiece + 2, kFirstPiece});
}

TEST_CASE("The leftmost of equal pairs is merged first") {
  const Tokenizer tokenizer = test::MakeTokenizer(Ranked(true, {"aa", "a"}));
  CHECK(tokenizer.Encode("aaa") == Ids{kFirstPiece, kFirstPiece + 1});
}

TEST_CASE("Merged pieces are merged again") {
  const Tokenizer tokenizer = test::MakeTokenizer(Ranked(true, {"ab", "abab", "a", "b"}));
  CHECK(tokenizer.Encode("ababab") == Ids{kFirstPiece + 1, kFirstPiece});
}

TEST_CASE("Two characters that are no pieces alone can make one") {
  const Tokenizer tokenizer = test::MakeTokenizer(Ranked(true, {"xy"}));
  CHECK(tokenizer.Encode("xy") == Ids{kFirstPiece});
  CHECK(tokenizer.Encode("yx") == Bytes("yx"));
}

TEST_CASE("Pieces may cross spaces") {
  const Tokenizer tokenizer = test::MakeTokenizer(Ranked(true, {"a\u2581b", "a\u2581", "a", "b", "\u2581"}));
  CHECK(tokenizer.Encode("a b") == Ids{kFirstPiece});
  CHECK(tokenizer.Encode("a  b") == Ids{kFirstPiece + 1, kFirstPiece + 4, kFirstPiece + 3});
}

TEST_CASE("An unknown character becomes its bytes") {
  const Tokenizer tokenizer = test::MakeTokenizer(Ranked(true, {"a"}));
  CHECK(tokenizer.Encode("a\u20AC\n") == Ids{kFirstPiece, kByte + 0xE2, kByte + 0x82, kByte + 0xAC, kByte + 0x0A});
}

TEST_CASE("Without bytes a run of unknown characters becomes one unknown piece") {
  const Tokenizer tokenizer = test::MakeTokenizer(Ranked(false, {"a"}));
  CHECK(tokenizer.Encode("xyz") == Ids{0});
  CHECK(tokenizer.Encode("xy\xFFz\u20ACaxa") == Ids{0, 3, 0, 3});
}

TEST_CASE("Bytes that are not UTF-8 become their byte pieces") {
  const Tokenizer tokenizer = test::MakeTokenizer(Ranked(true, {"ab", "a", "b"}));
  for (const std::string text : {"\xFF", "\x80", "\xC0\x80", "\xED\xA0\x80", "\xF4\x90\x80\x80", "\xE2\x82"}) {
    CHECK(tokenizer.Encode(text) == Bytes(text));
    CHECK(tokenizer.Decode(tokenizer.Encode(text)) == text);
  }
  CHECK(tokenizer.Encode("a\377b") == Ids{kFirstPiece + 1, kByte + 0xFF, kFirstPiece + 2});
}

TEST_CASE("A text never becomes a control piece") {
  Vocabulary vocabulary = Ranked(true, {"<", "s", ">"});
  Add(&vocabulary, "%", 0, PieceType::kControl);
  const Tokenizer tokenizer = test::MakeTokenizer(vocabulary);
  CHECK(tokenizer.Encode("<s>") == Ids{kFirstPiece, kFirstPiece + 1, kFirstPiece + 2});
  CHECK(tokenizer.Encode("%") == Bytes("%"));
}

TEST_CASE("A text that reads like a byte piece is not one") {
  const Tokenizer tokenizer = test::MakeTokenizer(Special(true));
  CHECK(tokenizer.Encode("<0x41>") == Bytes("<0x41>"));
}

TEST_CASE("The space prefix is put before a text and taken away again") {
  Vocabulary vocabulary = Ranked(true, {"\u2581a", "\u2581", "a"});
  vocabulary.add_space_prefix = true;
  const Tokenizer tokenizer = test::MakeTokenizer(vocabulary);
  CHECK(tokenizer.Encode("a") == Ids{kFirstPiece});
  CHECK(tokenizer.Encode(" a") == Ids{kFirstPiece + 1, kFirstPiece});
  CHECK(tokenizer.Encode("").empty());
  for (const std::string text : {"a", " a", "  ", " ", "a a"}) {
    CHECK(tokenizer.Decode(tokenizer.Encode(text)) == text);
    CHECK(Stream(tokenizer, tokenizer.Encode(text)) == text);
  }
}

TEST_CASE("Begin does not hide the start of the text from the space prefix") {
  Vocabulary vocabulary = Ranked(true, {"\u2581a", "\u2581", "a"});
  vocabulary.add_space_prefix = true;
  const Tokenizer tokenizer = test::MakeTokenizer(vocabulary);
  CHECK(tokenizer.Decode(Ids{1, kFirstPiece, kFirstPiece}) == "a a");
  CHECK(tokenizer.Decode(Ids{kByte + 'x', kFirstPiece}) == "x a");
}

TEST_CASE("Decoding leaves out control pieces and marks ids that do not exist") {
  const Tokenizer tokenizer = test::MakeTokenizer(Ranked(true, {"a", "\u2581"}));
  CHECK(tokenizer.Decode(Ids{1, kFirstPiece, kFirstPiece + 1, kFirstPiece, 2}) == "a a");
  CHECK(tokenizer.Decode(Ids{-1, kFirstPiece, 1000000}) == "\uFFFDa\uFFFD");
  CHECK(tokenizer.Decode(Ids{0}) == " \u2047 ");
  CHECK(tokenizer.Decode(Ids{}).empty());
}

TEST_CASE("The special space character of a text comes back as a space") {
  const Tokenizer tokenizer = test::MakeTokenizer(Ranked(true, {"\u2581", "a"}));
  CHECK(tokenizer.Encode("a\u2581") == tokenizer.Encode("a "));
  CHECK(tokenizer.Decode(tokenizer.Encode("a\u2581")) == "a ");
}

TEST_CASE("A stream gives a character when its last byte is there") {
  const Tokenizer tokenizer = test::MakeTokenizer(Ranked(true, {"a"}));
  StreamDecoder decoder(tokenizer);
  CHECK(decoder.Push(kByte + 0xF0).empty());
  CHECK(decoder.Push(kByte + 0x9F).empty());
  CHECK(decoder.Push(kByte + 0x98).empty());
  CHECK(decoder.Push(kByte + 0x80) == "\U0001F600");
  CHECK(decoder.Push(kFirstPiece) == "a");
  CHECK(decoder.Finish().empty());
}

TEST_CASE("A stream replaces bytes that begin no character at once") {
  const Tokenizer tokenizer = test::MakeTokenizer(Ranked(true, {"a"}));
  StreamDecoder decoder(tokenizer);
  CHECK(decoder.Push(kByte + 0x80) == "\uFFFD");
  CHECK(decoder.Push(kByte + 0xE2).empty());
  CHECK(decoder.Push(kFirstPiece) == "\uFFFDa");
}

TEST_CASE("A stream that ends within a character gives replacement characters and is ready again") {
  const Tokenizer tokenizer = test::MakeTokenizer(Ranked(true, {"a"}));
  StreamDecoder decoder(tokenizer);
  CHECK(decoder.Push(kByte + 0xE2).empty());
  CHECK(decoder.Push(kByte + 0x82).empty());
  CHECK(decoder.Finish() == "\uFFFD\uFFFD");
  CHECK(decoder.Finish().empty());
  CHECK(decoder.Push(kFirstPiece) == "a");
}

TEST_CASE("Random bytes survive encoding and decoding") {
  const Tokenizer tokenizer = test::MakeTokenizer(Ranked(true, {"ab", "\u00E9", "a", "b", "\u2581a", "\u2581"}));
  std::mt19937 random(1);
  for (int i = 0; i < 2000; ++i) {
    const std::string text = RandomBytes(&random, random() % 40);
    // U+2581 comes back as a space; three random bytes hardly ever are one.
    if (text.find("\u2581") == std::string::npos) REQUIRE(tokenizer.Decode(tokenizer.Encode(text)) == text);
  }
}

TEST_CASE("Random ids give a stream of UTF-8 and never more than the whole text") {
  const Tokenizer tokenizer = test::MakeTokenizer(Ranked(true, {"ab", "\u00E9", "\u2581a"}));
  std::mt19937 random(2);
  for (int i = 0; i < 2000; ++i) {
    Ids ids(random() % 30);
    for (int32_t& id : ids) id = static_cast<int32_t>(random() % 270) - 4;
    const std::string text = Stream(tokenizer, ids);
    REQUIRE(FindInvalidUtf8(text) == std::string::npos);
    const std::string whole = tokenizer.Decode(ids);
    if (FindInvalidUtf8(whole) == std::string::npos) REQUIRE(text == whole);
  }
}

// An encoder that is quadratic in the length would not end before CTest's time limit.
TEST_CASE("A text of a megabyte that merges everywhere is encoded") {
  std::vector<std::string> pieces;
  for (size_t size = 2048; size >= 1; size /= 2) pieces.push_back(std::string(size, 'a'));
  std::reverse(pieces.begin(), pieces.end());
  const Tokenizer tokenizer = test::MakeTokenizer(Ranked(true, pieces));
  const std::string text(size_t{1} << 20, 'a');
  CHECK(tokenizer.Encode(text) == Ids(512, tokenizer.size() - 1));
}

TEST_CASE("A vocabulary that cannot be used is refused with what is wrong") {
  CHECK(test::TokenizerRefusal(Vocabulary()) == "vocabulary: no pieces");

  Vocabulary sizes = Ranked(true, {"a"});
  sizes.scores.pop_back();
  CHECK(test::TokenizerRefusal(sizes) == "vocabulary: 260 pieces, but 259 scores");

  CHECK(test::TokenizerRefusal(Ranked(true, {"a", ""})) == "vocabulary: piece 260 is empty");
  CHECK(test::TokenizerRefusal(Ranked(true, {"a\xFF"})) == "vocabulary: piece 259 is not UTF-8");
  CHECK(test::TokenizerRefusal(Ranked(true, {"a", "b", "a"})) == "vocabulary: pieces 259 and 261 are the same");
  CHECK(test::TokenizerRefusal(Ranked(true, {"<s>"})) == "vocabulary: pieces 1 and 259 are the same");
  CHECK(test::TokenizerRefusal(Ranked(true, {std::string(2049, 'a')})) ==
        "vocabulary: piece 259 is longer than 2048 bytes");

  Vocabulary score = Ranked(true, {"a"});
  score.scores.back() = std::numeric_limits<float>::quiet_NaN();
  CHECK(test::TokenizerRefusal(score) == "vocabulary: piece 259 has a score that is not finite");

  Vocabulary type = Ranked(true, {"a"});
  type.types.back() = static_cast<PieceType>(9);
  CHECK(test::TokenizerRefusal(type) == "vocabulary: piece 259 is of no type that a sentencepiece vocabulary has");
}

TEST_CASE("A vocabulary that cannot spell every text is refused") {
  Vocabulary none = Ranked(false, {"a"});
  none.types[0] = PieceType::kNormal;
  CHECK(test::TokenizerRefusal(none) == "vocabulary: neither an unknown piece nor the 256 bytes");

  Vocabulary some = Ranked(true, {"a"});
  some.types[static_cast<size_t>(kByte)] = PieceType::kNormal;
  CHECK(test::TokenizerRefusal(some) == "vocabulary: 255 of the 256 bytes have pieces; all or none");

  Vocabulary name = Ranked(true, {"0x41"});
  name.types.back() = PieceType::kByte;
  CHECK(test::TokenizerRefusal(name) ==
        "vocabulary: piece 259 has the type of a byte but is not written <0x00> to <0xFF>");

  Vocabulary two = Ranked(true, {"a"});
  two.types.back() = PieceType::kUnknown;
  CHECK(test::TokenizerRefusal(two) == "vocabulary: piece 259 is a second unknown piece");
}

TEST_CASE("Begin and end outside the vocabulary are refused") {
  Vocabulary begin = Ranked(true, {"a"});
  begin.begin_id = 260;
  CHECK(test::TokenizerRefusal(begin) == "vocabulary: begin or end is 260, outside its 260 pieces");
  Vocabulary end = Ranked(true, {"a"});
  end.end_id = -2;
  CHECK(test::TokenizerRefusal(end) == "vocabulary: begin or end is -2, outside its 260 pieces");
}

TEST_CASE("A tokenizer can be moved and knows its vocabulary") {
  Tokenizer first = test::MakeTokenizer(Ranked(true, {"a"}));
  const Tokenizer second = std::move(first);
  CHECK(second.size() == 260);
  CHECK(second.vocabulary().end_id == 2);
  CHECK(second.Encode("a") == Ids{kFirstPiece});
}

}  // namespace
}  // namespace tritwise
