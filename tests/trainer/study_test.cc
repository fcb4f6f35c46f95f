// Studies: how their files are read, what is shared, and that a branch is the run that it stands for.
#include <catch2/catch.hpp>

#include "tests/trainer/small_run.h"
#include "trainer/checkpoint.h"
#include "trainer/error.h"
#include "trainer/log/metrics_reader.h"
#include "trainer/study/branch.h"
#include "trainer/study/run_study.h"

namespace tritwise::test {
namespace {

using Catch::Contains;

const std::string kPaper = R"(
[study]
seeds = [4, 5]
[data]
path = "text.txt"
[train]
steps = 100
[[condition]]
name = "16-bit"
quantise.transition = 1.0
[[condition]]
name = "1.58-bit"
quantise.transition = 0.0
[[condition]]
name = "kept"
quantise.transition = [0.2, 0.4, 0.6]
[[condition]]
name = "reset"
quantise.transition = [0.2, 0.4, 0.6]
quantise.optimiser = "reset"
[[condition]]
name = "phased"
quantise.transition = [0.2, 0.4, 0.6]
quantise.strength = "phased"
)";

std::string ErrorOf(const std::string& toml) {
  try {
    ParseStudy(toml, "my.toml", {});
  } catch (const Error& error) {
    return error.what();
  }
  return "no error";
}

TEST_CASE("a list of transitions stands for one condition an entry") {
  const Study study = ParseStudy(kPaper, "paper.toml", {});
  CHECK(study.name == "paper");
  CHECK(study.seeds == std::vector<int64_t>{4, 5});
  REQUIRE(study.conditions.size() == 11);
  CHECK(study.conditions[3].name == "kept, 40 %");
  CHECK(study.conditions[3].group == "kept");
  CHECK(study.conditions[3].recipe.transition_step() == 40);
  CHECK(study.conditions[5].recipe.quantise.optimiser == OptimiserAtTransition::kReset);
}

TEST_CASE("overrides change what all conditions have in common") {
  const Study study = ParseStudy(kPaper, "paper.toml", {"train.steps=50", "quantise.transition=0.9"});
  CHECK(study.conditions[3].recipe.train.steps == 50);
  CHECK(study.conditions[3].recipe.transition_step() == 20);  // a condition has the last word
}

TEST_CASE("mistakes in a study are refused with their place") {
  CHECK_THAT(ErrorOf("[data]\npath = \"x\"\n"), Contains("at least one [[condition]]"));
  CHECK_THAT(ErrorOf(kPaper + "[[condition]]\nname = \"kept\"\nquantise.transition = [0.2]\n"),
             Contains("my.toml:") && Contains("two conditions \"kept, 20 %\""));
  CHECK_THAT(ErrorOf(kPaper + "[[condition]]\ntrain.steps = 5\n"), Contains("condition.name must be a text"));
  CHECK_THAT(ErrorOf(kPaper + "[[condition]]\nname = \"x\"\ntrain.step = 5\n"), Contains("unknown key train.step"));
  CHECK_THAT(ErrorOf(kPaper + "[[condition]]\nname = \"x\"\nquantise.transition = 500\n"),
             Contains("condition \"x\"") && Contains("step 500"));
  CHECK_THAT(ErrorOf(kPaper + "[[figure]]\ntitle = \"t\"\nconditions = [\"nobody\"]\n"),
             Contains("a condition that there is not: nobody"));
  CHECK_THAT(ErrorOf(kPaper + "[[figure]]\ntitle = \"t\"\nkind = \"pie\"\nconditions = [\"kept\"]\n"),
             Contains("curves | sweep"));
  CHECK_THAT(ErrorOf("[study]\nseed = 1\n" + kPaper.substr(kPaper.find("[data]"))), Contains("unknown key study.seed"));
}

TEST_CASE("the paper's eleven conditions cost 7.4 runs a seed") {
  const std::vector<StudyRun> plan = PlanStudy(ParseStudy(kPaper, "paper.toml", {}));
  REQUIRE(plan.size() == 22);
  int64_t steps = 0;
  for (const StudyRun& run : plan) steps += run.own_steps();
  CHECK(steps == 2 * 740);
  CHECK(plan[0].keep_steps == std::set<int64_t>{20, 40, 60});
  CHECK(plan[2].trunk == 0);
  CHECK(plan[2].folder == "kept-20-seed4");
  CHECK(plan[13].trunk == 11);
}

TEST_CASE("conditions that differ before their transition share nothing") {
  const std::string annealed =
      "[[condition]]\nname = \"annealed\"\nquantise.transition = [0.5, 0.7]\n"
      "train.schedule = \"constant\"\n";
  const std::vector<StudyRun> plan = PlanStudy(ParseStudy(kPaper + annealed, "paper.toml", {}));
  // Nobody trains the constant schedule to its end, so its trunk is a run of its own that ends at the last branch.
  const auto trunk = std::find_if(plan.begin(), plan.end(), [](const StudyRun& run) { return run.condition < 0; });
  REQUIRE(trunk != plan.end());
  CHECK(trunk->last_step == 70);
  CHECK(trunk->keep_steps == std::set<int64_t>{50, 70});
}

TEST_CASE("a single condition that branches needs no trunk") {
  const std::string one = "[data]\npath = \"x\"\n[[condition]]\nname = \"a\"\nquantise.transition = 0.5\n";
  const std::vector<StudyRun> plan = PlanStudy(ParseStudy(one, "one.toml", {}));
  REQUIRE(plan.size() == 1);
  CHECK(plan[0].trunk == -1);
}

// A study of the small run with one transition of each kind.
StudyOptions SmallStudy(const SmallRun& small) {
  StudyOptions options;
  options.study = ParseStudy(WriteRecipe(small.recipe) + R"(
[[condition]]
name = "16-bit"
quantise.transition = 1.0
[[condition]]
name = "kept"
quantise.transition = [0.25, 0.5]
[[condition]]
name = "reset"
quantise.transition = 0.5
quantise.optimiser = "reset"
)",
                             "small.toml", {});
  options.folder = small.folder.path() / "study";
  options.prepare = [](RunOptions& run) { run.threads = 2; };
  options.say = [](const std::string&) {};
  return options;
}

TEST_CASE("a branch ends with the bytes of the run that it stands for") {
  SmallRun small;
  REQUIRE(RunStudy(SmallStudy(small)));
  small.recipe.quantise.transition.value = 0.5;
  TrainRun(small.Options("whole"));
  const auto branch = small.folder.path() / "study" / "runs" / "kept-50-seed1";
  const auto whole = small.folder.path() / "whole";
  CHECK(FileBytes(branch / "checkpoint.safetensors") == FileBytes(whole / "checkpoint.safetensors"));
  CHECK(FileBytes(branch / "model.trit") == FileBytes(whole / "model.trit"));
  const MetricsRecord a = ReadMetrics(branch / "metrics.jsonl");
  const MetricsRecord b = ReadMetrics(whole / "metrics.jsonl");
  REQUIRE(a.steps.size() == b.steps.size());
  for (size_t i = 0; i < a.steps.size(); ++i) CHECK(a.steps[i].loss == b.steps[i].loss);
  CHECK(a.transitions.size() == 1);
}

TEST_CASE("a study that is stopped at any point goes on and skips what is done") {
  SmallRun small;
  StudyOptions options = SmallStudy(small);
  const std::atomic<bool> stop = true;
  options.prepare = [&](RunOptions& run) { run.stop = &stop; };
  CHECK_FALSE(RunStudy(options));
  options = SmallStudy(small);
  int reports = 0;
  options.report = [&] { ++reports; };
  REQUIRE(RunStudy(options));
  CHECK(reports == 5);  // after each run, and at the end
  std::vector<std::string> said;
  options.say = [&](const std::string& line) { said.push_back(line); };
  REQUIRE(RunStudy(options));
  CHECK(said.empty());
  // What the trunk kept for others is gone, what it is itself is not.
  const auto trunk = small.folder.path() / "study" / "runs" / "16-bit-seed1";
  CHECK(std::filesystem::exists(trunk / "model.trit"));
  CHECK_FALSE(std::filesystem::exists(KeptCheckpointPath(trunk, 12)));
  CHECK_THAT(FileBytes(small.folder.path() / "study" / "study.json"), Contains("runs/kept-25-seed1"));
}

TEST_CASE("a condition that comes later trains on its own what nobody kept for it") {
  SmallRun small;
  StudyOptions options = SmallStudy(small);
  REQUIRE(RunStudy(options));
  StudyCondition late = options.study.conditions[1];
  late.name = "late";
  late.recipe.quantise.transition.value = 0.75;
  options.study.conditions.push_back(late);
  REQUIRE(RunStudy(options));
  CHECK(IsRunFinished(small.folder.path() / "study" / "runs" / "late-seed1"));
}

TEST_CASE("a run in a study's folder that another recipe made is not touched") {
  SmallRun small;
  StudyOptions options = SmallStudy(small);
  REQUIRE(RunStudy(options));
  options.study.conditions[1].recipe.train.learning_rate = 1e-3;
  CHECK_THROWS_WITH(RunStudy(options), Contains("kept-25-seed1") && Contains("train.learning_rate"));
}

TEST_CASE("nothing branches off after a transition, or with another past") {
  SmallRun small;
  RunOptions options = small.Options("run");
  options.keep_steps = {4, 20};
  TrainRun(options);
  const auto run = small.folder.path() / "run";
  const auto branch = small.folder.path() / "branch";
  CHECK_THROWS_WITH(BranchRun(run, 20, small.recipe, branch), Contains("after a transition"));
  Recipe other = small.recipe;
  other.train.batch = 5;
  CHECK_THROWS_WITH(BranchRun(run, 4, other, branch), Contains("train.batch"));
  CHECK_FALSE(std::filesystem::exists(branch));
}

TEST_CASE("the share of codes that change is counted from one look to the next") {
  CodeHistory history;
  const std::vector<int8_t> first = {-1, 0, 1, 1, 0};
  CHECK(std::isnan(history.Exchange(3, first)));
  CHECK(history.Exchange(3, first) == 0.0);
  CHECK(history.Exchange(3, std::vector<int8_t>{-1, 1, 1, -1, 0}) == Approx(0.4));
  CHECK(std::isnan(history.Exchange(0, std::vector<int8_t>{1, 1, 1})));  // their neighbours do not count
}

}  // namespace
}  // namespace tritwise::test
