// The byte-level tokenizer alone, with vocabularies made by hand. That it equals independent libraries on real text
// with real vocabularies is tested with the trainer, which reads those.
#include <catch2/catch.hpp>

#include "format/utf8.h"
#include "tests/format/tokenizers.h"

namespace tritwise {
namespace {

using Ids = std::vector<int32_t>;

constexpr int32_t kFirstMerge = 256;  // id of the first piece behind the bytes

int32_t Add(Vocabulary* v, std::string piece, PieceType type) {
  v->pieces.push_back(std::move(piece));
  v->types.push_back(type);
  return static_cast<int32_t>(v->pieces.size()) - 1;
}

// Byte b is id b. Each merge is of two pieces that exist by then, and makes the next id.
Vocabulary Bytes(const std::vector<std::pair<std::string, std::string>>& merges = {}) {
  Vocabulary v;
  v.kind = VocabularyKind::kByteLevel;
  for (int byte = 0; byte < 256; ++byte) Add(&v, std::string(1, static_cast<char>(byte)), PieceType::kBytes);
  const auto id = [&](const std::string& piece) {
    return static_cast<int32_t>(std::find(v.pieces.begin(), v.pieces.end(), piece) - v.pieces.begin());
  };
  for (const auto& [left, right] : merges) {
    v.merges.push_back({id(left), id(right)});
    if (id(left + right) == static_cast<int32_t>(v.pieces.size())) Add(&v, left + right, PieceType::kBytes);
  }
  return v;
}

Ids IdsOf(std::string_view bytes) {
  Ids ids;
  for (const char byte : bytes) ids.push_back(static_cast<uint8_t>(byte));
  return ids;
}

TEST_CASE("The first merge of the list is done first, wherever it is in the word") {
  CHECK(test::MakeTokenizer(Bytes({{"b", "c"}, {"a", "b"}})).Encode("abc") == Ids{'a', kFirstMerge});
  CHECK(test::MakeTokenizer(Bytes({{"a", "b"}, {"b", "c"}})).Encode("abc") == Ids{kFirstMerge, 'c'});
}

TEST_CASE("The leftmost of equal merges is done first, and what they make is merged again") {
  const Tokenizer tokenizer = test::MakeTokenizer(Bytes({{"a", "a"}, {"aa", "aa"}}));
  CHECK(tokenizer.Encode("aaa") == Ids{kFirstMerge, 'a'});
  CHECK(tokenizer.Encode("aaaaaaa") == Ids{kFirstMerge + 1, kFirstMerge, 'a'});
}

TEST_CASE("Two merges may make the same piece") {
  const Tokenizer tokenizer = test::MakeTokenizer(Bytes({{"a", "b"}, {"b", "c"}, {"ab", "c"}, {"a", "bc"}}));
  CHECK(tokenizer.size() == 259);
  CHECK(tokenizer.Encode("abc") == Ids{258});
}

TEST_CASE("No merge crosses the words of the split pattern") {
  Vocabulary v = Bytes({{"a", " "}, {" ", "b"}, {"1", "2"}, {"12", "3"}, {"123", "4"}});
  CHECK(test::MakeTokenizer(v).Encode("a b1234") == Ids{'a', kFirstMerge + 1, kFirstMerge + 4});
  v.split = SplitPattern::kDigitTriples;
  CHECK(test::MakeTokenizer(v).Encode("a b1234") == Ids{'a', kFirstMerge + 1, kFirstMerge + 3, '4'});
  v.split = SplitPattern::kSingleDigits;
  CHECK(test::MakeTokenizer(v).Encode("a b1234") == Ids{'a', kFirstMerge + 1, '1', '2', '3', '4'});
}

TEST_CASE("Whole words come first only where the vocabulary says so") {
  Vocabulary v = Bytes({{"a", "b"}});
  Add(&v, "abc", PieceType::kBytes);
  CHECK(test::MakeTokenizer(v).Encode("abc") == Ids{kFirstMerge, 'c'});
  v.whole_words_first = true;
  CHECK(test::MakeTokenizer(v).Encode("abc abc") == Ids{kFirstMerge + 1, ' ', kFirstMerge, 'c'});
}

TEST_CASE("Every byte comes back, UTF-8 or not") {
  const Tokenizer tokenizer = test::MakeTokenizer(Bytes({{"\xC3", "\xA9"}}));
  std::string all;
  for (int byte = 0; byte < 256; ++byte) all.push_back(static_cast<char>(byte));
  CHECK(tokenizer.Encode(all) == IdsOf(all));
  CHECK(tokenizer.Decode(tokenizer.Encode(all)) == all);
  CHECK(tokenizer.Encode("\u00E9\xC3\xFF") == Ids{kFirstMerge, 0xC3, 0xFF});
}

TEST_CASE("A byte that no UTF-8 holds and the vocabulary lacks becomes U+FFFD") {
  Vocabulary v = Bytes();
  v.types[0xFF] = v.types[0xC0] = PieceType::kUnused;
  const Tokenizer tokenizer = test::MakeTokenizer(v);
  CHECK(tokenizer.Decode(tokenizer.Encode("a\xFF\xC0\xFE")) == "a\uFFFD\uFFFD\xFE");
}

TEST_CASE("Text is normalised only where the vocabulary says so") {
  Vocabulary v = Bytes();
  CHECK(test::MakeTokenizer(v).Encode("e\u0301") == IdsOf("e\u0301"));
  v.nfc = true;
  CHECK(test::MakeTokenizer(v).Encode("e\u0301") == IdsOf("\u00E9"));
}

TEST_CASE("Added pieces are found in a text: the leftmost, of these the longest") {
  Vocabulary v = Bytes({{"a", "b"}});
  const int32_t x = Add(&v, "ba", PieceType::kAdded);
  const int32_t y = Add(&v, "bab", PieceType::kAdded);
  const Tokenizer tokenizer = test::MakeTokenizer(v);
  CHECK(tokenizer.Encode("abab") == Ids{'a', y});
  CHECK(tokenizer.Encode("abaab") == Ids{'a', x, kFirstMerge});
  CHECK(tokenizer.Decode(Ids{'a', y, x}) == "ababba");
}

TEST_CASE("Added pieces are found before or after normalising, as their type says") {
  Vocabulary v = Bytes();
  v.nfc = true;
  const int32_t before = Add(&v, "e\u0301", PieceType::kAdded);
  const int32_t after = Add(&v, "\u00E0", PieceType::kAddedNormalised);
  CHECK(test::MakeTokenizer(v).Encode("e\u0301a\u0300") == Ids{before, after});
}

TEST_CASE("Control pieces come out of a text only where that is asked for, and decode to nothing") {
  Vocabulary v = Bytes();
  const int32_t end = Add(&v, "<end>", PieceType::kControl);
  v.end_id = end;
  const Tokenizer tokenizer = test::MakeTokenizer(v);
  CHECK(tokenizer.Encode("a<end>") == IdsOf("a<end>"));
  CHECK(tokenizer.Encode("a<end>b<end", {.parse_special = true}) == Ids{'a', end, 'b', '<', 'e', 'n', 'd'});
  CHECK(tokenizer.Decode(Ids{'a', end, 'b'}) == "ab");
}

TEST_CASE("Control pieces of a sentencepiece vocabulary are found where that is asked for") {
  Vocabulary v;
  v.pieces = {"<unk>", "<s>", "\u2581a", "a", "\u2581"};
  v.scores = {0, 0, -1, -2, -3};
  v.types = {PieceType::kUnknown, PieceType::kControl, PieceType::kNormal, PieceType::kNormal, PieceType::kNormal};
  v.add_space_prefix = true;
  const Tokenizer tokenizer = test::MakeTokenizer(v);
  CHECK(tokenizer.Encode("a<s>a") == Ids{2, 0, 3});
  CHECK(tokenizer.Encode("a<s>a", {.parse_special = true}) == Ids{2, 1, 3});
}

TEST_CASE("Unused pieces are ids that no text gives and that stand for nothing") {
  Vocabulary v = Bytes();
  Add(&v, "zz", PieceType::kUnused);
  Add(&v, "", PieceType::kUnused);
  const Tokenizer tokenizer = test::MakeTokenizer(v);
  CHECK(tokenizer.Encode("zz") == IdsOf("zz"));
  CHECK(tokenizer.Decode(Ids{'a', 256, 257, 'b'}) == "ab");
}

TEST_CASE("A byte-level stream gives whole characters") {
  const Tokenizer tokenizer = test::MakeTokenizer(Bytes());
  StreamDecoder decoder(tokenizer);
  std::string text;
  for (const int32_t id : tokenizer.Encode("a\u20AC\U0001F600\xFF")) {
    text += decoder.Push(id);
    CHECK(FindInvalidUtf8(text) == std::string::npos);
  }
  CHECK(text + decoder.Finish() == "a\u20AC\U0001F600\uFFFD");
}

// An encoder that is quadratic in the length of a word would not end before CTest's time limit.
TEST_CASE("A word of a megabyte that merges everywhere is encoded") {
  std::vector<std::pair<std::string, std::string>> merges;
  for (std::string half = "a"; half.size() < 1024; half += half) merges.emplace_back(half, half);
  const Tokenizer tokenizer = test::MakeTokenizer(Bytes(merges));
  CHECK(tokenizer.Encode(std::string(size_t{1} << 20, 'a')) == Ids(1024, tokenizer.size() - 1));
}

TEST_CASE("A byte-level vocabulary that cannot be used is refused with what is wrong") {
  const auto changed = [](auto change) {
    Vocabulary v = Bytes({{"a", "b"}});
    change(v);
    return test::TokenizerRefusal(v);
  };
  CHECK(changed([](Vocabulary&) {}) == "accepted");
  CHECK(changed([](Vocabulary& v) { v.types.pop_back(); }) == "vocabulary: 257 pieces, but 256 types");
  CHECK(changed([](Vocabulary& v) { v.scores.resize(257); }) ==
        "vocabulary: scores or a space prefix beside byte-level pieces");
  CHECK(changed([](Vocabulary& v) { v.split = static_cast<SplitPattern>(9); }) ==
        "vocabulary: its split pattern is not known");
  CHECK(changed([](Vocabulary& v) { v.kind = static_cast<VocabularyKind>(2); }) == "vocabulary: is of no known kind");
  CHECK(changed([](Vocabulary& v) { v.types[256] = PieceType::kNormal; }) ==
        "vocabulary: piece 256 is of no type that a byte-level vocabulary has");
  CHECK(changed([](Vocabulary& v) { v.pieces[7] = "ab"; }) == "vocabulary: pieces 7 and 256 are the same");
  CHECK(changed([](Vocabulary& v) { v.types['z'] = PieceType::kUnused; }) == "vocabulary: byte 0x7A has no piece");
  CHECK(changed([](Vocabulary& v) { Add(&v, "", PieceType::kAdded); }) == "vocabulary: piece 257 is empty");
  CHECK(changed([](Vocabulary& v) { Add(&v, std::string(257, 'a'), PieceType::kControl); }) ==
        "vocabulary: piece 257 is longer than 256 bytes");
  CHECK(changed([](Vocabulary& v) { Add(&v, std::string(2049, 'a'), PieceType::kBytes); }) ==
        "vocabulary: piece 257 is longer than 2048 bytes");
  CHECK(changed([](Vocabulary& v) { v.end_id = 257; }) == "vocabulary: begin or end is 257, outside its 257 pieces");
}

TEST_CASE("Merges that make no sense are refused with their number") {
  const auto with = [](Merge merge) {
    Vocabulary v = Bytes({{"a", "b"}});
    Add(&v, "<end>", PieceType::kControl);
    v.merges.push_back(merge);
    return test::TokenizerRefusal(v);
  };
  CHECK(with({-1, 'b'}) == "vocabulary: merge 1 joins piece -1, which is not bytes");
  CHECK(with({'a', 258}) == "vocabulary: merge 1 joins piece 258, which is not bytes");
  CHECK(with({257, 'a'}) == "vocabulary: merge 1 joins piece 257, which is not bytes");
  CHECK(with({'a', 'c'}) == "vocabulary: merge 1 of pieces 97 and 99 makes no piece");
  CHECK(with({'a', 'b'}) == "vocabulary: merges 0 and 1 join the same pieces");
}

}  // namespace
}  // namespace tritwise
