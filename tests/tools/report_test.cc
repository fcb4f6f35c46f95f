#include "tools/report/report.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>

#include "tests/support/temp_dir.h"
#include "tests/tools/page_parts.h"
#include "tools/report/series.h"
#include "trainer/error.h"
#include "trainer/log/metrics.h"

namespace tritwise {
namespace {

using nlohmann::json;
using test::Contains;
using test::Occurrences;
using test::ScriptData;
using test::TempDir;

struct RunShape {
  int64_t steps = 100;
  int64_t transition = 60;
  std::string layer = "blocks.0.attention.qkv";
};

void WriteRun(const std::filesystem::path& folder, const RunShape& shape) {
  MetricsLog log(folder / "metrics.jsonl");
  log.Write(RunMetrics{"0.1.0", 2, "oneDNN 2.6.3, bf16 products", "AVX2", 3412992, 1234567, shape.steps, 4096});
  for (int64_t step = 0; step < shape.steps; ++step) {
    const bool ternary = step >= shape.transition;
    if (step == shape.transition) log.Write(TransitionMetrics{step, false, false});
    const double loss = 3.0 + std::exp(-0.05 * static_cast<double>(step));
    log.Write(StepMetrics{step, loss, 1e-3, 1.0, ternary, ternary ? 1.0 : 0.0, 1e4 + loss, 1 << 28});
  }
  const int64_t last = shape.steps - 1;
  log.Write(ValidationMetrics{last, 3.125, {}, 20480, true});
  log.Write(CodesMetrics{last, {{shape.layer, 0.25, 0.5, 0.25}}});
  log.Write(EndMetrics{last, 200.0});
}

std::string Contents(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return std::string((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
}

std::string Page(const TempDir& folder) {
  WriteReport(folder.path());
  return Contents(folder.path() / "report.html");
}

std::string Refusal(const std::filesystem::path& folder) {
  try {
    WriteReport(folder);
  } catch (const Error& error) {
    return error.what();
  }
  return "accepted";
}

TEST_CASE("The page loads nothing from elsewhere") {
  const TempDir folder;
  WriteRun(folder.path(), {});
  const std::string page = Page(folder);
  CHECK(Contains(page, "default-src 'none'"));
  CHECK(Contains(page, "Chart.js v3."));
  for (const char* reference : {" src=", " href=", "@import", "url(", "sourceMappingURL"}) {
    CHECK_FALSE(Contains(page, reference));
  }
}

TEST_CASE("Chart.js comes with its licence") {
  const TempDir folder;
  WriteRun(folder.path(), {});
  const std::string page = Page(folder);
  CHECK(Contains(page, "Chart.js Contributors"));
  CHECK(Contains(page, "The above copyright notice and this permission notice shall be included"));
}

TEST_CASE("All placeholders of the template are filled in") {
  const TempDir folder;
  WriteRun(folder.path(), {});
  const std::string page = Page(folder);
  const std::string ours = page.substr(0, page.find("<script>"));
  CHECK_FALSE(Contains(ours, "{{"));
  CHECK(ScriptData(page).is_object());
}

TEST_CASE("The transition is in the data and in words") {
  const TempDir folder;
  WriteRun(folder.path(), {2000, 1200, "a"});
  const std::string page = Page(folder);
  const json data = ScriptData(page);
  CHECK(data["transition"] == 1200);
  REQUIRE(data["phases"].size() == 2);
  CHECK(data["phases"][0] == json{{"name", "16-bit"}, {"from", 0}, {"to", 1200}});
  CHECK(data["phases"][1] == json{{"name", "1.58-bit"}, {"from", 1200}, {"to", 2000}});
  CHECK(Contains(page, "16-bit until step 1,200, then 1.58-bit; optimiser state kept, quantisation at full strength"));
}

TEST_CASE("A run of one kind throughout has no transition") {
  const TempDir folder;
  WriteRun(folder.path(), {100, 100, "a"});
  CHECK(ScriptData(Page(folder))["transition"].is_null());
  CHECK(Contains(Page(folder), "16-bit throughout"));
  WriteRun(folder.path(), {100, 0, "a"});
  CHECK(ScriptData(Page(folder))["transition"].is_null());
  CHECK(Contains(Page(folder), "1.58-bit from the first step on"));
}

TEST_CASE("Names cannot end the script or open a tag") {
  const TempDir plain;
  const TempDir hostile;
  WriteRun(plain.path(), {});
  const std::string name = "</script><!--<script>alert(1)</script>&\"'\xFF{{RECIPE}}";
  WriteRun(hostile.path(), {100, 60, name});
  const std::string page = Page(hostile);
  CHECK(Occurrences(page, "</script") == Occurrences(Page(plain), "</script"));
  CHECK(Occurrences(page, "<!--") == Occurrences(Page(plain), "<!--"));
  CHECK(ScriptData(page)["codes"]["layer"][0] == "</script><!--<script>alert(1)</script>&\"'\uFFFD{{RECIPE}}");
}

TEST_CASE("The recipe is shown as text") {
  const TempDir folder;
  WriteRun(folder.path(), {});
  folder.Write("recipe.toml", "name = \"</pre><script>alert('x')</script>\" # {{DATA}} \xC3\n");
  const std::string page = Page(folder);
  CHECK(Contains(page,
                 "name = &quot;&lt;/pre&gt;&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt;&quot; # {{DATA}} \uFFFD\n"));
}

TEST_CASE("A run without a recipe has a report that says so") {
  const TempDir folder;
  WriteRun(folder.path(), {});
  CHECK(Contains(Page(folder), "There is no recipe.toml"));
}

TEST_CASE("The summary has units") {
  const TempDir folder;
  WriteRun(folder.path(), {});
  const std::string page = Page(folder);
  CHECK(Contains(page, "<dt>Validation loss, as exported</dt><dd>3.1250 nats</dd>"));
  CHECK(Contains(page, "<dt>Perplexity, as exported</dt><dd>22.76</dd>"));
  CHECK(Contains(page, "<dt>Training time</dt><dd>3 min 20 s</dd>"));
  CHECK(Contains(page, "<dt>Parameters</dt><dd>3,412,992</dd>"));
  CHECK(Contains(page, "<dt>Training set</dt><dd>1,234,567 tokens</dd>"));
  CHECK(Contains(page, "<dt>Peak memory</dt><dd>256 MiB</dd>"));
  CHECK(Contains(page, "<dt>Matrix products</dt><dd>oneDNN 2.6.3, bf16 products</dd>"));
}

TEST_CASE("The summary says where the last validation is over other items than those before") {
  const TempDir folder;
  WriteRun(folder.path(), {});
  CHECK(Contains(Page(folder), "<dt>Validated on</dt><dd>20,480 tokens</dd>"));
  MetricsLog log(folder.path() / "metrics.jsonl", 50);
  log.Write(ValidationMetrics{50, 3.5, {}, 2048, false});
  log.Write(ValidationMetrics{99, 3.125, {}, 20480, true});
  CHECK(Contains(Page(folder), "<dt>Validated on</dt><dd>20,480 tokens at the end, 2,048 before</dd>"));
}

TEST_CASE("A long run's page stays small") {
  const TempDir folder;
  WriteRun(folder.path(), {10000, 6000, "a"});
  const std::string page = Page(folder);
  CHECK(page.size() < 700000);
  const size_t points = ScriptData(page)["training"]["step"].size();
  CHECK(points > 1000);
  CHECK(points <= 2002);
}

TEST_CASE("A run under way, with a line half written, has a report") {
  const TempDir folder;
  folder.Write("metrics.jsonl",
               "{\"type\":\"step\",\"step\":0,\"loss\":null}\n"
               "{\"type\":\"step\",\"step\":1,\"loss\":2.5}\n{\"type\":\"st");
  const std::string page = Page(folder);
  CHECK(Contains(page, "<dt>Steps so far</dt><dd>2</dd>"));
  CHECK(Contains(page, "<dt>Steps whose loss was not finite</dt><dd>1</dd>"));
  CHECK(ScriptData(page)["training"]["loss"] == json{nullptr, 2.5});
}

TEST_CASE("A folder that is no run gets one line") {
  const TempDir folder;
  CHECK(Refusal(folder.path() / "none") == (folder.path() / "none").string() + ": is not the folder of a run");
  CHECK(Refusal(folder.path()) ==
        folder.path().string() + ": holds no metrics.jsonl, so it is not the folder of a run");
  const std::string metrics = folder.Write("metrics.jsonl", "").string();
  CHECK(Refusal(folder.path()) == metrics + ": has no step yet, so there is nothing to draw");
  folder.Write("metrics.jsonl", "not JSON\n{}\n");
  CHECK(Refusal(folder.path()) == metrics + ": line 1 is not a JSON object");
  CHECK_FALSE(std::filesystem::exists(folder.path() / "report.html"));
}

TEST_CASE("Thinning keeps the ends and every spike") {
  std::vector<double> values(10000, 1.0);
  values[1234] = 9.0;
  values[5678] = -9.0;
  values[7000] = std::nan("");
  const std::vector<size_t> chosen = Thin(values, 2000);
  CHECK(chosen.size() <= 2002);
  CHECK(std::is_sorted(chosen.begin(), chosen.end()));
  for (const size_t index : {size_t{0}, size_t{1234}, size_t{5678}, size_t{9999}}) {
    CHECK(std::binary_search(chosen.begin(), chosen.end(), index));
  }
}

TEST_CASE("Few values are not thinned") {
  CHECK(Thin(std::vector<double>{1, 2, 3}, 3) == std::vector<size_t>{0, 1, 2});
  CHECK(Thin(std::vector<double>{}, 3).empty());
}

TEST_CASE("Smoothing keeps a jump, does not lag and passes over what is not finite") {
  const double nan = std::nan("");
  const std::vector<double> smooth = Smooth(std::vector<double>{1, 2, 3, nan, 10, 10, 13, nan}, 3, 4);
  CHECK(smooth == std::vector<double>{1.5, 2, 2.5, 3, 10, 11, 11.5, 13});
  CHECK(std::isnan(Smooth(std::vector<double>{nan}, 3, 1).at(0)));
}

}  // namespace
}  // namespace tritwise
