// Numbers and arrays as C++ source, exact to the bit.
#pragma once

#include <cmath>
#include <cstdint>
#include <cstdio>
#include <span>
#include <string>

namespace tritwise {

inline std::string Literal(float x) {
  if (std::isnan(x)) return "__builtin_nanf(\"\")";
  if (std::isinf(x)) return x < 0.0f ? "-__builtin_inff()" : "__builtin_inff()";
  char text[32];
  std::snprintf(text, sizeof(text), "%af", static_cast<double>(x));
  return text;
}
inline std::string Literal(uint64_t x) { return std::to_string(x); }
inline std::string Literal(uint16_t x) { return std::to_string(x); }
inline std::string Literal(uint8_t x) { return std::to_string(x); }
inline std::string Literal(int8_t x) { return std::to_string(x); }

// "{\n1,2,3,\n}", in lines of about 120 characters.
template <class T>
std::string ArrayLiteral(std::span<const T> values) {
  std::string text = "{\n";
  size_t line = 0;
  for (const T value : values) {
    const std::string literal = Literal(value);
    if (line + literal.size() >= 120) {
      text += '\n';
      line = 0;
    }
    text += literal;
    text += ',';
    line += literal.size() + 1;
  }
  return text + "\n}";
}

// What a name in a file may bring into a comment.
inline std::string Printable(std::string name) {
  for (char& c : name) {
    const bool plain =
        (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '_' || c == '-';
    if (!plain) c = '?';
  }
  return name;
}

}  // namespace tritwise
