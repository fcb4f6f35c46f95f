// Text to token ids and back, from the vocabulary that the model file carries.
//
// Implements the byte-pair models that sentencepiece trains with identity normalisation: the text is
// split into characters, and the adjacent pair whose joined piece has the highest score is merged, the
// leftmost of equals first, until none is left; what is not in the vocabulary becomes its UTF-8 bytes.
// The result equals sentencepiece's own (a test holds it to that over a whole corpus). No library: the
// device has none. Not a trainer of vocabularies.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "format/status.h"

namespace tritwise {

enum class PieceType : uint8_t { kNormal = 0, kUnknown = 1, kControl = 2, kByte = 3 };

// The vocabulary as data: what a file stores. Index = token id.
struct Vocabulary {
  std::vector<std::string> pieces;  // UTF-8; a space is written as U+2581
  std::vector<float> scores;
  std::vector<PieceType> types;
  int32_t begin_id = -1;  // put before a text where the model wants one; -1: none
  int32_t end_id = -1;    // generation stops here; -1: none
  bool add_space_prefix = false;  // sentencepiece's add_dummy_prefix

  bool empty() const { return pieces.empty(); }
};

class Tokenizer {
 public:
  // Fails with one line where the vocabulary cannot be used: sizes that differ, a piece that is empty,
  // not UTF-8 or twice there, neither an unknown piece nor all 256 bytes.
  static Result<Tokenizer> Make(Vocabulary vocabulary);

  Tokenizer(Tokenizer&&) noexcept;
  Tokenizer& operator=(Tokenizer&&) noexcept;
  ~Tokenizer();

  // Ids of `text`, without begin or end. Bytes that are not UTF-8 become their byte pieces.
  // Time is O(n log n) in the length of the text.
  std::vector<int32_t> Encode(std::string_view text) const;

  // The text that `ids` stand for: pieces joined, U+2581 as a space, byte pieces as their bytes (so the
  // result may end in the middle of a character), control pieces as nothing. Out of range: U+FFFD.
  std::string Decode(std::span<const int32_t> ids) const;

  int32_t size() const;
  const Vocabulary& vocabulary() const;

 private:
  struct Index;
  explicit Tokenizer(std::unique_ptr<const Index> index);
  std::unique_ptr<const Index> index_;
};

// Decodes ids as they come and gives out whole characters only.
class StreamDecoder {
 public:
  explicit StreamDecoder(const Tokenizer& tokenizer) : tokenizer_(&tokenizer) {}
  // The text that became complete with this id; may be empty.
  std::string Push(int32_t id);
  // What is left at the end, incomplete characters as U+FFFD.
  std::string Finish();

 private:
  const Tokenizer* tokenizer_;
  std::string pending_;
  bool at_start_ = true;
};

}  // namespace tritwise
