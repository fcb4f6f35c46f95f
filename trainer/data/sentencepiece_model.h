// The bytes of a sentencepiece model to a Vocabulary, or an Error that says what our tokenizer cannot
// reproduce about it.
//
// Reads the protobuf wire format itself: the installed headers do not have the generated classes, and a
// damaged file then gives our one line instead of the library's several. Not a general protobuf reader:
// fields that say nothing about encoding or decoding are skipped.
#pragma once

#include <string>
#include <string_view>

#include "format/tokenizer.h"

namespace tritwise {

// `name` begins the message of every Error.
Vocabulary VocabularyFromSentencePiece(std::string_view model, const std::string& name);

}  // namespace tritwise
