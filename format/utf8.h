// UTF-8, one character at a time: reading, writing, and finding what is not UTF-8.
//
// Strict as Unicode defines it: no surrogates, no overlong forms, nothing above U+10FFFF. A byte that
// begins no character is one byte of nothing; a text that ends inside a character is told apart from
// that, because whoever reads a stream wants to wait for the rest. Not a library for case, width,
// normal forms or scripts.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace tritwise {

enum class Utf8State : uint8_t {
  kWhole,    // a character
  kInvalid,  // this byte begins no character, whatever follows
  kCut,      // so far a character, but the text ends before it does
};

struct Utf8Char {
  char32_t code_point;  // U+FFFD unless whole
  uint8_t size_bytes;   // 1 unless whole: go on with the next byte
  Utf8State state;
};

inline constexpr std::string_view kReplacementCharacter = "\xEF\xBF\xBD";  // U+FFFD

// What `text`, which must not be empty, begins with.
inline Utf8Char FirstUtf8Char(std::string_view text) {
  constexpr char32_t kReplacement = 0xFFFD;
  const uint32_t lead = static_cast<uint8_t>(text[0]);
  if (lead < 0x80) return {lead, 1, Utf8State::kWhole};

  // The range of the second byte is what keeps out overlong forms, surrogates and too large values.
  uint32_t low = 0x80;
  uint32_t high = 0xBF;
  uint8_t size_bytes = 0;
  char32_t code_point = 0;
  if (lead >= 0xC2 && lead <= 0xDF) {
    size_bytes = 2;
    code_point = lead & 0x1F;
  } else if (lead >= 0xE0 && lead <= 0xEF) {
    size_bytes = 3;
    code_point = lead & 0x0F;
    if (lead == 0xE0) low = 0xA0;
    if (lead == 0xED) high = 0x9F;
  } else if (lead >= 0xF0 && lead <= 0xF4) {
    size_bytes = 4;
    code_point = lead & 0x07;
    if (lead == 0xF0) low = 0x90;
    if (lead == 0xF4) high = 0x8F;
  } else {
    return {kReplacement, 1, Utf8State::kInvalid};
  }
  for (size_t i = 1; i < size_bytes; ++i) {
    if (i == text.size()) return {kReplacement, 1, Utf8State::kCut};
    const uint32_t byte = static_cast<uint8_t>(text[i]);
    if (byte < low || byte > high) return {kReplacement, 1, Utf8State::kInvalid};
    code_point = (code_point << 6) | (byte & 0x3F);
    low = 0x80;
    high = 0xBF;
  }
  return {code_point, size_bytes, Utf8State::kWhole};
}

// `code_point` must be one: below 0x110000 and no surrogate.
inline void AppendUtf8(char32_t code_point, std::string* text) {
  const auto push = [text](uint32_t byte) { text->push_back(static_cast<char>(byte)); };
  const uint32_t c = code_point;
  if (c < 0x80) return push(c);
  if (c < 0x800) {
    push(0xC0 | (c >> 6));
  } else {
    if (c < 0x10000) {
      push(0xE0 | (c >> 12));
    } else {
      push(0xF0 | (c >> 18));
      push(0x80 | ((c >> 12) & 0x3F));
    }
    push(0x80 | ((c >> 6) & 0x3F));
  }
  push(0x80 | (c & 0x3F));
}

// Offset of the first byte that is not part of a character; npos if `text` is UTF-8 throughout.
inline size_t FindInvalidUtf8(std::string_view text) {
  size_t at = 0;
  while (at < text.size()) {
    const Utf8Char next = FirstUtf8Char(text.substr(at));
    if (next.state != Utf8State::kWhole) return at;
    at += next.size_bytes;
  }
  return std::string_view::npos;
}

}  // namespace tritwise
