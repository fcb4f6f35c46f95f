// Nothing of a stop goes out, and nothing else stays behind.
#include "tools/serve/stop_text.h"

#include <catch2/catch.hpp>

namespace tritwise::test {
using serve::StopText;

TEST_CASE("without stops everything goes out at once") {
  StopText text({});
  CHECK(text.Push("abc") == "abc");
  CHECK(text.Finish().empty());
}

TEST_CASE("what may begin a stop is held back until it does not") {
  StopText text({"END"});
  CHECK(text.Push("an E") == "an ");
  CHECK(text.Push("N") == "");
  CHECK(text.Push("emy") == "ENemy");
  CHECK(!text.stopped());
}

TEST_CASE("a stop in pieces ends the text before it") {
  StopText text({"END"});
  CHECK(text.Push("the EN") == "the ");
  CHECK(text.Push("D of it") == "");
  CHECK(text.stopped());
  CHECK(text.Push("more").empty());
  CHECK(text.Finish().empty());
}

TEST_CASE("the first of several stops counts") {
  StopText text({"two", "one"});
  CHECK(text.Push("one two") == "");
  CHECK(text.stopped());
}

TEST_CASE("a stop that begins with itself is found") {
  StopText text({"aab"});
  CHECK(text.Push("a") == "");
  CHECK(text.Push("a") == "");
  CHECK(text.Push("a") == "a");
  CHECK(text.Push("b") == "");
  CHECK(text.stopped());
}

TEST_CASE("what was held back goes out at the end") {
  StopText text({"###"});
  CHECK(text.Push("ab##") == "ab");
  CHECK(text.Finish() == "##");
}

}  // namespace tritwise::test
