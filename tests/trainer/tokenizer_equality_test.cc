// Our tokenizer against sentencepiece's own, with the models that library trains: same ids for the same
// text, same text for the same ids.
#include <sentencepiece_processor.h>
#include <sentencepiece_trainer.h>

#include <catch2/catch.hpp>
#include <cstdio>
#include <memory>
#include <random>
#include <unordered_map>

#include "format/tokenizer.h"
#include "tests/support/data.h"
#include "tests/support/temp_dir.h"
#include "trainer/data/corpus.h"
#include "trainer/data/vocabulary.h"

namespace tritwise {
namespace {

using Ids = std::vector<int32_t>;
using Flags = std::unordered_map<std::string, std::string>;

class Lines : public sentencepiece::SentenceIterator {
 public:
  explicit Lines(const std::vector<std::string>& lines) : lines_(lines) {}
  bool done() const override { return at_ == lines_.size(); }
  void Next() override { ++at_; }
  const std::string& value() const override { return lines_[at_]; }
  sentencepiece::util::Status status() const override { return {}; }

 private:
  const std::vector<std::string>& lines_;
  size_t at_ = 0;
};

// The King James Bible, a verse a line, without the references.
const std::vector<std::string>& Verses() {
  static const std::vector<std::string> verses = [] {
    std::vector<std::string> lines;
    std::FILE* pipe = popen("bible -f gen1:1-rev22:21", "r");
    REQUIRE(pipe != nullptr);
    std::string line;
    for (int c = std::fgetc(pipe); c != EOF; c = std::fgetc(pipe)) {
      if (c != '\n') {
        line.push_back(static_cast<char>(c));
        continue;
      }
      lines.push_back(line.substr(line.find(' ') + 1));
      line.clear();
    }
    REQUIRE(pclose(pipe) == 0);
    return lines;
  }();
  REQUIRE(verses.size() == 31102);
  return verses;
}

std::string Joined(const std::vector<std::string>& lines, char separator) {
  std::string text;
  for (const std::string& line : lines) (text += line) += separator;
  return text;
}

// The same model in both implementations.
struct Both {
  sentencepiece::SentencePieceProcessor theirs;
  std::unique_ptr<Tokenizer> ours;

  Both(const std::vector<std::string>& lines, const Flags& more) {
    Flags flags = {{"model_type", "bpe"},
                   {"normalization_rule_name", "identity"},
                   {"remove_extra_whitespaces", "false"},
                   {"add_dummy_prefix", "false"},
                   {"byte_fallback", "true"},
                   {"minloglevel", "3"}};
    for (const auto& [name, value] : more) flags[name] = value;
    std::string model;
    Lines iterator(lines);
    const auto status = sentencepiece::SentencePieceTrainer::Train(flags, &iterator, &model);
    INFO(status.ToString());
    REQUIRE(status.ok());
    REQUIRE(theirs.LoadFromSerializedProto(model).ok());
    const test::TempDir folder;
    auto tokenizer = Tokenizer::Make(LoadSentencePiece(folder.Write("a.model", model)));
    REQUIRE(tokenizer.ok());
    ours = std::make_unique<Tokenizer>(std::move(tokenizer).value());
  }

  // Encodes and decodes `text` with both.
  void Compare(std::string_view text) const {
    const Ids expected = theirs.EncodeAsIds(text);
    const Ids ids = ours->Encode(text);
    INFO("text: " << text.substr(0, 200));
    if (ids != expected) {
      const size_t at = static_cast<size_t>(
          std::mismatch(ids.begin(), ids.end(), expected.begin(), expected.end()).first - ids.begin());
      FAIL("ids differ from number " << at << " on");
    }
    if (ours->Decode(ids) != theirs.DecodeIds(expected)) FAIL("decoded texts differ");
  }
};

Flags Size(int size) { return {{"vocab_size", std::to_string(size)}}; }

// Trained on the whole Bible, without and with the space prefix.
const Both& Bible(bool add_space_prefix) {
  static const Both without(Verses(), {{"vocab_size", "2048"}});
  static const Both with(Verses(), {{"vocab_size", "2048"}, {"add_dummy_prefix", "true"}});
  return add_space_prefix ? with : without;
}

std::string RandomText(std::mt19937* random, const std::vector<std::string>& alphabet, size_t max_size) {
  std::string text;
  for (size_t size = (*random)() % (max_size + 1); size > 0; --size) text += alphabet[(*random)() % alphabet.size()];
  return text;
}

const std::vector<std::string> kOddTexts = {
    "",
    " ",
    "     ",
    "a",
    " a",
    "a ",
    "  two  spaces   three    ",
    "\n",
    "\n\n\n",
    "a\nb\r\nc\td\t\te \n f",
    "\t",
    std::string("a\0b\0", 4),
    "\x01\x02\x1B[0m\x7F",
    "<s> </s> <unk> <0x41> <0x0A>",
    "\u2581",
    "\u2581\u2581the\u2581 \u2581lord",
    "The Lord\u2019s \u201Cday\u201D \u2014 caf\u00E9 na\u00EFve",
    "\u0417\u0434\u0440\u0430\u0432\u0441\u0442\u0432\u0443\u0439, \u043C\u0438\u0440",
    "\u4F60\u597D\uFF0C\u4E16\u754C \u3053\u3093\u306B\u3061\u306F",
    "\u0627\u0644\u0633\u0644\u0627\u0645 \u05E9\u05DC\u05D5\u05DD \u0928\u092E\u0938\u094D\u0924\u0947",
    "\U0001F600\U0001F468\u200D\U0001F469\u200D\U0001F467 \U0001F1E9\U0001F1EA",
    "e\u0301 \u00A0 \u3000 \u200B \uFEFF \u2028 \u0085",
    "\u2585 \u2047 \uFFFD \uFFFE \uFFFF \U0010FFFF",
    "0123456789 3.14159 1e-10 0x1F",
    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
    "LORDLORDLORD thethethe andandand",
    "{\"json\": [1, 2, {\"a\": null}]}",
    "int main(void) {\n\treturn 0;  // done\n}\n",
};

TEST_CASE("Every verse of the Bible is encoded and decoded as sentencepiece does") {
  for (const bool prefix : {false, true}) {
    for (const std::string& verse : Verses()) Bible(prefix).Compare(verse);
  }
}

TEST_CASE("The whole Bible as one text is encoded and decoded as sentencepiece does") {
  for (const bool prefix : {false, true}) Bible(prefix).Compare(Joined(Verses(), '\n'));
}

TEST_CASE("The whole Bible as one line is encoded and decoded as sentencepiece does") {
  Bible(false).Compare(Joined(Verses(), ' '));
}

TEST_CASE("Shakespeare is encoded with the vocabulary of the Bible as sentencepiece does") {
  TRITWISE_NEEDS_DATA(root);
  const std::string text = ReadCorpus(root / "text" / "tinyshakespeare.txt").at(0);
  for (const bool prefix : {false, true}) Bible(prefix).Compare(text);
}

TEST_CASE("Odd texts are encoded and decoded as sentencepiece does") {
  for (const bool prefix : {false, true}) {
    for (const std::string& text : kOddTexts) Bible(prefix).Compare(text);
  }
}

TEST_CASE("Random texts are encoded and decoded as sentencepiece does") {
  const std::vector<std::string> alphabet = {"a", "e",    "t",  "h",      "th",     "e ", " ",  "  ",         "\n",
                                             ",", "LORD", "\t", "\u00E9", "\u4F60", "an", "nd", "\U0001F600", "\u2581"};
  std::mt19937 random(1);
  for (int i = 0; i < 20000; ++i) Bible(i % 2 == 0).Compare(RandomText(&random, alphabet, 60));
}

TEST_CASE("Vocabularies with many overlapping merges are used as sentencepiece does") {
  const std::vector<std::string> alphabet = {"a", "b", "a", "a", "c", " "};
  std::mt19937 random(2);
  std::vector<std::string> lines;
  for (int i = 0; i < 200; ++i) lines.push_back(RandomText(&random, alphabet, 80) + "a");
  for (const int size : {270, 300, 400}) {
    const Both both(lines, Size(size));
    for (int i = 0; i < 3000; ++i) both.Compare(RandomText(&random, alphabet, 100));
  }
}

TEST_CASE("Models whose pieces cross spaces are used as sentencepiece does") {
  const std::vector<std::string> lines(Verses().begin(), Verses().begin() + 1000);
  const Both crossing(lines, {{"vocab_size", "1000"}, {"split_by_whitespace", "false"}});
  const Both spaces({"a  b    c      d", "    x  y    z  ", "a    b  a  b    a  b"},
                    {{"vocab_size", "275"}, {"allow_whitespace_only_pieces", "true"}, {"hard_vocab_limit", "false"}});
  for (const std::string& text : kOddTexts) {
    crossing.Compare(text);
    spaces.Compare(text);
  }
  for (size_t i = 0; i < 3000; ++i) crossing.Compare(Verses()[i]);
  crossing.Compare(Joined(lines, ' '));
}

TEST_CASE("Models without bytes are used as sentencepiece does") {
  for (const char* prefix : {"false", "true"}) {
    const Both both(Verses(), {{"vocab_size", "500"}, {"byte_fallback", "false"}, {"add_dummy_prefix", prefix}});
    for (const std::string& text : kOddTexts) both.Compare(text);
  }
}

TEST_CASE("Models of other scripts are used as sentencepiece does") {
  std::mt19937 random(3);
  const std::vector<std::string> alphabet = {"\u4F60", "\u597D", "\u4E16", "\u754C", "\u3053", "\uFF0C", "\u0434",
                                             "\u0440", "\u0430", " ",      "\u0301", "\u00E9", "e",      "1"};
  std::vector<std::string> lines;
  for (int i = 0; i < 300; ++i) lines.push_back(RandomText(&random, alphabet, 50) + "e");
  const Both both(lines, Size(500));
  for (int i = 0; i < 3000; ++i) both.Compare(RandomText(&random, alphabet, 60));
}

TEST_CASE("Texts that are not UTF-8 differ from sentencepiece only in those bytes") {
  const Both& both = Bible(false);
  // There: U+FFFD for each such byte, so the byte is lost. Here: the byte.
  CHECK(both.theirs.DecodeIds(both.theirs.EncodeAsIds("the\xFF lord")) == "the\uFFFD lord");
  CHECK(both.ours->Decode(both.ours->Encode("the\xFF lord")) == "the\xFF lord");
  CHECK(both.ours->Encode("the\xFF lord").size() + 2 == both.theirs.EncodeAsIds("the\xFF lord").size());
}

TEST_CASE("Random ids are decoded by a stream as sentencepiece decodes them") {
  std::mt19937 random(4);
  for (int i = 0; i < 20000; ++i) {
    const Both& both = Bible(i % 2 == 0);
    Ids ids(random() % 20);
    // Half of them bytes, so that characters are made and broken. No control pieces: bytes on both sides of one
    // make a character here and none there.
    for (int32_t& id : ids) id = static_cast<int32_t>(3 + random() % (random() % 2 == 0 ? 256 : 2045));
    StreamDecoder decoder(*both.ours);
    std::string text;
    for (const int32_t id : ids) text += decoder.Push(id);
    text += decoder.Finish();
    REQUIRE(text == both.theirs.DecodeIds(ids));
  }
}

}  // namespace
}  // namespace tritwise
