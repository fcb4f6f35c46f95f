// Runs that begin with weights which are there already: those of another run, of a checkpoint.
#include "trainer/start.h"

#include <catch2/catch.hpp>

#include "format/model_file.h"
#include "tests/trainer/small_run.h"
#include "trainer/checkpoint.h"
#include "trainer/error.h"
#include "trainer/parameters.h"

namespace tritwise::test {
namespace {

using Catch::Contains;

Checkpoint CheckpointOf(const SmallRun& small, const std::string& name) {
  return ReadCheckpoint((small.folder.path() / name / "checkpoint.safetensors").string());
}

// A new run of no steps yet, begun with `start`.
Checkpoint BeginWith(const SmallRun& small, const std::string& name, Start start, Recipe recipe) {
  ApplyStart(start, recipe);
  const std::atomic<bool> stop = true;
  RunOptions options = small.Options(name);
  options.recipe = recipe;
  options.start = &start;
  options.stop = &stop;
  TrainRun(options);
  return CheckpointOf(small, name);
}

TEST_CASE("a run begun with another has its weights and vocabulary, no moments and step 0") {
  SmallRun small;
  TrainRun(small.Options("first"));
  const Checkpoint first = CheckpointOf(small, "first");
  Recipe recipe = small.recipe;
  recipe.network = DecoderConfig{};  // as if the recipe had none
  recipe.data.vocabulary = 512;
  const Checkpoint second = BeginWith(small, "second", ReadStart(small.folder.path() / "first"), recipe);
  CHECK(second.state.weights == first.state.weights);
  CHECK(second.description.vocabulary.pieces == first.description.vocabulary.pieces);
  CHECK(second.state.step == 0);
  CHECK(second.state.optimiser_steps == 0);
  CHECK(second.state.first_moment == std::vector<float>(first.state.weights.size(), 0.0f));
  CHECK(second.state.second_moment == std::vector<float>(first.state.weights.size(), 0.0f));
  CHECK(std::get<DecoderConfig>(second.recipe.network).width == 32);
}

TEST_CASE("a run may begin with a checkpoint file, and says with what it began") {
  const SmallRun small;
  RunOptions options = small.Options("first");
  options.stop_after = 5;
  TrainRun(options);
  const auto path = small.folder.path() / "first" / "checkpoint.safetensors";
  const Checkpoint second = BeginWith(small, "second", ReadStart(path), small.recipe);
  CHECK(second.state.weights == CheckpointOf(small, "first").state.weights);
  CHECK(second.description.metadata.back().first == "init");
  CHECK(second.description.metadata.back().second == "run:checkpoint.safetensors");
  CHECK_THAT(FileBytes(small.folder.path() / "second" / "metrics.jsonl"),
             Contains("\"init\":\"run:checkpoint.safetensors\""));
}

TEST_CASE("a run begun with another resumes without it to the same bytes") {
  SmallRun small;
  TrainRun(small.Options("first"));
  Start start = ReadStart(small.folder.path() / "first");
  RunOptions whole = small.Options("whole");
  ApplyStart(start, whole.recipe);
  whole.start = &start;
  TrainRun(whole);
  RunOptions pieces = whole;
  pieces.folder = small.folder.path() / "pieces";
  pieces.stop_after = 7;
  TrainRun(pieces);
  std::filesystem::remove_all(small.folder.path() / "first");
  pieces.stop_after = 0;
  pieces.resume = true;
  pieces.start = nullptr;
  TrainRun(pieces);
  CHECK(FileBytes(small.folder.path() / "whole" / "model.trit") ==
        FileBytes(small.folder.path() / "pieces" / "model.trit"));
}

TEST_CASE("beginning with another network is refused with the first difference") {
  SmallRun small;
  RunOptions options = small.Options("first");
  options.stop_after = 1;
  TrainRun(options);
  Start start = ReadStart(small.folder.path() / "first");
  Recipe recipe = small.recipe;
  std::get<DecoderConfig>(recipe.network).feed_forward = 64;
  CHECK_THROWS_WITH(ApplyStart(start, recipe),
                    Contains("not the recipe's network: network.feed_forward: 48 there, 64 in the recipe"));
}

TEST_CASE("beginning with other tensors is refused with the first that differs") {
  SmallRun small;
  RunOptions options = small.Options("first");
  options.stop_after = 1;
  TrainRun(options);
  const Start start = ReadStart(small.folder.path() / "first");
  Graph graph = start.graph;
  std::vector<float> weights(ParameterLayout(graph).size() + 4096);
  CHECK_NOTHROW(CopyWeights(start, graph, weights));
  graph.tensors[2].rows += 1;
  CHECK_THROWS_WITH(CopyWeights(start, graph, weights),
                    Contains("tensor " + graph.tensors[2].name + " is 32 x 32 there, 33 x 32 here"));
  graph.tensors[2].name = "other";
  CHECK_THROWS_WITH(CopyWeights(start, graph, weights), Contains("it has no tensor other"));
  graph = start.graph;
  graph.tensors.pop_back();
  CHECK_THROWS_WITH(CopyWeights(start, graph, weights), Contains("is there only"));
}

TEST_CASE("a folder that is neither a run nor of Hugging Face is refused") {
  const SmallRun small;
  CHECK_THROWS_WITH(ReadStart(small.folder.path()), Contains("neither a run"));
  CHECK_THROWS_AS(ReadStart(small.folder.path() / "none"), Error);
  CHECK_THROWS_AS(ReadStart(small.folder.path() / "text.txt"), Error);
}

}  // namespace
}  // namespace tritwise::test
