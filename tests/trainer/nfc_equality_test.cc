// Our NFC against utf8proc's. That library knows a later Unicode: code points which ours leaves unassigned are
// left out, as nothing but their combining class could differ.
#include "format/text/nfc.h"

#include <catch2/catch.hpp>

#include "tests/support/data.h"
#include "tests/support/nfc_reference.h"
#include "tests/support/split_reference.h"
#include "tests/support/texts.h"

namespace tritwise {
namespace {

std::string Nfc(std::string_view text) {
  std::string storage = "left from before";
  return std::string(ToNfc(text, &storage));
}

// PCRE2 has the version of Unicode that our tables have.
bool IsAssigned(const std::string& character) {
  static const test::SplitReference kKinds("\\P{Cn}|\\p{Cn}+");
  static const std::string kUnassigned = "\u0378";
  return kKinds.Words(character + kUnassigned).size() == 2;
}

TEST_CASE("Every character of Unicode is normalised as utf8proc does, alone and between others") {
  for (char32_t c = 0; c < 0x110000; ++c) {
    if (c == 0xD800) c = 0xE000;
    std::string text;
    AppendUtf8(c, &text);
    if (!IsAssigned(text)) continue;
    for (const std::string& around : {text, "a" + text + "\u0301", "e\u0323" + text + text + "\u1161\u11A8"}) {
      if (Nfc(around) != test::ReferenceNfc(around)) FAIL("U+" << std::hex << static_cast<uint32_t>(c));
    }
  }
}

TEST_CASE("Hard texts are normalised as utf8proc does") {
  for (const std::string& text : test::HardTexts()) CHECK(Nfc(text) == test::ReferenceNfc(text));
}

TEST_CASE("Random sequences of characters are normalised as utf8proc does") {
  std::mt19937 random(1);
  for (int i = 0; i < 100000; ++i) {
    std::string text;
    for (size_t size = random() % 12; size > 0; --size) {
      const std::string character = test::RandomCharacter(random);
      if (IsAssigned(character)) text += character;
    }
    if (Nfc(text) != test::ReferenceNfc(text)) FAIL("text " << i << ": " << text);
  }
}

TEST_CASE("Random texts with broken bytes are normalised part by part") {
  std::mt19937 random(2);
  for (int i = 0; i < 30000; ++i) {
    const std::string text = test::RandomText(random, 30);
    if (Nfc(text) != test::ReferenceNfc(text)) FAIL("text " << i << ": " << text);
  }
}

TEST_CASE("Real texts are normalised as utf8proc does") {
  TRITWISE_NEEDS_DATA(root);
  for (const std::string& text : test::TaskTexts(root)) CHECK(Nfc(text) == test::ReferenceNfc(text));
}

TEST_CASE("A text that cannot change is given back without a copy") {
  std::string storage;
  const std::string text = "plain caf\u00E9 \u4F60\u597D \xFF";
  CHECK(ToNfc(text, &storage).data() == text.data());
  CHECK(storage.empty());
}

TEST_CASE("A megabyte of combining marks is normalised") {
  std::string text = "a";
  std::string expected = "\u1EA1";  // the first mark below is joined to the letter, all others stand in order behind it
  for (int i = 0; i < 250000; ++i) text += "\u0301\u0323";
  for (int i = 1; i < 250000; ++i) expected += "\u0323";
  for (int i = 0; i < 250000; ++i) expected += "\u0301";
  CHECK(Nfc(text) == expected);
}

}  // namespace
}  // namespace tritwise
