// `tritwise launch`: the command for mpirun, and what is made of its output.
#include <catch2/catch.hpp>
#include <optional>

#include "tools/launch/mpirun_command.h"
#include "tools/launch/mpirun_output.h"
#include "tools/launch/signals.h"
#include "tools/launch/watch.h"

namespace tritwise::test {
namespace {

using Catch::Contains;

// As Open MPI 4.1 writes them.
constexpr const char* kKilled =
    "--------------------------------------------------------------------------\n"
    "Primary job  terminated normally, but 1 process returned\n"
    "a non-zero exit code. Per user-direction, the job has been aborted.\n"
    "--------------------------------------------------------------------------\n"
    "--------------------------------------------------------------------------\n"
    "mpirun noticed that process rank 1 with PID 0 on node far exited on signal 9 (Killed).\n"
    "--------------------------------------------------------------------------\n";
constexpr const char* kExited =
    "mpirun detected that one or more processes exited with non-zero status, thus causing\n"
    "the job to be terminated. The first process to do so was:\n\n"
    "  Process name: [[8830,1],1]\n  Exit code:    3\n";

TEST_CASE("a tagged line tells its rank and stream, others are mpirun's own") {
  const auto line = ParseRankLine("[1,12]<stderr>:step 3,4]<stdout>:");
  REQUIRE(line);
  CHECK(line->rank == 12);
  CHECK(line->to_stderr);
  CHECK(line->text == "step 3,4]<stdout>:");
  CHECK(ParseRankLine("[1,0]<stdout>:")->text.empty());
  for (const char* own :
       {"", "[", "[1,0", "[1,0]<std", "[1,x]<stdout>:a", "[1,0]<stdlog>:a", "[host:12] text", "-----"})
    CHECK_FALSE(ParseRankLine(own));
}

TEST_CASE("mpirun's closing message tells which rank ended, where and how") {
  const auto killed = FindRankEnd(kKilled);
  REQUIRE(killed);
  CHECK(killed->rank == 1);
  CHECK(killed->host == "far");
  CHECK(killed->signal == 9);
  CHECK(killed->name == "Killed");
  const auto exited = FindRankEnd(kExited);
  REQUIRE(exited);
  CHECK(exited->rank == 1);
  CHECK(exited->exit_code == 3);
  CHECK_FALSE(FindRankEnd("something else\n"));
}

TEST_CASE("the first paragraph of mpirun's message becomes one line") {
  CHECK(FirstParagraph("----------\nThere are not\n  enough slots.\n\nEither\n") == "There are not enough slots.");
  CHECK(FirstParagraph("----------\n\n").empty());
}

TEST_CASE("mpirun is told what Open MPI needs") {
  LaunchPlan plan;
  plan.ranks = 2;
  plan.command = {"train", "my recipe.toml"};
  const std::string here = ShellText(MpirunCommand(plan, "/bin/mpirun", "/bin/tritwise", true));
  CHECK_THAT(here, Contains("--allow-run-as-root -n 2 --oversubscribe --bind-to none"));
  CHECK_THAT(here, Contains("/bin/tritwise train 'my recipe.toml'"));
  CHECK_THAT(here, !Contains("--threads"));
  plan.hostfile = "hosts";
  plan.threads_per_rank = 4;
  const std::string there = ShellText(MpirunCommand(plan, "/bin/mpirun", "/bin/tritwise", false));
  CHECK_THAT(there, !Contains("root") && !Contains("oversubscribe"));
  CHECK_THAT(there, Contains("--hostfile hosts") && Contains("'my recipe.toml' --threads 4"));
  CHECK(LaunchText(plan) == "tritwise launch -n 2 --hostfile hosts --threads-per-rank 4 --");
}

TEST_CASE("words are quoted for a shell where they need it") {
  CHECK(ShellText({"a", "b c", "", "it's"}) == "a 'b c' '' 'it'\\''s'");
}

class Watched {
 public:
  Watched() : watch_(Options()) {}

  void Say(int rank, const std::string& text) { watch_.Line("[1," + std::to_string(rank) + "]<stderr>:" + text); }
  void Note(int rank, const std::string& text) { Say(rank, kLaunchNote + text); }
  LaunchWatch& watch() { return watch_; }
  std::string out;
  std::string err;
  std::optional<int64_t> step_of_file;

 private:
  LaunchWatchOptions Options() {
    LaunchWatchOptions options;
    options.go_on = "tritwise launch -n 2 --";
    options.step_of = [this](const std::string&) { return step_of_file; };
    options.to_stdout = [this](const std::string& line) { out += line + "\n"; };
    options.to_stderr = [this](const std::string& line) { err += line + "\n"; };
    return options;
  }
  LaunchWatch watch_;
};

TEST_CASE("rank 0's lines are passed on, notes and the others' are not") {
  Watched w;
  w.Note(0, "host near");
  w.Note(1, "host far");
  CHECK(w.watch().ranks_started() == 2);
  w.Say(0, "step 1");
  w.Say(1, "hidden");
  w.Say(0, "[near:123] *** An error occurred in MPI_Test");
  w.watch().Line("[1,0]<stdout>:done");
  CHECK(w.out == "done\n");
  CHECK(w.err == "step 1\n");
  const LaunchWatch::End end = w.watch().Finish(0, false);
  CHECK(end.code == 0);
  CHECK(end.message.empty());
}

TEST_CASE("a killed rank is named with its host, the last checkpoint and how to go on") {
  Watched w;
  w.Note(0, "checkpoint 20 runs/a/checkpoint.safetensors");
  w.Note(0, "checkpoint 40 runs/a/checkpoint.safetensors");
  w.watch().Line(kKilled);
  const LaunchWatch::End end = w.watch().Finish(137, false);
  CHECK(end.code == 1);
  CHECK(end.message ==
        "rank 1 on host far was ended by signal 9 (Killed); the last whole checkpoint is "
        "runs/a/checkpoint.safetensors, step 40; go on with: tritwise launch -n 2 -- train --resume runs/a");
}

TEST_CASE("a checkpoint whose rank was killed before it said so is the last one all the same") {
  Watched w;
  w.Note(0, "checkpoint 40 runs/a/checkpoint.safetensors");
  w.step_of_file = 60;
  w.watch().Line(kKilled);
  CHECK_THAT(w.watch().Finish(137, false).message, Contains("checkpoint.safetensors, step 60; go on with"));
}

TEST_CASE("an error that rank 0 has said is not said again") {
  Watched w;
  w.Say(0, "tritwise train: the loss is not a number");
  w.Say(1, "tritwise train: the loss is not a number");
  w.watch().Line(kExited);
  const LaunchWatch::End end = w.watch().Finish(2, false);
  CHECK(end.code == 2);
  CHECK(end.message.empty());
}

TEST_CASE("an error of another rank is said with its rank and host") {
  Watched w;
  w.Note(1, "host far");
  w.Say(0, "step 1");
  w.Say(1, "tritwise train: my.txt: no such file");
  const LaunchWatch::End end = w.watch().Finish(1, false);
  CHECK(end.code == 1);
  CHECK_THAT(end.message, Contains("rank 1 on host far: tritwise train: my.txt: no such file"));
}

TEST_CASE("where no rank has said anything, mpirun's reason is given") {
  Watched w;
  w.watch().Line("There are not enough slots");
  w.watch().Line("");
  w.watch().Line("Either request fewer");
  CHECK(w.watch().Finish(1, false).message == "mpirun: There are not enough slots");
}

TEST_CASE("a run that was interrupted has said so itself, one that was ended at once has not") {
  Watched w;
  w.Say(0, "stopped and saved; go on with: tritwise train --resume runs/a");
  for (const bool at_once : {false, true}) {
    CHECK(w.watch().Finish(130, at_once).code == 130);
    CHECK(w.watch().Finish(130, at_once).message.empty());
  }
  w.Say(0, "step 7");
  const LaunchWatch::End end = w.watch().Finish(143, true);
  CHECK(end.code == 130);
  CHECK_THAT(end.message, Contains("ended at once; no checkpoint had been written"));
}

}  // namespace
}  // namespace tritwise::test
