#include "tools/client/continuation.h"

#include <catch2/catch.hpp>

namespace tritwise {
namespace {

Json Delta(const std::string& text, std::vector<int> ids) {
  return {{"type", "delta"}, {"seq", 0}, {"text", text}, {"ids", ids}};
}

TEST_CASE("Deltas pass unchanged while the connection holds") {
  Continuation text;
  Json one = Delta("And ", {1});
  Json two = Delta("the", {2});
  REQUIRE(text.Accept(&one));
  REQUIRE(text.Accept(&two));
  CHECK(one["seq"] == 0);
  CHECK(two["seq"] == 1);
  CHECK(two["text"] == "the");
}

TEST_CASE("After a repetition only what is new passes, numbered on") {
  Continuation text;
  Json before = Delta("And the", {1, 2});
  REQUIRE(text.Accept(&before));
  text.Repeat();
  SECTION("all in one delta") {
    Json all = Delta("And the earth", {1, 2, 3});
    REQUIRE(text.Accept(&all));
    CHECK(all["text"] == " earth");
    CHECK(all["ids"] == Json{3});
    CHECK(all["seq"] == 1);
  }
  SECTION("in pieces other than before") {
    Json known = Delta("And", {1});
    CHECK_FALSE(text.Accept(&known));
    Json mixed = Delta(" the earth", {2, 3});
    REQUIRE(text.Accept(&mixed));
    CHECK(mixed["text"] == " earth");
    CHECK(mixed["ids"] == Json{3});
  }
  SECTION("twice") {
    Json part = Delta("And", {1});
    CHECK_FALSE(text.Accept(&part));
    text.Repeat();
    Json all = Delta("And the earth", {1, 2, 3});
    REQUIRE(text.Accept(&all));
    CHECK(all["text"] == " earth");
  }
}

TEST_CASE("Ids without text are news") {
  Continuation text;
  Json half = Delta("", {7});
  CHECK(text.Accept(&half));
  Json nothing = Delta("", {});
  CHECK_FALSE(text.Accept(&nothing));
}

}  // namespace
}  // namespace tritwise
