// Every beginning of a JSON value is accepted, everything else is refused at the byte where it goes wrong: held to an
// independent reader within the bounds that the automaton has beyond the grammar.
#include "tritwise/json_constraint.h"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>
#include <random>
#include <string>

namespace tritwise::test {
namespace {

bool IsWhole(const std::string& text) {
  JsonConstraint json;
  return json.Advance(text) && json.complete();
}

bool Begins(const std::string& text) { return JsonConstraint().Accepts(text); }

const std::vector<std::string>& Documents() {
  static const std::vector<std::string> documents = {
      "{}",
      "[]",
      "\"\"",
      "0",
      "-0",
      "true",
      "false",
      "null",
      " \n{\t \"a\" : [ 1 , 2.5 , -3e10 , 0.25E-2 ] , \"b\" : { } }",
      "[[],{},[[]],{\"\":{}}]",
      "\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u0041\\uD83D\\uDE00\\ufffd\"",
      "\"\u00E9 \u4F60 \U0001F600 \x7F\"",
      "{\"a\":1,\"a\":\"twice\",\"\\u00e9\":null}",
      "12345678901234567890.12345678901234567890e+99",
      "[true,false,null,\"x\",-1]",
  };
  return documents;
}

// A document within the bounds.
std::string RandomValue(std::mt19937& random, int depth) {
  const auto space = [&] { return std::string(random() % 3 == 0 ? random() % 3 : 0, " \n\t\r"[random() % 4]); };
  const auto text = [&] {
    static const char* const kParts[] = {"a", "\u00E9",     "\\n", "\\u00aF", "\\uD800\\uDC00",
                                         " ", "\U0001F600", "{",   ","};
    std::string all = "\"";
    for (auto n = random() % 4; n > 0; --n) all += kParts[random() % std::size(kParts)];
    return all + "\"";
  };
  static const char* const kScalars[] = {"true", "false", "null", "0", "-12", "1.5", "0e1", "7E-02", "-0.0e+9"};
  switch (random() % (depth == 0 ? 2 : 4)) {
    case 0:
      return kScalars[random() % std::size(kScalars)];
    case 1:
      return text();
    case 2: {
      std::string all = "[" + space();
      for (auto n = random() % 4; n > 0; --n) {
        if (all.size() > 3 || all.find_first_not_of(" [\n\t\r") != std::string::npos) all += "," + space();
        all += RandomValue(random, depth - 1);
      }
      return all + "]";
    }
    default: {
      std::string all = "{" + space();
      for (auto n = random() % 3, i = n; i > 0; --i) {
        if (i != n) all += "," + space();
        all += text() + space() + ":" + space() + RandomValue(random, depth - 1) + space();
      }
      return all + "}";
    }
  }
}

TEST_CASE("every beginning of a JSON value is accepted, and the whole is complete") {
  std::mt19937 random(1);
  std::vector<std::string> documents = Documents();
  for (int i = 0; i < 2000; ++i) documents.push_back(RandomValue(random, 4));
  for (const std::string& document : documents) {
    INFO(document);
    REQUIRE(nlohmann::json::accept(document));
    JsonConstraint json;
    for (size_t i = 0; i < document.size(); ++i) {
      REQUIRE(json.complete() == nlohmann::json::accept(document.substr(0, i)));
      REQUIRE(json.Step(static_cast<uint8_t>(document[i])));
    }
    CHECK(json.complete());
  }
}

TEST_CASE("what is complete is JSON, and what is JSON within the bounds is complete") {
  std::mt19937 random(2);
  static const char kBytes[] = "{}[]\",:\\ntfue0129.-+Ee aDdC8\n\t/b\xC3\xA9\xF0\x9F\x98\x80\x01";
  size_t whole = 0;
  for (int i = 0; i < 200000; ++i) {
    std::string text = RandomValue(random, 2);
    for (auto n = random() % 4; n > 0; --n) {
      const size_t at = random() % (text.size() + 1);
      const char byte = kBytes[random() % (sizeof(kBytes) - 1)];
      switch (random() % 3) {
        case 0:
          text.insert(at, 1, byte);
          break;
        case 1:
          if (at < text.size()) text[at] = byte;
          break;
        default:
          if (at < text.size()) text.erase(at, 1);
      }
    }
    const bool accepted = nlohmann::json::accept(text);
    if (IsWhole(text)) {
      INFO(text);
      ++whole;
      REQUIRE(accepted);
    } else if (accepted) {
      // Only the bounds tell the two apart: whitespace behind the value or side by side, and long numbers.
      const bool spaces = text.find_last_not_of(" \n\t\r") + 1 != text.size();
      size_t run = 0;
      size_t longest = 0;
      size_t digits = 0;
      size_t most_digits = 0;
      for (const char c : text) {
        run = std::string_view(" \n\t\r").find(c) == std::string_view::npos ? 0 : run + 1;
        longest = std::max(longest, run);
        digits = c >= '0' && c <= '9' ? digits + 1 : 0;
        most_digits = std::max(most_digits, digits);
      }
      INFO(text);
      const bool bound = spaces || longest > 2 || most_digits > 2;
      REQUIRE(bound);
    }
  }
  CHECK(whole > 20000);
}

TEST_CASE("random bytes are refused where no JSON value begins so") {
  std::mt19937 random(3);
  for (int i = 0; i < 20000; ++i) {
    std::string text;
    JsonConstraint json;
    while (text.size() < 30) {
      const auto byte = static_cast<uint8_t>(random() % 256);
      const bool accepted = json.Accepts({reinterpret_cast<const char*>(&byte), 1});
      REQUIRE(accepted == Begins(text + static_cast<char>(byte)));
      if (!accepted) break;
      json.Step(byte);
      text += static_cast<char>(byte);
    }
  }
}

TEST_CASE("what is not JSON is refused") {
  for (const char* text : {"]",
                           "}",
                           "[}",
                           "{]",
                           "[,",
                           "[1,]",
                           "{,",
                           "{\"a\",",
                           "{\"a\":}",
                           "{\"a\":1,}",
                           "{1",
                           "tru ",
                           "truE",
                           "nul1",
                           "01",
                           "-a",
                           "-.",
                           "1.e",
                           "1.]",
                           "[1 2",
                           ".",
                           "+",
                           "1e+]",
                           "\"\n",
                           "\"\x01",
                           "\"\\x",
                           "\"\\u12g",
                           "\"\\uDC",
                           "\"\\uD800a",
                           "\"\\uD800\"",
                           "\"\\uD800\\n",
                           "\"\\uD800\\u0",
                           "\"\\uD800\\uD8",
                           "\"\x80",
                           "\"\xC0",
                           "\"\xED\xA0",
                           "\"\xF4\x90",
                           "\"\xC3\"",
                           "{} ",
                           "{}{",
                           "'",
                           "N"}) {
    INFO(text);
    CHECK_FALSE(Begins(text));
    const std::string most(text, std::string_view(text).size() - 1);
    CHECK(Begins(most));
  }
}

TEST_CASE("after a refusal nothing is accepted any more") {
  JsonConstraint json;
  CHECK_FALSE(json.Advance("x"));
  CHECK_FALSE(json.Accepts("1"));
  CHECK_FALSE(json.Accepts(""));
  CHECK_FALSE(json.complete());
}

TEST_CASE("a value must end where nothing can follow; a number may become longer") {
  const auto must_end = [](const std::string& text) {
    JsonConstraint json;
    REQUIRE(json.Advance(text));
    // By trying all bytes.
    bool can_go_on = false;
    for (int byte = 0; byte < 256; ++byte) {
      const char c = static_cast<char>(byte);
      can_go_on = can_go_on || json.Accepts({&c, 1});
    }
    CHECK(json.must_end() == (json.complete() && !can_go_on));
    return json.must_end();
  };
  for (const char* text : {"{}", "[1]", "\"a\"", "true", "1e10", "0e-99"}) CHECK(must_end(text));
  for (const char* text : {"", "1", "0", "-1.5", "1e1", "[1", "\"", "tru"}) CHECK_FALSE(must_end(text));
}

TEST_CASE("whitespace, depth and digits are bounded") {
  CHECK(Begins("[  1,  2"));
  CHECK_FALSE(Begins("[   "));
  CHECK_FALSE(Begins("[1   "));
  CHECK_FALSE(Begins("{\"a\"   "));
  CHECK_FALSE(Begins("   "));
  CHECK(Begins("\"      "));
  CHECK(Begins(std::string(64, '[') + "1"));
  CHECK_FALSE(Begins(std::string(65, '[')));
  CHECK_FALSE(Begins(std::string(64, '[') + "{"));
  CHECK(Begins("-" + std::string(20, '7') + "." + std::string(20, '0')));
  CHECK_FALSE(Begins(std::string(21, '7')));
  CHECK_FALSE(Begins("0." + std::string(21, '7')));
  CHECK_FALSE(Begins("1e123"));
  CHECK_FALSE(Begins("1e-001"));
}

TEST_CASE("brackets of every depth close as they were opened") {
  std::mt19937 random(4);
  for (int i = 0; i < 200; ++i) {
    std::string open;
    std::string close;
    for (auto depth = 1 + random() % 64; depth > 0; --depth) {
      const bool object = random() % 2 == 0;
      open += object ? "{\"k\":" : "[";
      close.insert(0, 1, object ? '}' : ']');
    }
    CHECK(IsWhole(open + "0" + close));
    const size_t wrong = random() % close.size();
    close[wrong] = close[wrong] == '}' ? ']' : '}';
    CHECK_FALSE(Begins(open + "0" + close));
  }
}

}  // namespace
}  // namespace tritwise::test
