// A vocabulary as data: what a .trit file stores about text, and what a Tokenizer is made from.
//
// Two kinds of model, which differ in what a piece is and in what is merged first:
//  - Sentencepiece byte-pair: pieces are text with U+2581 for a space; the pair whose joined piece has the
//    highest score comes first.
//  - Byte-level byte-pair: pieces are raw bytes, every byte of UTF-8 among them; the text is cut into words
//    by a fixed pattern, and the pair that stands first in the list of merges comes first.
// Plain data: format/tokenizer.h says what makes sense, format/verify.h what a file must have.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace tritwise {

enum class VocabularyKind : uint8_t { kSentencePiece = 0, kByteLevel = 1 };

enum class PieceType : uint8_t {
  kNormal = 0,           // sentencepiece: text
  kUnknown = 1,          // sentencepiece: what is not in the vocabulary
  kControl = 2,          // begin, end and their like: found in a text only where the caller asks for it
  kByte = 3,             // sentencepiece: the piece is "<0x00>" to "<0xFF>"
  kBytes = 4,            // byte-level: raw bytes, made by merges
  kAdded = 5,            // byte-level: found in every text as it stands, before anything else is done with it
  kAddedNormalised = 6,  // byte-level: the same, after the text was normalised
  kUnused = 7,           // an id that no text gives and that stands for nothing; the piece may be empty
};

// How a byte-level model cuts a text into words. SplitRegex (format/text/split.h) gives the definition of each.
enum class SplitPattern : uint8_t {
  kPlainRuns = 0,     // runs of letters, digits or others, each with a space before it
  kDigitTriples = 1,  // digits in threes, line ends apart, contractions in any case
  kSingleDigits = 2,  // the same with single digits
};

// Two pieces, by id, that become the piece with their bytes joined.
struct Merge {
  int32_t left = 0;
  int32_t right = 0;
  friend bool operator==(const Merge&, const Merge&) = default;
};

// Index = token id.
struct Vocabulary {
  std::vector<std::string> pieces;
  std::vector<float> scores;  // sentencepiece: one for each piece; byte-level: none
  std::vector<PieceType> types;
  int32_t begin_id = -1;          // put before a text where the model wants one; -1: none
  int32_t end_id = -1;            // generation stops here; -1: none
  bool add_space_prefix = false;  // sentencepiece's add_dummy_prefix

  VocabularyKind kind = VocabularyKind::kSentencePiece;
  // Byte-level only.
  SplitPattern split = SplitPattern::kPlainRuns;
  bool nfc = false;                // the text is normalised to NFC before it is cut
  bool whole_words_first = false;  // a word that is a piece is taken as that, whatever the merges would make
  std::vector<Merge> merges;       // the first is done first

  bool empty() const { return pieces.empty(); }
};

}  // namespace tritwise
