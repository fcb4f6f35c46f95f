#include "tools/minimal/json.h"

#include <cmath>
#include <cstdio>

#include "format/utf8.h"

namespace tritwise::minimal {
namespace {

std::string Quoted(std::string_view text) {
  std::string quoted = "\"";
  while (!text.empty()) {
    const Utf8Char next = FirstUtf8Char(text);
    const char byte = text[0];
    if (next.state != Utf8State::kWhole) {
      quoted += kReplacementCharacter;
    } else if (byte == '"' || byte == '\\') {
      quoted += {'\\', byte};
    } else if (static_cast<unsigned char>(byte) < 0x20) {
      char escape[8];
      std::snprintf(escape, sizeof(escape), "\\u%04x", static_cast<unsigned>(byte));
      quoted += escape;
    } else {
      quoted += text.substr(0, next.size_bytes);
    }
    text.remove_prefix(next.size_bytes);
  }
  return quoted + "\"";
}

}  // namespace

void Json::Begin(std::string_view key) {
  text_ += first_ ? "\n" : ",\n";
  text_.append(2 * open_.size(), ' ');
  if (open_.back() == '{') text_ += Quoted(key) + ": ";
  first_ = false;
}

void Json::Text(std::string_view key, std::string_view text) {
  Begin(key);
  text_ += Quoted(text);
}

void Json::Integer(std::string_view key, uint64_t value) {
  Begin(key);
  text_ += std::to_string(value);
}

void Json::Number(std::string_view key, double value) {
  Begin(key);
  char digits[32] = "null";
  if (std::isfinite(value)) std::snprintf(digits, sizeof(digits), "%.17g", value);
  text_ += digits;
}

void Json::Bool(std::string_view key, bool value) {
  Begin(key);
  text_ += value ? "true" : "false";
}

void Json::Open(std::string_view key, char bracket) {
  Begin(key);
  text_ += bracket;
  open_ += bracket;
  first_ = true;
}

void Json::Close() {
  const char close = open_.back() == '{' ? '}' : ']';
  open_.pop_back();
  if (!first_) {
    text_ += '\n';
    text_.append(2 * open_.size(), ' ');
  }
  text_ += close;
  first_ = false;
}

std::string Json::Finish() {
  while (!open_.empty()) Close();
  return text_;
}

void Json::Print() { std::puts(Finish().c_str()); }

}  // namespace tritwise::minimal
