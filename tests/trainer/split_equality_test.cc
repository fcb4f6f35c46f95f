// Our split patterns against the regular expressions that define them.
#include "format/text/split.h"

#include <catch2/catch.hpp>

#include "tests/support/data.h"
#include "tests/support/split_reference.h"
#include "tests/support/texts.h"

namespace tritwise {
namespace {

constexpr SplitPattern kPatterns[] = {SplitPattern::kPlainRuns, SplitPattern::kDigitTriples,
                                      SplitPattern::kSingleDigits};

std::vector<std::string> Words(SplitPattern pattern, std::string_view text) {
  std::vector<std::string> words;
  while (!text.empty()) {
    const size_t size = FirstWordBytes(pattern, text);
    if (size == 0 || size > text.size()) FAIL("a word of " << size << " bytes");
    words.emplace_back(text.substr(0, size));
    text.remove_prefix(size);
  }
  return words;
}

void CheckSplit(SplitPattern pattern, const std::string& text) {
  static const test::SplitReference kReferences[] = {test::SplitReference(std::string(SplitRegex(kPatterns[0]))),
                                                     test::SplitReference(std::string(SplitRegex(kPatterns[1]))),
                                                     test::SplitReference(std::string(SplitRegex(kPatterns[2])))};
  const std::vector<std::string> expected = kReferences[static_cast<size_t>(pattern)].Words(text);
  const std::vector<std::string> words = Words(pattern, text);
  if (words == expected) return;
  size_t at = 0;
  while (at < words.size() && at < expected.size() && words[at] == expected[at]) ++at;
  const auto word = [](const std::vector<std::string>& all, size_t i) { return i < all.size() ? all[i] : "nothing"; };
  FAIL("pattern " << static_cast<int>(pattern) << ", word " << at << ": [" << word(words, at) << "], not ["
                  << word(expected, at) << "], in: " << text.substr(0, 300));
}

TEST_CASE("Hard texts are cut as the regular expressions cut them") {
  for (const SplitPattern pattern : kPatterns) {
    for (const std::string& text : test::HardTexts()) CheckSplit(pattern, text);
  }
}

TEST_CASE("Every character of Unicode has the class that the regular expressions give it") {
  for (const SplitPattern pattern : kPatterns) {
    std::string text;
    for (char32_t c = 1; c < 0x110000; ++c) {
      if (c == 0xD800) c = 0xE000;
      text += "a1";
      AppendUtf8(c, &text);
    }
    CheckSplit(pattern, text);
  }
}

TEST_CASE("Random texts are cut as the regular expressions cut them") {
  std::mt19937 random(1);
  for (int i = 0; i < 30000; ++i) {
    std::string text = test::RandomText(random, 30);
    for (size_t more = random() % 4; more > 0; --more) text += test::RandomCharacter(random);
    for (const SplitPattern pattern : kPatterns) CheckSplit(pattern, text);
  }
}

TEST_CASE("Random bytes are cut as the regular expressions cut them") {
  std::mt19937 random(2);
  for (int i = 0; i < 20000; ++i) {
    std::string text(random() % 24, '\0');
    for (char& byte : text) byte = static_cast<char>(random() & 0xFF);
    for (const SplitPattern pattern : kPatterns) CheckSplit(pattern, text);
  }
}

TEST_CASE("Real texts are cut as the regular expressions cut them") {
  TRITWISE_NEEDS_DATA(root);
  std::vector<std::string> texts = test::TaskTexts(root);
  texts.push_back(ReadFile(root / "text" / "tinyshakespeare.txt"));
  for (const SplitPattern pattern : kPatterns) {
    for (const std::string& text : texts) CheckSplit(pattern, text);
  }
}

}  // namespace
}  // namespace tritwise
