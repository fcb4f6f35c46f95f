// How tokenizer.json files write bytes: printable ones of Latin-1 as themselves, the other 68 as the characters
// from U+0100 on, in their order (a space is U+0120).
#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>

#include "format/utf8.h"

namespace tritwise {

inline std::array<char32_t, 256> ByteAlphabet() {
  std::array<char32_t, 256> letters{};
  char32_t next = 0x100;
  for (char32_t byte = 0; byte < 256; ++byte) {
    const bool printable = (byte >= 0x21 && byte <= 0x7E) || (byte >= 0xA1 && byte != 0xAD);
    letters[byte] = printable ? byte : next++;
  }
  return letters;
}

// The bytes that `text` spells; nothing where a character is not of the alphabet.
inline std::optional<std::string> BytesOfSpelling(std::string_view text) {
  static const auto kBytes = [] {
    std::array<int, 0x144> bytes{};
    bytes.fill(-1);
    const std::array<char32_t, 256> letters = ByteAlphabet();
    for (size_t byte = 0; byte < 256; ++byte) bytes[letters[byte]] = static_cast<int>(byte);
    return bytes;
  }();
  std::string result;
  while (!text.empty()) {
    const Utf8Char c = FirstUtf8Char(text);
    if (c.code_point >= kBytes.size() || kBytes[c.code_point] < 0) return std::nullopt;
    result.push_back(static_cast<char>(kBytes[c.code_point]));
    text.remove_prefix(c.size_bytes);
  }
  return result;
}

inline std::string SpellingOfBytes(std::string_view bytes) {
  static const std::array<char32_t, 256> kLetters = ByteAlphabet();
  std::string text;
  for (const char byte : bytes) AppendUtf8(kLetters[static_cast<uint8_t>(byte)], &text);
  return text;
}

}  // namespace tritwise
