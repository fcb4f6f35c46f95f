// Cuts a text into the words that a byte-level model merges within.
//
// The published models say how by a regular expression; these are the same cuts by hand, in linear time and
// without a library. A byte that is not UTF-8 counts as one character that is no letter, number or space.
#pragma once

#include <cstddef>
#include <string_view>

#include "format/vocabulary.h"

namespace tritwise {

// The definition of a pattern, as tokenizer files spell it. Empty for an unknown value.
std::string_view SplitRegex(SplitPattern pattern);

// Bytes of the first word of `text`, which must not be empty: at least 1. What the pattern's first match at
// offset 0 would take; every text is words from end to end.
size_t FirstWordBytes(SplitPattern pattern, std::string_view text);

}  // namespace tritwise
