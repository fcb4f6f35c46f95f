#include "tools/report/study_report.h"

#include <catch2/catch.hpp>
#include <cmath>

#include "tests/tools/page_parts.h"
#include "tests/tools/study_fixture.h"
#include "trainer/error.h"

namespace tritwise {
namespace {

using nlohmann::json;
using test::Contains;
using test::Occurrences;
using test::ScriptData;
using test::StudyFolder;
using test::TempDir;

std::string Page(const StudyFolder& study) {
  study.WriteIndex();
  WriteStudyReport(study.path());
  return study.Contents("study.html");
}

json Numbers(const StudyFolder& study) {
  Page(study);
  return json::parse(study.Contents("summary.json"));
}

std::string StudyRefusal(const std::filesystem::path& folder) {
  try {
    WriteStudyReport(folder);
  } catch (const Error& error) {
    return error.what();
  }
  return "accepted";
}

// 16-bit, 1.58-bit and a change at step 200 of 400.
void AddThree(StudyFolder& study, const std::string& name = "kept, 50 %", const std::string& group = "kept") {
  study.Add({"16-bit", "16-bit", 400});
  study.Add({"1.58-bit", "1.58-bit", 0});
  study.Add({name, group, 200});
  study.AddFigure("Curves", "curves", {"16-bit", group});
  study.AddFigure("Sweep", "sweep", {group});
}

double Spiked(int64_t step) { return step >= 200 && step < 230 ? 4.0 : 3.0; }

// Both seeds of all three.
void RunAll(const StudyFolder& study) {
  for (const int64_t seed : {1, 2}) {
    const double offset = seed == 1 ? 0.0 : 0.5;
    study.Flat(0, seed, 2.0 + offset);
    study.Flat(1, seed, 2.5 + offset);
    study.Run(2, seed, 400, Spiked, seed == 1 ? 2.125 : 2.75);
  }
}

TEST_CASE("A condition's final loss is the mean over its seeds, with lowest and highest") {
  StudyFolder study;
  AddThree(study);
  RunAll(study);
  const json kept = Numbers(study)["conditions"][2];
  CHECK(kept["validation_loss"] == json{{"mean", 2.4375}, {"low", 2.125}, {"high", 2.75}, {"seeds", 2}});
  CHECK(kept["training_loss"]["mean"] == 3.0);
  CHECK(kept["ends_ternary"] == true);
  CHECK(Contains(Page(study), ">2.4375 \u00b1 0.3125</td>"));
}

TEST_CASE("The distance to 16-bit is taken within each seed") {
  StudyFolder study;
  AddThree(study);
  RunAll(study);
  const json conditions = Numbers(study)["conditions"];
  CHECK(conditions[2]["above_16_bit"] == json{{"mean", 0.1875}, {"low", 0.125}, {"high", 0.25}, {"seeds", 2}});
  CHECK(conditions[1]["above_16_bit"] == json{{"mean", 0.5}, {"low", 0.5}, {"high", 0.5}, {"seeds", 2}});
  CHECK(conditions[0]["above_16_bit"].is_null());
}

TEST_CASE("A transition's effect stands beside what 16-bit runs show at the same steps") {
  StudyFolder study;
  AddThree(study);
  RunAll(study);
  const json conditions = Numbers(study)["conditions"];
  CHECK(conditions[2]["spike"]["mean"] == 1.0);
  CHECK(conditions[2]["spike_in_16_bit"]["mean"] == 0.0);
  CHECK(conditions[2]["steps_to_recover"]["mean"] == 30.0);
  CHECK(conditions[0]["spike"].is_null());
  CHECK(conditions[1]["spike"].is_null());
}

TEST_CASE("A run that does not recover is said not to") {
  StudyFolder study({"when", {1}});
  AddThree(study);
  study.Run(
      2, 1, 400, [](int64_t step) { return step < 200 ? 3.0 : 4.0; }, 2.5);
  CHECK(Numbers(study)["conditions"][2]["steps_to_recover"].is_null());
  CHECK(Contains(Page(study), "not within the run</td>"));
}

TEST_CASE("The answer names the best, its distances and whether they exceed the spread") {
  StudyFolder study;
  AddThree(study);
  RunAll(study);
  const std::string page = Page(study);
  CHECK(Contains(page,
                 "\u201ckept, 50 %\u201d has the lowest final validation loss of the 2 conditions that end ternary: "
                 "2.4375 nats (mean of 2 seeds). Compared within each seed, that is 0.1875 above \u201c16-bit\u201d "
                 "(0.1250 to 0.2500), which exceeds the spread over seeds, and 0.3125 below \u201c1.58-bit\u201d "
                 "(0.2500 to 0.3750), which exceeds the spread over seeds."));
}

TEST_CASE("A lead smaller than the spread is said not to be told apart") {
  StudyFolder study;
  AddThree(study);
  RunAll(study);
  study.Flat(1, 1, 2.0);
  study.Flat(1, 2, 3.0);
  const std::string page = Page(study);
  CHECK(Contains(page, "below \u201c1.58-bit\u201d (-0.1250 to 0.2500), which does not exceed the spread over seeds."));
  CHECK(Contains(page, "Not told apart from it: \u201c1.58-bit\u201d."));
}

TEST_CASE("One seed makes no claim about chance") {
  StudyFolder study({"when", {7}});
  AddThree(study);
  study.Flat(0, 7, 2.0);
  study.Flat(1, 7, 2.25);
  study.Flat(2, 7, 2.125);
  const std::string page = Page(study);
  CHECK(Contains(page, "2.1250 nats (one seed). That is 0.1250 above \u201c16-bit\u201d, and 0.1250 below"));
  CHECK(Contains(page, "With one seed no spread is known, so these differences may be chance."));
  CHECK_FALSE(Contains(page, "exceed"));
}

TEST_CASE("Schedules are answered for one by one, against their own 16-bit run") {
  StudyFolder study({"when", {1}});
  AddThree(study);
  study.Add({"annealed 16-bit", "annealed 16-bit", 400, "cosine"});
  study.Add({"annealed, 50 %", "annealed", 200, "cosine"});
  study.Flat(0, 1, 2.0);
  study.Flat(2, 1, 2.5);
  study.Flat(3, 1, 1.0);
  study.Flat(4, 1, 1.25);
  const json numbers = Numbers(study);
  CHECK(numbers["conditions"][2]["16_bit_condition"] == "16-bit");
  CHECK(numbers["conditions"][4]["16_bit_condition"] == "annealed 16-bit");
  CHECK(numbers["conditions"][4]["above_16_bit"]["mean"] == 0.25);
  CHECK(Contains(numbers["answer"][1], "With a flat learning rate, \u201ckept, 50 %\u201d"));
  CHECK(Contains(numbers["answer"][2], "annealed along a cosine, \u201cannealed, 50 %\u201d"));
}

TEST_CASE("While no seed is complete, the answer rests on the one that is furthest") {
  StudyFolder study;
  AddThree(study);
  study.Flat(0, 2, 2.0);
  study.Flat(2, 2, 2.5);
  study.Flat(2, 1, 9.0);
  const json answer = Numbers(study)["answer"];
  CHECK(answer[0] == "Under way: 3 of 6 runs are done.");
  CHECK(Contains(answer[1], "2.5000 nats (seed 2, by which 2 of 3 conditions are done). That is 0.5000 above"));
}

TEST_CASE("A study of which nothing has run yet has a page that says so") {
  StudyFolder study;
  AddThree(study);
  const std::string page = Page(study);
  CHECK(Contains(page, "Under way: 0 of 6 runs are done."));
  CHECK_FALSE(Contains(page, "has the lowest"));
  CHECK(ScriptData(page)["conditions"][2]["curve"].is_null());
  CHECK(Contains(page, "<td data-value=\"0.000000000\">0 of 2</td>"));
}

TEST_CASE("A run under way is drawn as far as it got and counted as not done") {
  StudyFolder study;
  AddThree(study);
  study.Run(
      2, 1, 250, [](int64_t) { return 3.0; }, 0.0);
  const std::string page = Page(study);
  const json condition = ScriptData(page)["conditions"][2];
  CHECK(condition["curve"]["step"].size() == 250);
  CHECK(condition["near"].size() == 100);
  CHECK(condition["complete"] == false);
  CHECK(Contains(page, ">0 of 2, next at step 250 of 400</td>"));
  CHECK(Numbers(study)["conditions"][2]["validation_loss"].is_null());
}

TEST_CASE("Curves are means of finished runs where there are any") {
  StudyFolder study;
  AddThree(study);
  study.Run(
      2, 1, 400, [](int64_t) { return 3.0; }, 2.5);
  study.Run(
      2, 2, 250, [](int64_t) { return 9.0; }, 0.0);
  CHECK(ScriptData(Page(study))["conditions"][2]["curve"]["loss"][10] == 3.0);
  study.Run(
      2, 2, 400, [](int64_t) { return 9.0; }, 2.5);
  CHECK(ScriptData(Page(study))["conditions"][2]["curve"]["loss"][10] == 6.0);
}

TEST_CASE("Curves are not smoothed across the transition") {
  StudyFolder study({"when", {1}});
  AddThree(study);
  study.Run(
      2, 1, 400, [](int64_t step) { return step < 200 ? 3.0 : 4.0; }, 2.5);
  const json condition = ScriptData(Page(study))["conditions"][2];
  CHECK(condition["curve"]["smooth_loss"][199] == 3.0);
  CHECK(condition["curve"]["smooth_loss"][200] == 4.0);
  CHECK(condition["near"][49] == 0.0);
  CHECK(condition["near"][50] == 1.0);
}

TEST_CASE("A figure that names a group shows its members") {
  StudyFolder study;
  AddThree(study);
  study.Add({"kept, 25 %", "kept", 100});
  study.AddFigure("All", "curves", {"kept, 25 %", "kept"});
  CHECK(ScriptData(Page(study))["figures"][1]["conditions"] == json{3, 2});
}

TEST_CASE("A sweep goes by place and has 16-bit and 1.58-bit as levels") {
  StudyFolder study({"when", {1}});
  AddThree(study);
  study.Add({"kept, 25 %", "kept", 100});
  study.Add({"annealed 16-bit", "annealed 16-bit", 400, "cosine"});
  for (size_t i = 0; i < 5; ++i) study.Flat(i, 1, 2.0 + 0.125 * static_cast<double>(i));
  const json sweep = Numbers(study)["sweeps"][0];
  REQUIRE(sweep["lines"].size() == 1);
  CHECK(sweep["lines"][0]["points"][0]["place_percent"] == 25.0);
  CHECK(sweep["lines"][0]["points"][0]["validation_loss"]["mean"] == 2.375);
  CHECK(sweep["lines"][0]["points"][1]["condition"] == "kept, 50 %");
  REQUIRE(sweep["levels"].size() == 2);
  CHECK(sweep["levels"][0]["condition"] == "16-bit");
  CHECK(sweep["levels"][1]["condition"] == "1.58-bit");
  CHECK(ScriptData(Page(study))["figures"][1]["levels"][0]["mean"] == 2.0);
}

TEST_CASE("Changed codes are a mean of layers and seeds, without the first look") {
  StudyFolder study;
  AddThree(study);
  RunAll(study);
  for (const int64_t seed : {1, 2}) {
    MetricsLog log(study.path() / ("runs/2-seed" + std::to_string(seed)) / "metrics.jsonl", 400);
    log.Write(CodesMetrics{99, {{"a", 0.25, 0.5, 0.25, std::nan("")}}});
    log.Write(CodesMetrics{199, {{"a", 0.25, 0.5, 0.25, 0.25}, {"b", 0.25, 0.5, 0.25, seed == 1 ? 0.25 : 0.75}}});
  }
  const json changed = ScriptData(Page(study))["conditions"][2]["changed"];
  CHECK(changed == json{{"step", {199}}, {"since", {99}}, {"share", {0.375}}});
}

TEST_CASE("A condition that does not become fully ternary is not among those compared") {
  StudyFolder study({"when", {1}});
  AddThree(study);
  study.Flat(1, 1, 2.25);
  const std::filesystem::path run = study.path() / "runs/2-seed1";
  study.Flat(2, 1, 1.0);
  MetricsLog(run / "metrics.jsonl", 399).Write(StepMetrics{399, 3.0});
  MetricsLog log(run / "metrics.jsonl", 400);
  log.Write(ValidationMetrics{399, 1.0, {}, 100, false});
  log.Write(EndMetrics{399, 1.0});
  const std::string page = Page(study);
  CHECK(Contains(page, ">1.0000 (not fully ternary)</td>"));
  CHECK(Contains(page, "\u201c1.58-bit\u201d has the lowest final validation loss: 2.2500 nats"));
}

TEST_CASE("Names of a study cannot end the script or open a tag") {
  const std::string name = "</script><!--<script>alert(1)</script>&\"'{{TABLE}}";
  StudyFolder plain;
  StudyFolder hostile({name});
  AddThree(plain);
  AddThree(hostile, name + "1", name);
  hostile.AddFigure(name, "curves", {name});
  plain.AddFigure("a", "curves", {"kept"});
  RunAll(plain);
  RunAll(hostile);
  const std::string page = Page(hostile);
  for (const char* part : {"</script", "<script", "<!--", "<table"}) {
    CHECK(Occurrences(page, part) == Occurrences(Page(plain), part));
  }
  CHECK(ScriptData(page)["conditions"][2]["name"] == name + "1");
  CHECK(
      Contains(page, "<h1>&lt;/script&gt;&lt;!--&lt;script&gt;alert(1)&lt;/script&gt;&amp;&quot;&#39;{{TABLE}}</h1>"));
}

TEST_CASE("Names of a study cannot break the Markdown table") {
  StudyFolder study;
  AddThree(study, "a|b\n<i>*c*", "group");
  RunAll(study);
  Page(study);
  CHECK(Contains(study.Contents("study.md"), "\n| a\\|b \\<i\\>\\*c\\* | 2 of 2 | 2.4375 \u00b1 0.3125 |"));
}

TEST_CASE("A study's page loads nothing from elsewhere and has no placeholder left") {
  StudyFolder study;
  AddThree(study);
  RunAll(study);
  const std::string page = Page(study);
  CHECK(Contains(page, "default-src 'none'"));
  CHECK(Contains(page, "Chart.js Contributors"));
  for (const char* reference : {" src=", " href=", "@import", "url(", "sourceMappingURL"}) {
    CHECK_FALSE(Contains(page, reference));
  }
  CHECK_FALSE(Contains(page.substr(0, page.find("<script>")), "{{"));
}

TEST_CASE("A folder that is no study gets one line") {
  const TempDir folder;
  const std::string path = folder.path().string();
  CHECK(StudyRefusal(folder.path() / "none") == path + "/none: is not the folder of a study");
  CHECK(StudyRefusal(folder.path()) == path + ": holds no study.json, so it is not the folder of a study");
  for (const char* text : {"", "not JSON", "[]", "{\"study\": 1}", "{\"study\": \"a\", \"seeds\": [1]}"}) {
    folder.Write("study.json", text);
    CHECK(StudyRefusal(folder.path()) == path + "/study.json: is not what `tritwise study` writes");
  }
  CHECK_FALSE(std::filesystem::exists(folder.path() / "study.html"));
}

TEST_CASE("Runs outside of a study's folder are not read") {
  const TempDir folder;
  for (const char* run : {"../other", "/etc", "runs/../../other", ""}) {
    const json condition = {
        {"name", "a"},           {"group", "a"},         {"steps", 10},
        {"transition_step", 0},  {"optimiser", "keep"},  {"rewarm_steps", 0},
        {"strength", "stepped"}, {"schedule", "cosine"}, {"runs", {{{"seed", 1}, {"folder", run}}}}};
    const json index = {{"study", "a"}, {"seeds", {1}}, {"conditions", {condition}}, {"figures", json::array()}};
    folder.Write("study.json", index.dump());
    CHECK(StudyRefusal(folder.path()) ==
          (folder.path() / "study.json").string() + ": the folder of a run is outside of the study's");
  }
}

}  // namespace
}  // namespace tritwise
