// Recipes of routers: what is read, and what is refused in one line.
#include "tools/route/settings.h"

#include <catch2/catch.hpp>

#include <fstream>

#include "tests/support/random_model.h"
#include "trainer/error.h"

namespace tritwise::test {
namespace {

std::vector<route::WorkerSource> Read(const std::string& text, route::RouterSettings& settings) {
  const TempDir folder;
  const std::string path = (folder.path() / "route.toml").string();
  std::ofstream(path) << text;
  return ReadRouterSettings(path, settings);
}

}  // namespace

TEST_CASE("a recipe names the workers and how the router serves") {
  route::RouterSettings settings;
  const auto workers = Read(
      "[router]\nbind = \"ipc:///tmp/x\"\nrequests = 7\n[[worker]]\naddress = \"tcp://10.0.0.2:5555\"\n"
      "[[worker]]\naddress = \"tcp://10.0.0.3:5555\"\ncontrol = \"tcp://10.0.0.3:7\"\n",
      settings);
  CHECK(settings.bind == "ipc:///tmp/x");
  CHECK(settings.requests == 7);
  REQUIRE(workers.size() == 2);
  CHECK(workers[1].control == "tcp://10.0.0.3:7");
}

TEST_CASE("unknown keys and sections of a router's recipe are refused") {
  route::RouterSettings settings;
  CHECK_THROWS_WITH(Read("[router]\nsequences = 3\n", settings), Catch::Contains("unknown key router.sequences"));
  CHECK_THROWS_WITH(Read("[[worker]]\nadress = \"\"\n", settings), Catch::Contains("unknown key worker.adress"));
  CHECK_THROWS_WITH(Read("[server]\n", settings), Catch::Contains("[[worker]]"));
}

TEST_CASE("workers without an address, twice the same, and a key without an own one are refused") {
  const route::RouterSettings settings;
  CHECK_THROWS_WITH(CheckWorkers({{"", "", ""}}, settings), Catch::Contains("needs an address"));
  CHECK_THROWS_WITH(CheckWorkers({{"nonsense", "", ""}}, settings), Catch::Contains("tcp://HOST:PORT"));
  CHECK_THROWS_WITH(CheckWorkers({{"tcp://a:1", "", ""}, {"tcp://a:1", "", ""}}, settings), Catch::Contains("twice"));
  CHECK_NOTHROW(CheckWorkers({{"tcp://not-there-yet:1", "", ""}}, settings));
}

}  // namespace tritwise::test
