// Texts to hold tokenizers to: hard ones made by hand, random ones, and real ones from the data folder.
#pragma once

#include <filesystem>
#include <nlohmann/json.hpp>
#include <random>
#include <string>
#include <vector>

#include "format/utf8.h"
#include "trainer/data/read_file.h"

namespace tritwise::test {

inline const std::vector<std::string>& HardTexts() {
  static const std::vector<std::string> texts = {
      "",
      " ",
      "  ",
      "     ",
      "a",
      " a",
      "a ",
      "  two  spaces   three    ",
      "\n",
      "\n\n\n",
      " \n \n\n  \n x",
      "a\nb\r\nc\td\t\te \n f",
      "\t\tint x;\n\t\t\treturn;\r\n\r\n}\n",
      "end.\n\nNext. \n",
      "!!!\n\n\r\nword ...\n ...",
      "\t",
      "\v\f\x1c\x1d\x1e\x1f",
      std::string("a\0b\0", 4),
      "\x01\x02\x1B[0m\x7F",
      "don't I'M we'LL You'Re they'VE he'D 's 'S'T 'sure 'llama 'r 'v 'l ' ''s",
      "\u2019s \u2019T '\u017F '\u017Fx 'K \u212A",
      "0 12 123 1234 12345678901234567890 3.14159 1e-10 0x1F 1,000,000",
      "\u0663\u0664\u0665\u0666 \u2167 \u00BD\u00BE \u2460\u2461\u2462\u2463 \U0001D7D8\U0001D7D9",
      "\u4F60\u597D\uFF0C\u4E16\u754C \u3053\u3093\u306B\u3061\u306F\u3002\uD55C\uAD6D\uC5B4",
      "\u1112\u1161\u11AB\u1100\u116E\u11A8 \uAC00\u11A8 \uAC01\u11A8",
      "\u0627\u0644\u0633\u0651\u064E\u0644\u0627\u0645 \u0639\u064E\u0644\u064E\u064A\u0652\u0643\u064F\u0645",
      "\u05E9\u05B8\u05C1\u05DC\u05D5\u05B9\u05DD \u0928\u092E\u0938\u094D\u0924\u0947 \u0915\u093C \u0958",
      "\u0417\u0434\u0440\u0430\u0432\u0441\u0442\u0432\u0443\u0439, \u043C\u0438\u0440! \u0438\u0306",
      "\U0001F600\U0001F468\u200D\U0001F469\u200D\U0001F467 \U0001F1E9\U0001F1EA \U0001F44D\U0001F3FD",
      "e\u0301 e\u0323\u0302 e\u0302\u0323 \u1E69 s\u0323\u0307 \u0344 \u212B \u2126 \uFB01",
      "a\u0301\u0301\u0301 \u0301 \u0301\u0323 \u0061\u0315\u0300\u05AE\u0300",
      "\u00A0\u00A0x \u3000\u3000 \u200B \uFEFF \u2028 \u0085 \u1680 \u202F\u205F \u180E \u2000\u2001",
      "\u2585 \u2047 \uFFFD \uFFFE \uFFFF \U0010FFFF \uE000 \u0378",
      "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
      "{\"json\": [1, 2, {\"a\": null}]}",
      "for (int i = 0; i < n; ++i) {\n                        x[i] += 1;\n    }\n",
      "                                                                x",
      "<|endoftext|>a<|endoftext|><|pad|><|im_start|>user<|im_end|>",
      "|||IP_ADDRESS|||, |||EMAIL_ADDRESS||||||PHONE_NUMBER||| ||IP_ADDRESS|||",
      "<|extra_id_1|><|extra_id_10|> <|extra_id_1",
      "\xFF",
      "a\x80 b",
      "\xC0\x80 \xED\xA0\x80 \xF4\x90\x80\x80 \xE2\x82",
      "e\xCC\xFF\u0301\xCC",
  };
  return texts;
}

// Pieces of every kind in random order; some of them break characters apart.
inline std::string RandomText(std::mt19937& random, size_t most) {
  static const std::vector<std::string> kParts = {
      "a",          "e",          "the",        "Lord",   " ",      " ",      "  ",     "\n",     "\r",     "\t",
      "'",          "'s",         "'S",         "'LL",    "'re",    "1",      "23",     "456",    ".",      ",",
      "!",          "-",          "\u00E9",     "\u0301", "\u0323", "\u0307", "\u00A0", "\u3000", "\u2028", "\u0085",
      "\u4F60",     "\u597D",     "\u0627",     "\u064E", "\u0663", "\u00BD", "\u1100", "\u1161", "\u11A8", "\uAC00",
      "\U0001F600", "\U0001F3FD", "\u200D",     "\u017F", "\xFF",   "\x80",   "\xE2",   "\xCC",   "<|",     "|>",
      "|||",        "endoftext",  "IP_ADDRESS", "\u0958", "\u0344"};
  std::string text;
  for (size_t size = random() % (most + 1); size > 0; --size) text += kParts[random() % kParts.size()];
  return text;
}

// One character from anywhere in Unicode, half of the time from where combining ones are.
inline std::string RandomCharacter(std::mt19937& random) {
  static constexpr std::pair<char32_t, char32_t> kBlocks[] = {{0x20, 0x250},   {0x300, 0x370},   {0x590, 0x660},
                                                              {0x900, 0xE00},  {0x1100, 0x1200}, {0x1E00, 0x2000},
                                                              {0xAC00, 0xB000}};
  const auto [first, last] = random() % 2 == 0 ? std::pair<char32_t, char32_t>{0, 0x110000} : kBlocks[random() % 7];
  char32_t c = first + static_cast<char32_t>(random() % (last - first));
  if (c >= 0xD800 && c < 0xE000) c -= 0xD000;
  std::string text;
  AppendUtf8(c, &text);
  return text;
}

inline void AppendStrings(const nlohmann::json& value, std::string* text) {
  if (value.is_string()) *text += value.get<std::string>() + "\n";
  if (value.is_structured()) {
    for (const auto& item : value) AppendStrings(item, text);
  }
}

// All strings of the questions of every task, a text for each task.
inline std::vector<std::string> TaskTexts(const std::filesystem::path& data) {
  std::vector<std::filesystem::path> tasks;
  for (const auto& task : std::filesystem::directory_iterator(data / "tasks")) tasks.push_back(task.path());
  std::vector<std::string> texts;
  for (const auto& task : tasks) {
    const std::string file = ReadFile(task / "validation.jsonl");
    texts.emplace_back();
    for (size_t at = 0; at < file.size();) {
      const size_t end = std::min(file.find('\n', at), file.size());
      AppendStrings(nlohmann::json::parse(file.begin() + static_cast<std::ptrdiff_t>(at),
                                          file.begin() + static_cast<std::ptrdiff_t>(end)),
                    &texts.back());
      at = end + 1;
    }
  }
  return texts;
}

}  // namespace tritwise::test
