// Text to token ids and back, from the vocabulary that the model file carries.
//
// Two kinds of vocabulary (format/vocabulary.h) behind one class; text/ has an implementation of each:
//  - Sentencepiece byte-pair with identity normalisation. What is not in the vocabulary becomes its UTF-8
//    bytes. Equals sentencepiece's own, but: a byte that is not UTF-8 becomes its byte piece and comes back
//    from Decode (there it is lost); Decode gives the bytes of byte pieces as they are, StreamDecoder U+FFFD
//    for each that makes no character. U+2581 in a text is a space, and comes back as one.
//  - Byte-level byte-pair, as tokenizer.json files describe it: added tokens are found, the text is
//    normalised to NFC where the vocabulary says so, cut into words, and each word's bytes are merged. Every
//    byte comes back, but for what NFC changed, and bytes that are in no UTF-8 (0xC0, 0xC1, 0xF5 and above)
//    where the vocabulary lacks them: these become U+FFFD.
// Tests hold both to independent implementations over whole corpora. No library: the device has none. Not a
// trainer of vocabularies.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "format/status.h"
#include "format/vocabulary.h"

namespace tritwise {

struct EncodeOptions {
  // Control pieces that stand in the text become their ids. Only for text that a program wrote: a user could
  // end a turn with one. Otherwise no text gives a control piece, whatever it says.
  bool parse_special = false;
};

// A stretch of a text that is encoded together with what stands around it.
struct TextPart {
  std::string_view text;
  bool parse_special = false;  // as in EncodeOptions, for this part alone
};

class Tokenizer {
 public:
  // Fails with one line where the vocabulary cannot be used. Any kind: none at all, sizes that differ, begin or
  // end outside the vocabulary, pieces that are empty, longer than 2,048 bytes or twice there, a type of
  // another kind. Sentencepiece: not UTF-8, a score that is not finite, two unknown pieces, some bytes but not
  // all 256, neither an unknown piece nor bytes. Byte-level: no piece for a byte of UTF-8, merges of pieces
  // that do not exist, that make none, or that stand there twice, added pieces longer than 256 bytes.
  static Result<Tokenizer> Make(Vocabulary vocabulary);

  Tokenizer(Tokenizer&&) noexcept;
  Tokenizer& operator=(Tokenizer&&) noexcept;
  ~Tokenizer();

  // Ids of `text`, without begin or end. In a sentencepiece vocabulary without bytes a run of unknown
  // characters becomes one unknown piece. Time is O(n log n) in the length of the text, whatever its bytes.
  std::vector<int32_t> Encode(std::string_view text, EncodeOptions options = {}) const;

  // The ids of the parts as one text: merges go across their borders. A control piece is found only where it stands
  // within one part that asks for it. `at_start` false: something stands before the text, so that it gets no space.
  std::vector<int32_t> EncodeParts(std::span<const TextPart> parts, bool at_start = true) const;

  // The text that `ids` stand for, which may end in the middle of a character. Control pieces are nothing, the
  // unknown piece is U+2047 between spaces, an id out of range U+FFFD. The space that add_space_prefix put in
  // front is taken away again.
  std::string Decode(std::span<const int32_t> ids) const;

  // The bytes that an id adds to a text: nothing for control pieces, part of a character for some others. Behind other
  // text, so that a space in front stays.
  std::string BytesOf(int32_t id) const;

  int32_t size() const;
  const Vocabulary& vocabulary() const;

 private:
  friend class StreamDecoder;
  struct Index;
  void EncodeOrdinary(std::string_view text, bool at_start, std::vector<int32_t>* ids) const;
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
