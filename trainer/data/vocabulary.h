// Vocabularies: trained on a text by sentencepiece, or read from a file of it or of another program.
//
// The library only learns the pieces; encoding and decoding are format/tokenizer.h's own, on every
// machine. None of its types appear here. Not a second tokenizer, and no other kinds of model: what our
// tokenizer cannot reproduce exactly is refused.
#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>

#include "format/tokenizer.h"

namespace tritwise {

struct VocabularyOptions {
  int32_t size = 2048;                 // pieces in all, exactly: 3 special ones, 256 bytes, then learnt ones
  double character_coverage = 0.9995;  // characters rarer than the rest of these become bytes; 0.98 to 1
  int threads = 1;                     // never changes the result
};

// Byte-pair vocabulary of `documents` (UTF-8): the same as spm_train's with --model_type=bpe
// --normalization_rule_name=identity --remove_extra_whitespaces=false --add_dummy_prefix=false
// --byte_fallback=true, only that long lines and lines with U+2585 are cut into parts where spm_train
// drops them whole. Ids: 0 unknown, 1 begin, 2 end, 3 to 258 the bytes. Pieces hold no line ends or tabs:
// these are bytes. Throws Error: nothing to learn from, not UTF-8, or a size that the text cannot give
// (with the nearest size that it can).
Vocabulary TrainVocabulary(std::span<const std::string> documents, const VocabularyOptions& options);
Vocabulary TrainVocabulary(std::string_view text, const VocabularyOptions& options);

// The vocabulary of a sentencepiece .model file. Throws Error for a file that is missing or damaged, and for
// a model that our tokenizer cannot reproduce: another kind than byte-pair, normalisation, removal of extra
// spaces, spaces as suffixes, user-defined or unused pieces.
Vocabulary LoadSentencePiece(const std::filesystem::path& path);

// The vocabulary of a file of either kind that is read here: a tokenizer.json (trainer/data/tokenizer_json.h)
// if it begins with a brace or is named .json, else a sentencepiece .model. Throws Error.
Vocabulary LoadVocabulary(const std::filesystem::path& path);

}  // namespace tritwise
