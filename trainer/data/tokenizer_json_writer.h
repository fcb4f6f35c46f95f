// A byte-level Vocabulary as a tokenizer.json file: what tokenizer_json.h reads back as the same vocabulary, but
// for unused pieces at its end, and other programs as a tokenizer that gives the same ids.
#pragma once

#include <string>

#include "format/vocabulary.h"

namespace tritwise {

// Throws Error where two pieces would be written alike, or one is not UTF-8.
std::string TokenizerJson(const Vocabulary& vocabulary);

}  // namespace tritwise
