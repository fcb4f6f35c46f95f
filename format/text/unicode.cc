#include "format/text/unicode.h"

#include <algorithm>
#include <iterator>

namespace tritwise {
namespace {

#include "format/text/unicode_classes.inc"

constexpr CharClass AsciiClass(char32_t c) {
  if ((c >= U'a' && c <= U'z') || (c >= U'A' && c <= U'Z')) return CharClass::kLetter;
  if (c >= U'0' && c <= U'9') return CharClass::kNumber;
  if (c == U' ' || (c >= U'\t' && c <= U'\r')) return CharClass::kSpace;
  return CharClass::kOther;
}

}  // namespace

CharClass ClassOf(char32_t code_point) {
  if (code_point < 0x80) return AsciiClass(code_point);
  const uint32_t after = (static_cast<uint32_t>(code_point) << 2) | 3;
  const uint32_t change = *std::prev(std::upper_bound(std::begin(kClassChanges), std::end(kClassChanges), after));
  return static_cast<CharClass>(change & 3);
}

}  // namespace tritwise
