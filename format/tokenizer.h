// Text to token ids and back, from the vocabulary that the model file carries.
//
// Implements the byte-pair models that sentencepiece trains with identity normalisation: the text is
// split into characters, and the adjacent pair whose joined piece has the highest score is merged, the
// leftmost of equals first, until none is left; what is not in the vocabulary becomes its UTF-8 bytes.
// The result equals sentencepiece's own (a test holds it to that over a whole corpus). No library: the
// device has none. Not a trainer of vocabularies.
//
// Where this differs from sentencepiece, on purpose:
//  - A byte that is not UTF-8 becomes its byte piece, so that Decode gives it back; sentencepiece puts
//    U+FFFD in its place and the byte is lost.
//  - A control piece never comes out of a text, whatever the text says; in sentencepiece one whose name
//    is a single character does.
//  - Decode gives the bytes of byte pieces as they are; sentencepiece gives U+FFFD for each byte that
//    makes no character, and so does StreamDecoder here.
// Where it does not, though it may surprise: U+2581 in a text is a space, and comes back as one.
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
  std::vector<PieceType> types;   // kByte: the piece is "<0x00>" to "<0xFF>"
  int32_t begin_id = -1;          // put before a text where the model wants one; -1: none
  int32_t end_id = -1;            // generation stops here; -1: none
  bool add_space_prefix = false;  // sentencepiece's add_dummy_prefix

  bool empty() const { return pieces.empty(); }
};

class Tokenizer {
 public:
  // Fails with one line where the vocabulary cannot be used: none at all, sizes that differ, a piece that
  // is empty, not UTF-8, longer than 2,048 bytes or twice there, a score that is not finite, an unknown
  // type, two unknown pieces, some bytes but not all 256, neither an unknown piece nor bytes, begin or
  // end outside the vocabulary.
  static Result<Tokenizer> Make(Vocabulary vocabulary);

  Tokenizer(Tokenizer&&) noexcept;
  Tokenizer& operator=(Tokenizer&&) noexcept;
  ~Tokenizer();

  // Ids of `text`, without begin or end. Bytes that are not UTF-8 become their byte pieces. In a
  // vocabulary without bytes a run of unknown characters becomes one unknown piece.
  // Time is O(n log n) in the length of the text, whatever its bytes.
  std::vector<int32_t> Encode(std::string_view text) const;

  // The text that `ids` stand for: pieces joined, U+2581 as a space, byte pieces as their bytes (so the
  // result may end in the middle of a character), control pieces as nothing, the unknown piece as
  // U+2047 between spaces. The space that add_space_prefix put in front is taken away again. Out of
  // range: U+FFFD.
  std::string Decode(std::span<const int32_t> ids) const;

  int32_t size() const;
  const Vocabulary& vocabulary() const;

 private:
  friend class StreamDecoder;
  struct Index;
  explicit Tokenizer(std::unique_ptr<const Index> index);
  // Adds what `id` stands for to `text`; `at_start` says and learns whether anything came before it.
  void Append(int32_t id, bool* at_start, std::string* text) const;
  std::unique_ptr<const Index> index_;
};

// Decodes ids as they come and gives out whole characters only: UTF-8, whatever the ids.
class StreamDecoder {
 public:
  explicit StreamDecoder(const Tokenizer& tokenizer) : tokenizer_(&tokenizer) {}
  // The text that became complete with this id; may be empty. U+FFFD for each byte that begins no character.
  std::string Push(int32_t id);
  // What is left at the end, incomplete characters as U+FFFD (one a byte). Ready for another text after it.
  std::string Finish();

 private:
  const Tokenizer* tokenizer_;
  std::string pending_;
  bool at_start_ = true;
};

}  // namespace tritwise
