#include "tools/bench/load/text_check.h"

#include <catch2/catch.hpp>

namespace tritwise {
namespace {

TEST_CASE("Equal requests with equal texts agree, whole or cut off") {
  TextCheck check;
  CHECK(check.Agrees(1, {5, 6}, false));
  CHECK(check.Agrees(1, {5, 6, 7, 8}, true));
  CHECK(check.Agrees(1, {5, 6, 7}, false));
  CHECK(check.Agrees(1, {}, false));
  CHECK(check.Agrees(1, {5, 6, 7, 8}, true));
  CHECK(check.compared() == 4);
}

TEST_CASE("A text that differs from an equal request's is noticed") {
  TextCheck check;
  REQUIRE(check.Agrees(1, {5, 6, 7, 8}, true));
  CHECK_FALSE(check.Agrees(1, {5, 6, 9, 8}, true));
  CHECK_FALSE(check.Agrees(1, {4}, false));
}

TEST_CASE("A whole text that is shorter or longer is noticed") {
  TextCheck check;
  REQUIRE(check.Agrees(1, {5, 6, 7}, true));
  CHECK_FALSE(check.Agrees(1, {5, 6}, true));
  CHECK_FALSE(check.Agrees(1, {5, 6, 7, 8}, true));
  REQUIRE(check.Agrees(2, {5, 6, 7}, false));
  CHECK_FALSE(check.Agrees(2, {5, 6}, true));
}

TEST_CASE("Other prompts may have other texts") {
  TextCheck check;
  CHECK(check.Agrees(1, {5}, true));
  CHECK(check.Agrees(2, {6}, true));
  CHECK(check.compared() == 0);
}

}  // namespace
}  // namespace tritwise
