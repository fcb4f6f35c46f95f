// A tokenizer.json file (Hugging Face tokenizers) of a byte-level byte-pair model to a Vocabulary, or an Error
// that says what our tokenizer cannot reproduce about it.
//
// Such a file describes a pipeline of any length; the ones that this reads are: NFC or no normaliser, one of
// the split patterns of format/vocabulary.h and the byte-level step, a byte-pair model over it, at most one
// piece put in front of a text. `truncation` and `padding` are the caller's affair and not looked at.
#pragma once

#include <string>
#include <string_view>

#include "format/vocabulary.h"

namespace tritwise {

// `name` begins the message of every Error. The begin id is the piece that the file puts in front of a text;
// the file does not say which piece ends one, so the end id is the special piece that is named
// "<|endoftext|>", "<|end_of_text|>" or "</s>", the first of these that there is. Ids that the file leaves
// out are unused pieces.
Vocabulary VocabularyFromTokenizerJson(std::string_view json, const std::string& name);

}  // namespace tritwise
