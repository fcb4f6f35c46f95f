// Words of a text by a regular expression, through PCRE2: what our own split patterns must equal.
#pragma once

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "format/utf8.h"

namespace tritwise::test {

class SplitReference {
 public:
  explicit SplitReference(const std::string& regex) {
    int error = 0;
    PCRE2_SIZE at = 0;
    code_ = pcre2_compile(reinterpret_cast<PCRE2_SPTR>(regex.data()), regex.size(), PCRE2_UTF | PCRE2_UCP, &error, &at,
                          nullptr);
    if (code_ == nullptr) throw std::runtime_error("not a regular expression: " + regex);
    pcre2_jit_compile(code_, PCRE2_JIT_COMPLETE);
    match_ = pcre2_match_data_create_from_pattern(code_, nullptr);
    context_ = pcre2_match_context_create(nullptr);
    stack_ = pcre2_jit_stack_create(1 << 16, 1 << 26, nullptr);
    pcre2_jit_stack_assign(context_, nullptr, stack_);
  }
  ~SplitReference() {
    pcre2_jit_stack_free(stack_);
    pcre2_match_context_free(context_);
    pcre2_match_data_free(match_);
    pcre2_code_free(code_);
  }
  SplitReference(const SplitReference&) = delete;
  SplitReference& operator=(const SplitReference&) = delete;

  // All matches; they must lie end to end.
  std::vector<std::string> Words(std::string_view text) const {
    const auto [subject, origin] = Subject(text);
    std::vector<std::string> words;
    for (size_t at = 0; at < subject.size();) {
      const int found = pcre2_match(code_, reinterpret_cast<PCRE2_SPTR>(subject.data()), subject.size(), at,
                                    PCRE2_NO_UTF_CHECK, match_, context_);
      if (found < 1) throw std::runtime_error("no match: " + std::to_string(found));
      const PCRE2_SIZE* place = pcre2_get_ovector_pointer(match_);
      if (place[0] != at || place[1] <= at) throw std::runtime_error("the words do not lie end to end");
      words.emplace_back(text.substr(origin[at], origin[place[1]] - origin[at]));
      at = place[1];
    }
    return words;
  }

 private:
  // The text as PCRE2 is to see it, and where each of its bytes comes from. A byte that is not UTF-8 is no letter,
  // number or space, and so is U+FFFD. PCRE2 counts U+180E as a space, which Unicode has not done since 6.3.
  static std::pair<std::string, std::vector<size_t>> Subject(std::string_view text) {
    std::string subject;
    std::vector<size_t> origin;
    for (size_t at = 0; at < text.size();) {
      const Utf8Char c = FirstUtf8Char(text.substr(at));
      if (c.state != Utf8State::kWhole) {
        subject += "\uFFFD";
      } else if (c.code_point == 0x180E) {
        subject += "\u200B";
      } else {
        subject += text.substr(at, c.size_bytes);
      }
      origin.resize(subject.size(), at);
      at += c.size_bytes;
    }
    origin.push_back(text.size());
    return {subject, origin};
  }

  pcre2_code* code_;
  pcre2_match_data* match_;
  pcre2_match_context* context_;
  pcre2_jit_stack* stack_;
};

}  // namespace tritwise::test
