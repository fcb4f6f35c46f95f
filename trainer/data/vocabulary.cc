#include "trainer/data/vocabulary.h"

#include <sentencepiece_trainer.h>

#include <algorithm>
#include <cctype>
#include <cstdlib>
#include <unordered_map>
#include <vector>

#include "format/utf8.h"
#include "trainer/data/read_file.h"
#include "trainer/data/sentencepiece_model.h"
#include "trainer/data/tokenizer_json.h"
#include "trainer/error.h"

namespace tritwise {
namespace {

// Longer sentences are skipped by the trainer without an error, and words of more than 32,767 characters
// overflow in it, so long lines are cut at this length. A cut before a space changes nothing: words begin
// there anyway.
constexpr size_t kMaxSentenceBytes = 4096;
// The trainer's mark for rare characters; it skips any sentence that holds one, without an error.
constexpr std::string_view kReserved = "\xE2\x96\x85";  // U+2585

constexpr int32_t kSpecialPieces = 3 + 256;

// Gives the trainer the documents line by line.
class Sentences : public sentencepiece::SentenceIterator {
 public:
  explicit Sentences(std::span<const std::string_view> documents) : documents_(documents) { Next(); }

  bool done() const override { return done_; }
  const std::string& value() const override { return value_; }
  sentencepiece::util::Status status() const override { return {}; }

  void Next() override {
    do {
      while (rest_.empty()) {
        if (next_document_ == documents_.size()) {
          done_ = true;
          return;
        }
        rest_ = documents_[next_document_++];
      }
      TakeSentence();
    } while (value_.empty());
  }

 private:
  void TakeSentence() {
    const std::string_view window = rest_.substr(0, kMaxSentenceBytes);
    size_t skipped = 0;
    size_t end = window.find('\n');
    if (end != window.npos) skipped = 1;
    if (const size_t reserved = window.substr(0, end).find(kReserved); reserved != window.npos) {
      end = reserved;
      skipped = kReserved.size();
    }
    if (end == window.npos) end = window.size() == rest_.size() ? rest_.size() : Cut(window.size());
    value_ = window.substr(0, end);
    rest_.remove_prefix(end + skipped);
  }

  // Where to end a sentence of at most `size` bytes, less than there are.
  size_t Cut(size_t size) const {
    if (rest_[size] == ' ' || rest_[size] == '\n') return size;
    const size_t space = rest_.substr(0, size).rfind(' ');
    if (space != rest_.npos && space > 0) return space;
    while ((static_cast<uint8_t>(rest_[size]) & 0xC0) == 0x80) --size;
    return size;
  }

  std::span<const std::string_view> documents_;
  size_t next_document_ = 0;
  std::string_view rest_;
  std::string value_;
  bool done_ = false;
};

// sentencepiece's own message on one line, or ours where we know what it is about.
[[noreturn]] void ThrowTrainingError(std::string message, int32_t size) {
  if (message.find("required_chars") != message.npos) {
    const size_t versus = message.find(" vs ");
    const long needed = versus == message.npos ? 0 : std::strtol(message.c_str() + versus + 4, nullptr, 10);
    if (needed > 0) {
      throw Error("vocabulary: size " + std::to_string(size) + " is too small: this text needs at least " +
                  std::to_string(needed) + " for its characters, 256 bytes and 3 special pieces");
    }
  }
  std::replace_if(
      message.begin(), message.end(), [](unsigned char c) { return std::iscntrl(c) != 0; }, ' ');
  throw Error("vocabulary: sentencepiece: " + message);
}

void Check(std::span<const std::string_view> documents, const VocabularyOptions& options) {
  if (options.size <= kSpecialPieces) {
    throw Error("vocabulary: size " + std::to_string(options.size) +
                " is too small: 256 bytes and 3 special pieces come first, then at least one character");
  }
  if (!(options.character_coverage >= 0.98 && options.character_coverage <= 1)) {
    throw Error("vocabulary: character coverage must be from 0.98 to 1");
  }
  if (options.threads < 1) throw Error("vocabulary: the number of threads must be 1 or more");
  for (size_t i = 0; i < documents.size(); ++i) {
    if (const size_t at = FindInvalidUtf8(documents[i]); at != std::string_view::npos) {
      throw Error("vocabulary: document " + std::to_string(i + 1) + " is not UTF-8 at byte " + std::to_string(at));
    }
  }
}

Vocabulary Train(std::span<const std::string_view> documents, const VocabularyOptions& options) {
  Check(documents, options);
  Sentences sentences(documents);
  if (sentences.done()) throw Error("vocabulary: the text is empty");

  // A size that cannot be reached is not an error for the library here, so that we learn how far it gets.
  const std::unordered_map<std::string, std::string> flags = {
      {"model_type", "bpe"},
      {"vocab_size", std::to_string(options.size)},
      {"hard_vocab_limit", "false"},
      {"character_coverage", std::to_string(options.character_coverage)},
      {"num_threads", std::to_string(std::min(options.threads, 128))},
      {"max_sentence_length", std::to_string(kMaxSentenceBytes)},
      {"normalization_rule_name", "identity"},
      {"remove_extra_whitespaces", "false"},
      {"add_dummy_prefix", "false"},
      {"byte_fallback", "true"},
      {"minloglevel", "3"},
  };
  std::string model;
  const auto status = sentencepiece::SentencePieceTrainer::Train(flags, &sentences, &model);
  if (!status.ok()) ThrowTrainingError(status.message(), options.size);

  Vocabulary vocabulary = VocabularyFromSentencePiece(model, "vocabulary");
  if (vocabulary.pieces.size() != static_cast<size_t>(options.size)) {
    throw Error("vocabulary: size " + std::to_string(options.size) + " is too large for this text: the largest is " +
                std::to_string(vocabulary.pieces.size()));
  }
  return vocabulary;
}

}  // namespace

Vocabulary TrainVocabulary(std::span<const std::string> documents, const VocabularyOptions& options) {
  return Train(std::vector<std::string_view>(documents.begin(), documents.end()), options);
}

Vocabulary TrainVocabulary(std::string_view text, const VocabularyOptions& options) {
  return Train(std::span(&text, 1), options);
}

Vocabulary LoadSentencePiece(const std::filesystem::path& path) {
  return VocabularyFromSentencePiece(ReadFile(path), path.string());
}

Vocabulary LoadVocabulary(const std::filesystem::path& path) {
  const std::string bytes = ReadFile(path);
  if (bytes.starts_with('{') || path.extension() == ".json") {
    return VocabularyFromTokenizerJson(bytes, path.string());
  }
  return VocabularyFromSentencePiece(bytes, path.string());
}

}  // namespace tritwise
