#include "trainer/data/vocabulary.h"

#include <sentencepiece_trainer.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <fstream>
#include <functional>
#include <random>
#include <unordered_map>

#include "tests/support/temp_dir.h"
#include "trainer/error.h"

namespace tritwise {
namespace {

using test::TempDir;

// Words made of syllables, so that there is something to merge.
std::string Prose(size_t words, char separator = ' ') {
  const std::vector<std::string> syllables = {"tri", "ter", "na", "ry", "wei", "ghts", "mo", "del", "s", "qu"};
  std::mt19937 random(1);
  std::string text;
  for (size_t i = 0; i < words; ++i) {
    for (size_t parts = 1 + random() % 4; parts > 0; --parts) text += syllables[random() % syllables.size()];
    text += i % 12 == 11 ? '\n' : separator;
  }
  return text;
}

VocabularyOptions OfSize(int32_t size) {
  VocabularyOptions options;
  options.size = size;
  return options;
}

std::string Message(const std::function<void()>& action) {
  try {
    action();
  } catch (const Error& error) {
    return error.what();
  }
  return "accepted";
}

std::string TrainingRefusal(std::string_view text, const VocabularyOptions& options) {
  return Message([&] { TrainVocabulary(text, options); });
}

// A model as the library itself makes it from the lines of `text`.
std::string TheirModel(const std::string& text, std::unordered_map<std::string, std::string> more) {
  const TempDir folder;
  std::unordered_map<std::string, std::string> flags = {{"input", folder.Write("a.txt", text).string()},
                                                        {"model_prefix", (folder.path() / "m").string()},
                                                        {"model_type", "bpe"},
                                                        {"vocab_size", "350"},
                                                        {"normalization_rule_name", "identity"},
                                                        {"remove_extra_whitespaces", "false"},
                                                        {"add_dummy_prefix", "false"},
                                                        {"byte_fallback", "true"},
                                                        {"minloglevel", "3"}};
  for (auto& [name, value] : more) flags[name] = value;
  const auto status = sentencepiece::SentencePieceTrainer::Train(flags);
  INFO(status.ToString());
  REQUIRE(status.ok());
  std::ifstream stream(folder.path() / "m.model", std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), {}};
}

// What LoadSentencePiece says about these bytes, without the path in front.
std::string LoadRefusal(std::string_view model) {
  const TempDir folder;
  const auto path = folder.Write("a.model", model);
  const std::string message = Message([&] { LoadSentencePiece(path); });
  const std::string prefix = path.string() + ": ";
  return message.starts_with(prefix) ? message.substr(prefix.size()) : message;
}

TEST_CASE("A trained vocabulary has the size asked for with special pieces and bytes first") {
  const Vocabulary vocabulary = TrainVocabulary(Prose(3000), OfSize(350));
  REQUIRE(vocabulary.pieces.size() == 350);
  CHECK(vocabulary.types[0] == PieceType::kUnknown);
  CHECK(vocabulary.pieces[1] == "<s>");
  CHECK(vocabulary.begin_id == 1);
  CHECK(vocabulary.end_id == 2);
  CHECK(vocabulary.pieces[3] == "<0x00>");
  CHECK(vocabulary.types[258] == PieceType::kByte);
  CHECK(vocabulary.types[259] == PieceType::kNormal);
  CHECK_FALSE(vocabulary.add_space_prefix);
}

TEST_CASE("A trained vocabulary is the one that the library makes from the same lines") {
  const std::string text = Prose(3000);
  const TempDir folder;
  const Vocabulary theirs = LoadSentencePiece(folder.Write("a.model", TheirModel(text, {})));
  const Vocabulary ours = TrainVocabulary(text, OfSize(350));
  CHECK((ours.pieces == theirs.pieces));
  CHECK(ours.scores == theirs.scores);
  CHECK(ours.types == theirs.types);
}

TEST_CASE("Training is the same every time and with any number of threads") {
  const std::string text = Prose(3000);
  VocabularyOptions options = OfSize(350);
  const Vocabulary first = TrainVocabulary(text, options);
  for (const int threads : {1, 2, 7, 1000}) {
    options.threads = threads;
    CHECK((TrainVocabulary(text, options).pieces == first.pieces));
  }
}

TEST_CASE("Lines longer than a sentence count as much as short ones") {
  // The library alone would skip this line and find the text empty.
  std::string one_line;
  std::string lines;
  for (const char c : Prose(3000)) {
    one_line += c == '\n' ? ' ' : c;
    lines += c;
    if (c == '\n') lines += ' ';
  }
  CHECK((TrainVocabulary(one_line, OfSize(350)).pieces == TrainVocabulary(lines, OfSize(350)).pieces));
}

TEST_CASE("A text of one endless word can be learnt from") {
  std::string text;
  while (text.size() < 300000) text += "abcd\u20ACefg";
  const Vocabulary vocabulary = TrainVocabulary(text, OfSize(275));
  auto tokenizer = Tokenizer::Make(vocabulary);
  REQUIRE(tokenizer.ok());
  CHECK(tokenizer.value().Encode(text).size() < text.size() / 4);
}

TEST_CASE("Lines with the character that the library reserves are learnt from around it") {
  std::string text = Prose(3000);
  for (char& c : text) c = c == '\n' ? ' ' : c;
  const Vocabulary vocabulary = TrainVocabulary("\u2585" + text + "\u2585\u2585 end", OfSize(350));
  CHECK(vocabulary.pieces.size() == 350);
  for (const std::string& piece : vocabulary.pieces) CHECK(piece.find("\u2585") == std::string::npos);
}

TEST_CASE("Several documents are learnt from like one text of them") {
  const std::string text = Prose(3000);
  const size_t cut = text.find('\n', text.size() / 2) + 1;
  const std::vector<std::string> documents = {text.substr(0, cut), "", text.substr(cut)};
  CHECK((TrainVocabulary(documents, OfSize(350)).pieces == TrainVocabulary(text, OfSize(350)).pieces));
}

TEST_CASE("A text with nothing in it is refused") {
  CHECK(TrainingRefusal("", OfSize(300)) == "vocabulary: the text is empty");
  CHECK(TrainingRefusal("\n\n\n", OfSize(300)) == "vocabulary: the text is empty");
  CHECK(Message([] { TrainVocabulary(std::vector<std::string>(), OfSize(300)); }) == "vocabulary: the text is empty");
}

TEST_CASE("A size too large for the text is refused with the largest which then works") {
  const std::string text = Prose(30);
  const std::string message = TrainingRefusal(text, OfSize(5000));
  const std::string prefix = "vocabulary: size 5000 is too large for this text: the largest is ";
  REQUIRE(message.starts_with(prefix));
  const int32_t largest = std::stoi(message.substr(prefix.size()));
  CHECK(TrainingRefusal(text, OfSize(largest)) == "accepted");
  CHECK(TrainingRefusal(text, OfSize(largest + 1)) == "vocabulary: size " + std::to_string(largest + 1) +
                                                          " is too large for this text: the largest is " +
                                                          std::to_string(largest));
}

TEST_CASE("A size too small for the text is refused with the smallest which then works") {
  const std::string text = Prose(300);
  for (const int32_t size : {-1, 0, 2, 259}) {
    CHECK(TrainingRefusal(text, OfSize(size)) ==
          "vocabulary: size " + std::to_string(size) +
              " is too small: 256 bytes and 3 special pieces come first, then at least one character");
  }
  const std::string message = TrainingRefusal(text, OfSize(262));
  const std::string prefix = "vocabulary: size 262 is too small: this text needs at least ";
  REQUIRE(message.starts_with(prefix));
  const int32_t smallest = std::stoi(message.substr(prefix.size()));
  CHECK(TrainingRefusal(text, OfSize(smallest)) == "accepted");
  CHECK(TrainingRefusal(text, OfSize(smallest - 1)) != "accepted");
}

TEST_CASE("Texts with nothing to merge are refused or learnt from but never crash") {
  CHECK(TrainingRefusal("a", OfSize(260)) == "accepted");
  CHECK(TrainingRefusal("a", OfSize(300)) == "vocabulary: size 300 is too large for this text: the largest is 260");
  for (const std::string_view text : {std::string_view(" "), std::string_view("\t"), std::string_view("\0\0\0", 3),
                                      std::string_view("\u2585"), std::string_view("<s></s><unk>")}) {
    CHECK(TrainingRefusal(text, OfSize(300)).starts_with("vocabulary: "));
  }
}

TEST_CASE("A text that is not UTF-8 is refused with the offset") {
  CHECK(TrainingRefusal("abc\xFF", OfSize(300)) == "vocabulary: document 1 is not UTF-8 at byte 3");
}

TEST_CASE("Options out of range are refused") {
  VocabularyOptions options = OfSize(300);
  options.character_coverage = 0.5;
  CHECK(TrainingRefusal("abc", options) == "vocabulary: character coverage must be from 0.98 to 1");
  options = OfSize(300);
  options.threads = 0;
  CHECK(TrainingRefusal("abc", options) == "vocabulary: the number of threads must be 1 or more");
}

TEST_CASE("Full coverage gives every character a piece") {
  VocabularyOptions options = OfSize(350);
  const std::string text = Prose(3000) + "\u20AC";
  const auto has_euro = [](const Vocabulary& vocabulary) {
    return std::find(vocabulary.pieces.begin(), vocabulary.pieces.end(), "\u20AC") != vocabulary.pieces.end();
  };
  CHECK_FALSE(has_euro(TrainVocabulary(text, options)));
  options.character_coverage = 1;
  CHECK(has_euro(TrainVocabulary(text, options)));
}

TEST_CASE("Models that our tokenizer cannot reproduce are refused with what they are") {
  const std::string text = Prose(3000);
  const auto refusal = [&](std::unordered_map<std::string, std::string> flags) {
    return LoadRefusal(TheirModel(text, std::move(flags)));
  };
  CHECK(refusal({}) == "accepted");
  CHECK(refusal({{"model_type", "unigram"}}) ==
        "a unigram model; only byte-pair models (model_type=bpe) are supported");
  CHECK(refusal({{"model_type", "char"}}).starts_with("a character model; "));
  CHECK(refusal({{"normalization_rule_name", "nmt_nfkc"}}) ==
        "normalises text (nmt_nfkc); only models with normalization_rule_name=identity are supported");
  CHECK(refusal({{"remove_extra_whitespaces", "true"}}).starts_with("removes extra spaces; "));
  CHECK(refusal({{"treat_whitespace_as_suffix", "true"}}).starts_with("treats spaces as suffixes; "));
  CHECK(refusal({{"user_defined_symbols", "<user>"}}).starts_with("piece 3 is user-defined; "));
  CHECK(refusal({{"control_symbols", "%"}}).starts_with("piece 3 is a control piece of one character"));
  CHECK(refusal({{"byte_fallback", "false"}, {"vocab_size", "50"}, {"unk_surface", "?"}}) ==
        "has its own unk_surface, which is not supported");
}

TEST_CASE("Begin and end are found under whatever name and number") {
  const TempDir folder;
  const auto load = [&](std::unordered_map<std::string, std::string> flags) {
    return LoadSentencePiece(folder.Write("a.model", TheirModel(Prose(3000), std::move(flags))));
  };
  const Vocabulary named = load({{"bos_id", "2"}, {"bos_piece", "<go>"}, {"eos_id", "1"}, {"pad_id", "3"}});
  CHECK(named.begin_id == 2);
  CHECK(named.end_id == 1);
  const Vocabulary none = load({{"bos_id", "-1"}, {"eos_id", "-1"}});
  CHECK(none.begin_id == -1);
  CHECK(none.end_id == -1);
  CHECK(load({{"add_dummy_prefix", "true"}}).add_space_prefix);
}

TEST_CASE("A model file that is missing or something else is refused") {
  CHECK(Message([] { LoadSentencePiece("/nonexistent/a.model"); }) == "/nonexistent/a.model: no such file");
  CHECK(LoadRefusal("") == "not a sentencepiece model: it has no pieces");
  CHECK(LoadRefusal("This is a text.") == "not a sentencepiece model, or damaged");
}

TEST_CASE("A damaged model is refused or read but never crashes") {
  const std::string model = TheirModel(Prose(3000), {});
  for (size_t size = 0; size < model.size(); size += 37) {
    CHECK(LoadRefusal(std::string_view(model).substr(0, size)) != "accepted");
  }
  std::mt19937 random(1);
  for (int i = 0; i < 1000; ++i) {
    std::string damaged = model;
    for (int change = 0; change < 3; ++change) damaged[random() % damaged.size()] = static_cast<char>(random() & 0xFF);
    CHECK(LoadRefusal(damaged).find('\n') == std::string::npos);
  }
}

}  // namespace
}  // namespace tritwise
