// What the tokenizer asks about a character: letter, number or space. Compact generated tables
// (tools/unicode_tables.py; the .inc files say which version of Unicode), no locale. Not a library for case,
// scripts or width.
#pragma once

#include <cstdint>

namespace tritwise {

// \p{L}, \p{N} and \s (White_Space) of regular expressions; everything else, unassigned or not, is kOther.
enum class CharClass : uint8_t { kOther = 0, kLetter = 1, kNumber = 2, kSpace = 3 };

CharClass ClassOf(char32_t code_point);

}  // namespace tritwise
