// A vocabulary of ours as GGUF's tokenizer keys.
#pragma once

#include <string>
#include <vector>

#include "format/vocabulary.h"
#include "tools/gguf/container.h"

namespace tritwise {

// `ids`: how many there are, for a network that has no vocabulary. Returns what llama.cpp does otherwise, one line
// each. Throws Error where it has no tokenizer that gives the same ids.
std::vector<std::string> DescribeVocabulary(const Vocabulary& vocabulary, int64_t ids, GgufMetadata* metadata);

}  // namespace tritwise
