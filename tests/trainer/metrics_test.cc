#include "trainer/log/metrics.h"

#include <sys/resource.h>

#include <catch2/catch.hpp>
#include <cmath>
#include <csignal>
#include <fstream>
#include <iterator>
#include <limits>
#include <nlohmann/json.hpp>

#include "tests/support/temp_dir.h"
#include "trainer/error.h"
#include "trainer/log/metrics_reader.h"

namespace tritwise {
namespace {

using test::TempDir;

std::string Contents(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return std::string((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
}

std::vector<std::string> LinesOf(const std::filesystem::path& path) {
  std::ifstream file(path);
  std::vector<std::string> lines;
  for (std::string line; std::getline(file, line);) lines.push_back(line);
  return lines;
}

StepMetrics StepAt(int64_t step) {
  StepMetrics metrics;
  metrics.step = step;
  metrics.loss = 4.5;
  metrics.ternary = step >= 5;
  return metrics;
}

TEST_CASE("Each type of line has its fields in the order documented") {
  const TempDir folder;
  const auto path = folder.path() / "metrics.jsonl";
  MetricsLog log(path);
  log.Write(RunMetrics{"1.2.3", 2, "oneDNN", "AVX2", 10, 20, 30, 40, "images", ""});
  log.Write(StepMetrics{7, 2.5, 0.001, 1.5, true, 0.25, 1000.0, 4096});
  log.Write(TransitionMetrics{5, true, false});
  log.Write(TransitionMetrics{5, false, true});
  log.Write(ValidationMetrics{9, 2.25, 0.5, 100, true});
  log.Write(ValidationMetrics{9, 2.25, {}, 100, false});
  log.Write(CodesMetrics{9, {{"a", 0.25, 0.5, 0.25}}});
  log.Write(EndMetrics{29, 12.5});
  CHECK(LinesOf(path) ==
        std::vector<std::string>{
            R"({"type":"run","version":"1.2.3","threads":2,"products":"oneDNN","target":"AVX2","parameters":10,)"
            R"("train_tokens":20,"steps":30,"batch_rows":40,"unit":"images","ranks":1})",
            R"({"type":"step","step":7,"loss":2.5,"learning_rate":0.001,"gradient_norm":1.5,"ternary":true,)"
            R"("strength":0.25,"rows_per_s":1000.0,"peak_rss_bytes":4096})",
            R"({"type":"transition","step":5,"optimiser":"reset","strength":"stepped"})",
            R"({"type":"transition","step":5,"optimiser":"kept","strength":"phased"})",
            R"({"type":"validation","step":9,"loss":2.25,"accuracy":0.5,"items":100,"exported":true})",
            R"({"type":"validation","step":9,"loss":2.25,"accuracy":null,"items":100,"exported":false})",
            R"({"type":"codes","step":9,"layers":[{"name":"a","minus":0.25,"zero":0.5,"plus":0.25,"changed":0.0}]})",
            R"({"type":"end","step":29,"train_seconds":12.5})"});
}

TEST_CASE("A line is in the file as soon as it is written") {
  const TempDir folder;
  const auto path = folder.path() / "metrics.jsonl";
  MetricsLog log(path);
  log.Write(StepAt(0));
  CHECK(LinesOf(path).size() == 1);
  log.Write(StepAt(1));
  CHECK(LinesOf(path).size() == 2);
}

TEST_CASE("Numbers that are not finite become null and come back as not a number") {
  const TempDir folder;
  const auto path = folder.path() / "metrics.jsonl";
  MetricsLog log(path);
  StepMetrics step = StepAt(0);
  step.loss = std::nan("");
  step.gradient_norm = std::numeric_limits<double>::infinity();
  log.Write(step);
  const auto object = nlohmann::json::parse(Contents(path));
  CHECK(object["loss"].is_null());
  CHECK(object["gradient_norm"].is_null());
  CHECK(std::isnan(ReadMetrics(path).steps.at(0).loss));
}

TEST_CASE("A new run's log begins empty") {
  const TempDir folder;
  const auto path = folder.Write("metrics.jsonl", "{\"type\":\"step\",\"step\":0}\n");
  const MetricsLog log(path);
  CHECK(Contents(path).empty());
}

TEST_CASE("A resumed run's log keeps the lines before its step and goes on behind them") {
  const TempDir folder;
  const auto path = folder.path() / "metrics.jsonl";
  {
    MetricsLog log(path);
    log.Write(RunMetrics());
    for (int64_t i = 0; i < 5; ++i) log.Write(StepAt(i));
    log.Write(ValidationMetrics{3, 1.0, {}, 1, false});
    log.Write(ValidationMetrics{2, 1.0, {}, 1, false});
  }
  MetricsLog log(path, 3);
  log.Write(StepAt(3));
  const MetricsRecord record = ReadMetrics(path);
  CHECK(record.run.has_value());
  REQUIRE(record.steps.size() == 4);
  CHECK(record.steps.back().step == 3);
  REQUIRE(record.validations.size() == 1);
  CHECK(record.validations[0].step == 2);
}

TEST_CASE("Resuming keeps the lines byte for byte, also of types that this program does not know") {
  const TempDir folder;
  const std::string lines = "{\"type\":\"note\",  \"text\":\"x\"}\n{\"step\":1,\"loss\":0.1000000000000000055}\n";
  const auto path = folder.Write("metrics.jsonl", lines);
  const MetricsLog log(path, 2);
  CHECK(Contents(path) == lines);
}

TEST_CASE("A last line that was cut short is dropped on resuming, wherever it was cut") {
  const TempDir folder;
  const std::string first = "{\"type\":\"step\",\"step\":0}\n";
  const std::string second = "{\"type\":\"step\",\"step\":1}";
  for (size_t length = 1; length <= second.size(); ++length) {
    const auto path = folder.Write("metrics.jsonl", first + second.substr(0, length));
    const MetricsLog log(path, 9);
    // Whole without its line end, it is as good as any.
    CHECK(Contents(path) == (length == second.size() ? first + second + "\n" : first));
  }
}

TEST_CASE("Resuming without a log begins one") {
  const TempDir folder;
  const auto path = folder.path() / "metrics.jsonl";
  MetricsLog log(path, 100);
  log.Write(StepAt(100));
  CHECK(LinesOf(path).size() == 1);
}

TEST_CASE("A log with a line that is not an object is refused with its number, and stays as it was") {
  const TempDir folder;
  const std::string text = "{\"step\":0}\n[1]\n{\"step\":1}\n";
  const auto path = folder.Write("metrics.jsonl", text);
  CHECK_THROWS_WITH(MetricsLog(path, 1), Catch::EndsWith("line 2 is not a JSON object"));
  CHECK(Contents(path) == text);
}

TEST_CASE("A log that cannot be made is an Error with the reason") {
  const TempDir folder;
  CHECK_THROWS_WITH(MetricsLog(folder.path() / "missing" / "metrics.jsonl"),
                    Catch::Contains("cannot write: No such file"));
}

TEST_CASE("A line that does not fit the disk is an Error and leaves no part of itself") {
  const TempDir folder;
  const auto path = folder.path() / "metrics.jsonl";
  MetricsLog log(path);
  log.Write(StepAt(0));
  const std::string before = Contents(path);
  rlimit usual = {};
  getrlimit(RLIMIT_FSIZE, &usual);
  const rlimit small = {before.size() + 10, usual.rlim_max};
  const auto handler = std::signal(SIGXFSZ, SIG_IGN);
  setrlimit(RLIMIT_FSIZE, &small);
  CHECK_THROWS_AS(log.Write(StepAt(1)), Error);
  setrlimit(RLIMIT_FSIZE, &usual);
  std::signal(SIGXFSZ, handler);
  CHECK(Contents(path) == before);
  log.Write(StepAt(1));
  CHECK(ReadMetrics(path).steps.size() == 2);
}

TEST_CASE("What was written is read back the same") {
  const TempDir folder;
  const auto path = folder.path() / "metrics.jsonl";
  MetricsLog log(path);
  log.Write(RunMetrics{"1.2.3", 2, "oneDNN", "AVX2", 10, 20, 30, 40, "images", "run:a"});
  log.Write(StepMetrics{7, 0.1, 0.001, 1.5, true, 0.25, 1000.0, 4096});
  log.Write(TransitionMetrics{5, true, true});
  log.Write(ValidationMetrics{9, 2.25, 0.5, 100, true});
  log.Write(CodesMetrics{9, {{"a", 0.25, 0.5, 0.25}, {"b", 0.0, 1.0, 0.0}}});
  log.Write(EndMetrics{29, 12.5});
  const MetricsRecord record = ReadMetrics(path);
  REQUIRE(record.run);
  CHECK(record.run->products == "oneDNN");
  CHECK(record.run->batch_rows == 40);
  CHECK(record.run->unit == "images");
  CHECK(record.run->init == "run:a");
  REQUIRE(record.steps.size() == 1);
  CHECK(record.steps[0].loss == 0.1);
  CHECK(record.steps[0].ternary);
  CHECK(record.steps[0].peak_rss_bytes == 4096);
  REQUIRE(record.transitions.size() == 1);
  CHECK(record.transitions[0].optimiser_reset);
  CHECK(record.transitions[0].strength_phased);
  REQUIRE(record.validations.size() == 1);
  CHECK(record.validations[0].accuracy == 0.5);
  CHECK(record.validations[0].exported);
  REQUIRE(record.codes.size() == 1);
  REQUIRE(record.codes[0].layers.size() == 2);
  CHECK(record.codes[0].layers[1].zero == 1.0);
  REQUIRE(record.end);
  CHECK(record.end->train_seconds == 12.5);
}

TEST_CASE("Fields of the wrong type read as nothing instead of failing") {
  const TempDir folder;
  const auto path = folder.Write("metrics.jsonl",
                                 "{\"type\":\"step\",\"step\":\"x\",\"loss\":[],\"ternary\":1}\n"
                                 "{\"type\":\"codes\",\"layers\":[1,{\"name\":2}]}\n"
                                 "{\"type\":7}\n\n{}\n");
  const MetricsRecord record = ReadMetrics(path);
  REQUIRE(record.steps.size() == 1);
  CHECK(record.steps[0].step == 0);
  CHECK(std::isnan(record.steps[0].loss));
  CHECK_FALSE(record.steps[0].ternary);
  REQUIRE(record.codes.size() == 1);
  REQUIRE(record.codes[0].layers.size() == 1);
  CHECK(record.codes[0].layers[0].name.empty());
}

TEST_CASE("Text that is not UTF-8 still gives a JSON line") {
  const TempDir folder;
  const auto path = folder.path() / "metrics.jsonl";
  MetricsLog log(path);
  log.Write(CodesMetrics{0, {{"a\xFF\n", 0.0, 1.0, 0.0}}});
  CHECK(LinesOf(path).size() == 1);
  CHECK(ReadMetrics(path).codes.at(0).layers.at(0).name == "a\uFFFD\n");
}

}  // namespace
}  // namespace tritwise
