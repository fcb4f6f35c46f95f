// How the minimal command reads its arguments and writes JSON.
#include <catch2/catch.hpp>
#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>

#include "tools/minimal/arguments.h"
#include "tools/minimal/json.h"

namespace tritwise::test {
namespace {

using namespace tritwise::minimal;

// A flag of every kind.
struct Fixture {
  bool on = false;
  int64_t count = 7;
  uint64_t seed = 0;
  float heat = 0.5f;
  std::vector<int64_t> list;
  std::string text;
  std::string choice;
  std::string path;
  std::string second;
  bool help = false;
  static constexpr std::string_view kChoices[] = {"left", "right"};

  std::vector<Flag> flags() {
    return {{"PATH", {}, Text{&path}, "First", true},
            {"SECOND", {}, Text{&second}, "Second"},
            {"--on", {}, Switch{&on}, "Turn"},
            {"--count", "-n", Integer{&count, 1, 100}, "Number"},
            {"--seed", {}, Unsigned{&seed}, "Seed"},
            {"--heat", {}, Real{&heat, 0.0f, 2.0f}, "Heat"},
            {"--list", {}, Integers{&list, 0, 9}, "Numbers"},
            {"--text", "-t", Text{&text}, "Any"},
            {"--choice", {}, Text{&choice, kChoices}, "One"}};
  }
  Status Parse(const std::vector<const char*>& words) { return minimal::Parse(words, flags(), &help); }
  std::string Error(std::vector<const char*> words) {
    words.insert(words.begin(), "file");
    const Status status = Parse(words);
    return status.ok() ? "" : status.message();
  }
};

std::string Numbered(double value) {
  minimal::Json json;
  json.Number("x", value);
  return nlohmann::json::parse(json.Finish())["x"].dump();
}

}  // namespace

TEST_CASE("flags take values behind them, glued to them, and of every kind") {
  Fixture f;
  REQUIRE(f.Parse({"a.trit", "--on", "--count=12", "--seed", "18446744073709551615", "--heat", "1.25", "--list",
                   "3,0,9", "-tglued", "--choice", "right", "b"})
              .ok());
  CHECK(f.on);
  CHECK(f.count == 12);
  CHECK(f.seed == std::numeric_limits<uint64_t>::max());
  CHECK(f.heat == 1.25f);
  CHECK(f.list == std::vector<int64_t>{3, 0, 9});
  CHECK(f.text == "glued");
  CHECK(f.choice == "right");
  CHECK(f.path == "a.trit");
  CHECK(f.second == "b");
}

TEST_CASE("what is not given keeps its default") {
  Fixture f;
  REQUIRE(f.Parse({"a.trit"}).ok());
  CHECK(f.count == 7);
  CHECK(f.heat == 0.5f);
  CHECK_FALSE(f.on);
  CHECK(f.second.empty());
}

TEST_CASE("a value may begin with a dash or be empty, and operands may too behind two dashes") {
  Fixture f;
  REQUIRE(f.Parse({"-t", "--count", "--", "-n"}).ok());
  CHECK(f.text == "--count");
  CHECK(f.path == "-n");
  Fixture empty;
  REQUIRE(empty.Parse({"a", "-t", ""}).ok());
  CHECK(empty.text.empty());
  Fixture dash;
  REQUIRE(dash.Parse({"-"}).ok());
  CHECK(dash.path == "-");
}

TEST_CASE("ends of a range are in it") {
  for (const char* n : {"1", "100"}) CHECK(Fixture().Error({"-n", n}).empty());
  for (const char* n : {"0", "101", "-1", "99999999999999999999"}) {
    CHECK(Fixture().Error({"-n", n}) == "--count: \"" + std::string(n) + "\" is not a number from 1 to 100");
  }
  for (const char* x : {"0", "2"}) CHECK(Fixture().Error({"--heat", x}).empty());
  for (const char* x : {"-0.1", "2.1", "nan", "inf", "1e99"}) {
    CHECK(Fixture().Error({"--heat", x}) == "--heat: \"" + std::string(x) + "\" is not a number from 0 to 2");
  }
}

TEST_CASE("what is no number is refused whole") {
  for (const char* text : {"", "x", "5x", " 5", "5 ", "1.5", "1,2"}) {
    INFO(text);
    CHECK_FALSE(Fixture().Error({"-n", text}).empty());
  }
  for (const char* text : {"", "hot", "1.0.0", " 1"}) CHECK_FALSE(Fixture().Error({"--heat", text}).empty());
  for (const char* text : {"", "-1", " -1", "x", "18446744073709551616"}) {
    INFO(text);
    CHECK_FALSE(Fixture().Error({"--seed", text}).empty());
  }
  for (const char* text : {"", "1,", ",1", "1,,2", "10", "1;2"}) {
    INFO(text);
    CHECK(Fixture().Error({"--list", text}).find("is not numbers from 0 to 9, as 1,2,4") != std::string::npos);
  }
}

TEST_CASE("wrong words are named in one line") {
  CHECK(Fixture().Error({"--no-such"}) == "there is no flag \"--no-such\"");
  CHECK(Fixture().Error({"-x"}) == "there is no flag \"-x\"");
  CHECK(Fixture().Error({"--counts", "3"}) == "there is no flag \"--counts\"");
  CHECK(Fixture().Error({"-n"}) == "a value is missing behind \"--count\"");
  CHECK(Fixture().Error({"--on=1"}) == "no value goes with \"--on\"");
  CHECK(Fixture().Error({"-n", "3", "--count", "4"}) == "there is a second \"--count\"");
  CHECK(Fixture().Error({"b", "c"}) == "there is a word too many: \"c\"");
  CHECK(Fixture().Error({"--choice", "up"}) == "--choice: \"up\" is not one of left, right");
  CHECK(Fixture().Error({"--choice", ""}) == "--choice: \"\" is not one of left, right");
  CHECK(std::string(Fixture().Parse({"--on"}).message()) == "PATH is required");
}

TEST_CASE("help ends the reading, unless it is a value") {
  Fixture f;
  REQUIRE(f.Parse({"--help", "--no-such"}).ok());
  CHECK(f.help);
  Fixture value;
  REQUIRE(value.Parse({"a", "-t", "--help"}).ok());
  CHECK_FALSE(value.help);
  CHECK(value.text == "--help");
}

TEST_CASE("the description has one line a flag, with its default") {
  Fixture f;
  const std::string text = DescribeFlags(f.flags());
  CHECK(std::count(text.begin(), text.end(), '\n') == static_cast<std::ptrdiff_t>(f.flags().size()));
  CHECK(text.find("  -n, --count") != std::string::npos);
  CHECK(text.find("Number (default: 7)\n") != std::string::npos);
  CHECK(text.find("First (required)\n") != std::string::npos);
}

TEST_CASE("JSON nests, escapes, and is read back as what it was") {
  const std::string odd = "quote \" back \\ line \n bell \a caf\xC3\xA9 \xF0\x9F\x99\x82";
  minimal::Json json;
  json.Text(odd, odd);
  json.Open("inner", '{');
  json.Integer("most", std::numeric_limits<uint64_t>::max());
  json.Open("list", '[');
  json.Number("", 0.1);
  json.Open("", '{');
  json.Close();
  json.Close();
  json.Close();
  json.Bool("yes", true);
  const auto read = nlohmann::json::parse(json.Finish());
  CHECK(read[odd] == odd);
  CHECK(read["inner"]["most"] == std::numeric_limits<uint64_t>::max());
  CHECK(read["inner"]["list"][0] == 0.1);
  CHECK(read["inner"]["list"][1].empty());
  CHECK(read["yes"] == true);
}

TEST_CASE("in JSON, bytes that are not UTF-8 are replaced and numbers that are none are null") {
  minimal::Json json;
  json.Text("x", "a\xFF\xC3");
  CHECK(nlohmann::json::parse(json.Finish())["x"] == "a\xEF\xBF\xBD\xEF\xBF\xBD");
  CHECK(Numbered(std::nan("")) == "null");
  CHECK(Numbered(std::numeric_limits<double>::infinity()) == "null");
  CHECK(Numbered(1.0) == "1");
}

}  // namespace tritwise::test
