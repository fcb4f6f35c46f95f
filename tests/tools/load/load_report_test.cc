#include "tools/report/load_report.h"

#include <catch2/catch.hpp>

#include <fstream>
#include <iterator>

#include "tests/support/temp_dir.h"
#include "tests/tools/page_parts.h"
#include "tools/bench/load/load_tables.h"

namespace tritwise {
namespace {

// Of a test that was: 20 requests, of which one found no server.
Json Measured(const std::string& model) {
  LoadResult result;
  result.model = {{"name", model}};
  result.seconds = 4.0;
  result.tally.begun = 20;
  result.tally.ok = 19;
  result.tally.tokens = 190;
  result.tally.Error("unreachable");
  for (int i = 1; i <= 19; ++i) {
    result.tally.first_token.Add(10.0 * i);
    result.tally.request.Add(20.0 * i);
    result.tally.queue.Add(i);
  }
  result.samples = {{0.0, 0, 0.0, 0.0, 1e6}, {2.0, 100, 4.0, 3.0, 2e6}, {4.0, 190, 0.0, 0.0, 2e6}};
  result.server = {{"rows_per_step", 3.5},
                   {"compute_share", 0.9},
                   {"steps_total", 100},
                   {"cached_tokens_total", 5},
                   {"restarts", 0},
                   {"stats_reply_ms", nullptr},
                   {"resident_bytes", {{"begin", 1e6}, {"quarters", {1e6}}, {"end", 2e6}, {"max", 2e6}}}};
  return LoadJson({}, result);
}

std::string PageOf(const Json& json) {
  const test::TempDir folder;
  const std::string path = (folder.path() / "load.html").string();
  WriteLoadReport(path, json.dump());
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

TEST_CASE("The page of a load test has its figures and curves, and loads nothing") {
  const std::string page = PageOf(Measured("text"));
  CHECK(test::Contains(page, "<dt>tokens a second</dt><dd>47.5</dd>"));
  CHECK(test::Contains(page, "unreachable 1"));
  CHECK_FALSE(test::Contains(page, "{{"));
  CHECK_FALSE(test::Contains(page, "src="));
  const nlohmann::json data = test::ScriptData(page);
  CHECK(data["over_time"]["tokens_per_s"] == nlohmann::json{nullptr, 50.0, 45.0});
  CHECK(data["curves"]["first_token_ms"].back() == nlohmann::json{100.0, 190.0});
  CHECK(data["curves"]["between_tokens_ms"].empty());
}

TEST_CASE("The name of a model is text on the page of a load test") {
  const std::string page = PageOf(Measured("<script>alert(1)</script>"));
  CHECK_FALSE(test::Contains(page, "<script>alert"));
  CHECK(test::Contains(page, "&lt;script&gt;alert"));
}

TEST_CASE("A load test of which nothing was measured has a page too") {
  LoadResult result;
  result.model = {{"name", "text"}};
  result.server = Measured("text")["server"];
  result.samples = {{}};
  CHECK(test::Contains(PageOf(LoadJson({}, result)), "<dt>requests answered</dt><dd>0</dd>"));
}

}  // namespace
}  // namespace tritwise
