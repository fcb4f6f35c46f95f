#include "format/text/split.h"

#include "format/text/unicode.h"
#include "format/utf8.h"

namespace tritwise {
namespace {

struct Char {
  CharClass kind = CharClass::kOther;
  size_t size_bytes = 0;  // 0: the text is over
};

Char CharAt(std::string_view text, size_t at) {
  if (at >= text.size()) return {};
  const Utf8Char c = FirstUtf8Char(text.substr(at));
  return {c.state == Utf8State::kWhole ? ClassOf(c.code_point) : CharClass::kOther, c.size_bytes};
}

bool Is(const Char& c, CharClass kind) { return c.size_bytes != 0 && c.kind == kind; }
bool IsLineEnd(std::string_view text, size_t at) { return at < text.size() && (text[at] == '\r' || text[at] == '\n'); }

// Where the run of `kind` that goes on at `at` ends, after `most` characters at the latest.
size_t EndOfRun(std::string_view text, size_t at, CharClass kind, size_t most = std::string_view::npos) {
  for (; most > 0; --most) {
    const Char c = CharAt(text, at);
    if (!Is(c, kind)) break;
    at += c.size_bytes;
  }
  return at;
}

// 's|'t|'re|'ve|'m|'ll|'d; 0 if none. In any case, U+017F is an s too.
size_t Contraction(std::string_view text, bool any_case) {
  if (text.size() < 2 || text[0] != '\'') return 0;
  const auto letter = [&](size_t at) {
    if (at >= text.size()) return '\0';
    const char c = text[at];
    return any_case && c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  };
  switch (letter(1)) {
    case 's':
    case 't':
    case 'm':
    case 'd':
      return 2;
    case 'r':
    case 'v':
      return letter(2) == 'e' ? 3 : 0;
    case 'l':
      return letter(2) == 'l' ? 3 : 0;
    default:
      return any_case && text.substr(1).starts_with("\xC5\xBF") ? 3 : 0;
  }
}

// \s+(?!\S)|\s+, and \s*[\r\n]+ before them where line ends stand apart: a run of spaces without the last one,
// which belongs to the word behind it.
size_t Spaces(std::string_view text, bool line_ends_apart) {
  size_t end = 0;
  size_t last_begin = 0;
  size_t line_end = 0;  // behind the last line end of the run
  for (Char c = CharAt(text, 0); Is(c, CharClass::kSpace); c = CharAt(text, end)) {
    last_begin = end;
    end += c.size_bytes;
    if (IsLineEnd(text, last_begin)) line_end = end;
  }
  if (line_ends_apart && line_end != 0) return line_end;
  return end == text.size() || last_begin == 0 ? end : last_begin;
}

size_t PlainRun(std::string_view text) {
  if (const size_t contraction = Contraction(text, false); contraction != 0) return contraction;
  const size_t space = text[0] == ' ' ? 1 : 0;
  const Char c = CharAt(text, space);
  if (c.size_bytes == 0 || c.kind == CharClass::kSpace) return Spaces(text, false);
  return EndOfRun(text, space, c.kind);
}

size_t DigitGroup(std::string_view text, size_t most_digits) {
  if (const size_t contraction = Contraction(text, true); contraction != 0) return contraction;
  const Char first = CharAt(text, 0);
  if (first.kind == CharClass::kLetter) return EndOfRun(text, 0, CharClass::kLetter);
  if (first.kind == CharClass::kNumber) return EndOfRun(text, 0, CharClass::kNumber, most_digits);
  if (!IsLineEnd(text, 0) && Is(CharAt(text, first.size_bytes), CharClass::kLetter)) {
    return EndOfRun(text, first.size_bytes, CharClass::kLetter);
  }
  const size_t space = text[0] == ' ' ? 1 : 0;
  size_t end = EndOfRun(text, space, CharClass::kOther);
  if (end == space) return Spaces(text, true);
  while (IsLineEnd(text, end)) ++end;
  return end;
}

}  // namespace

std::string_view SplitRegex(SplitPattern pattern) {
  switch (pattern) {
    case SplitPattern::kPlainRuns:
      return R"('s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+)";
    case SplitPattern::kDigitTriples:
      return R"((?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|)"
             R"(\s+(?!\S)|\s+)";
    case SplitPattern::kSingleDigits:
      return R"((?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|)"
             R"(\s+(?!\S)|\s+)";
  }
  return {};
}

size_t FirstWordBytes(SplitPattern pattern, std::string_view text) {
  switch (pattern) {
    case SplitPattern::kPlainRuns:
      return PlainRun(text);
    case SplitPattern::kDigitTriples:
      return DigitGroup(text, 3);
    case SplitPattern::kSingleDigits:
      return DigitGroup(text, 1);
  }
  return text.size();
}

}  // namespace tritwise
