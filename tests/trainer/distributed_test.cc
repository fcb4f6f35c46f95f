// Ranks of a data-parallel run. Runs as it is, as one rank, and under mpirun as several (CMakeLists.txt).
#define CATCH_CONFIG_EXTERNAL_INTERFACES  // for the listener
#include <catch2/catch.hpp>
#include <cmath>

#include "tests/trainer/op_fixture.h"
#include "trainer/distributed/gradient_exchange.h"
#include "trainer/distributed/share.h"
#include "trainer/distributed/together.h"
#include "trainer/error.h"
#include "trainer/learner.h"

namespace tritwise::test {
namespace {

using Catch::Contains;

// Without this MPI takes the end of the program for a crash.
struct CloseAtTheEnd : Catch::TestEventListenerBase {
  using Catch::TestEventListenerBase::TestEventListenerBase;
  void testRunEnded(const Catch::TestRunStats&) override { StartedAmong().Close(); }
};
CATCH_REGISTER_LISTENER(CloseAtTheEnd)

TEST_CASE("values are added up over all ranks") {
  Communicator& ranks = StartedAmong();
  const auto own = static_cast<float>(ranks.rank() + 1);
  std::vector<float> values(100000, own);
  WaitFor(*ranks.Sum(std::span(values)));
  const auto n = static_cast<float>(ranks.ranks());
  CHECK(values.front() == n * (n + 1.0f) / 2.0f);
  CHECK(values.back() == values.front());
  double number = 0.5;
  SumOverRanks(ranks, {&number, 1});
  CHECK(number == 0.5 * ranks.ranks());
}

TEST_CASE("text, also none, reaches every rank from the first") {
  Communicator& ranks = StartedAmong();
  const std::string text(100000, 'x');
  CHECK(BroadcastText(ranks, ranks.is_first() ? text : "mine") == text);
  CHECK(BroadcastText(ranks, ranks.is_first() ? "" : "mine").empty());
}

TEST_CASE("a flag that one rank raises is raised for all") {
  Communicator& ranks = StartedAmong();
  CHECK(AnyRank(ranks, ranks.rank() == ranks.ranks() - 1));
  CHECK_FALSE(AnyRank(ranks, false));
}

TEST_CASE("shares of ranks follow each other, differ by one at most and may be empty") {
  Communicator& ranks = StartedAmong();
  for (size_t count = 0; count < 20; ++count) {
    const auto [begin, end] = ShareOf(ranks, count);
    const size_t least = count / static_cast<size_t>(ranks.ranks());
    CHECK((end - begin == least || end - begin == least + 1));
    double sum = static_cast<double>(end - begin);
    SumOverRanks(ranks, {&sum, 1});
    CHECK(sum == static_cast<double>(count));
  }
}

TEST_CASE("a rank that has something else than the first is named in all") {
  Communicator& ranks = StartedAmong();
  CHECK_NOTHROW(CheckSame(ranks, 7, "other weights"));
  const int last = ranks.ranks() - 1;
  if (last == 0) return;
  CHECK_THROWS_WITH(CheckSame(ranks, ranks.rank() == last ? 8 : 7, "other weights"),
                    Contains("rank " + std::to_string(last) + " has other weights"));
}

TEST_CASE("what the first rank begins with is what all have") {
  Communicator& ranks = StartedAmong();
  Checkpoint checkpoint;
  if (ranks.is_first()) {
    checkpoint.state = {5, 3, 2, 40, {1.0f, 2.0f}, {0.1f, 0.2f}, {0.3f, 0.4f}};
    checkpoint.losses = {2.5, 17};
  }
  ShareState(ranks, checkpoint);
  const TrainState& state = checkpoint.state;
  CHECK(state.second_moment_steps == 2);
  CHECK(checkpoint.losses.mean == 2.5);
  CHECK(checkpoint.losses.count == 17);
  CHECK(state.step == 5);
  CHECK(state.optimiser_steps == 3);
  CHECK(state.data_position == 40);
  CHECK(state.weights == std::vector{1.0f, 2.0f});
  CHECK(state.second_moment == std::vector{0.3f, 0.4f});
  CHECK_NOTHROW(CheckSameWeights(ranks, state));
}

Recipe SmallRecipe(const std::string& train) {
  return ParseRecipe(
      "[data]\npath = \"x\"\n[network]\nwidth = 16\nlayers = 2\nheads = 2\nfeed_forward = 24\n"
      "[train]\nsteps = 10\nwarmup_steps = 0\nschedule = \"constant\"\n" +
          train + "[quantise]\ntransition = 4\n",
      "small", {});
}

Graph SmallGraph(const Recipe& recipe) {
  return ValueOrThrow(BuildFamily(recipe.network, {InputKind::kTokens, 20, 20, 8}, recipe.linear_options()));
}

TEST_CASE("buckets hold every tensor once: large ones alone, small ones together, in the order of completion") {
  const Graph graph = SmallGraph(SmallRecipe(""));
  const ParameterLayout layout(graph);
  GradientSum sum(graph, layout);
  const std::vector<size_t> order = sum.TensorsInOrder();
  const auto place = [&](size_t tensor) { return std::find(order.begin(), order.end(), tensor) - order.begin(); };
  std::vector<size_t> tensors;
  std::ptrdiff_t last = -1;
  const std::vector<GradientBucket> buckets = MakeBuckets(sum, 1200);
  CHECK(buckets.size() > 2);
  for (size_t b = 0; b < buckets.size(); ++b) {
    const GradientBucket& bucket = buckets[b];
    if (b + 1 < buckets.size()) CHECK(bucket.count * sizeof(float) >= 1200);
    CHECK(place(bucket.tensors.back()) > (b + 1 < buckets.size() ? last : -1));
    last = place(bucket.tensors.back());
    for (const size_t t : bucket.tensors) {
      tensors.push_back(t);
      CHECK((layout.count(t) * sizeof(float) < 1200 || bucket.tensors.size() == 1));
      const float* begin = layout.Of(sum.values(), static_cast<int32_t>(t)).data();
      CHECK(std::any_of(bucket.spans.begin(), bucket.spans.end(), [&](const auto& span) {
        return begin >= span.data() && begin + layout.count(t) <= span.data() + span.size();
      }));
    }
  }
  CHECK(std::is_permutation(tensors.begin(), tensors.end(), order.begin(), order.end()));
}

// Steps of all ranks together against those of one process, over the transition.
void CompareWithOne(const std::string& train, const std::vector<size_t>& sequences, int threads = 1) {
  Communicator& ranks = StartedAmong();
  const Recipe recipe = SmallRecipe(train);
  const Graph graph = SmallGraph(recipe);
  const kernels::Kernels kernels = ValueOrThrow(kernels::ResolveKernels());
  Learner one(recipe, graph, kernels, ComputeType::kF32, threads);
  Learner all(recipe, graph, kernels, ComputeType::kF32, threads, ranks);
  TrainState of_one = one.InitialState();
  TrainState of_all = of_one;
  const TrainBatch batch = OpFixture(graph).RandomBatch(sequences);
  for (int step = 0; step < 8; ++step) {
    const StepResult a = one.Step(batch, of_one);
    const StepResult b = all.Step(batch, of_all);
    CHECK(b.loss == Approx(a.loss).epsilon(step < 4 ? 1e-6 : 1e-3));
    CHECK(b.gradient_norm == Approx(a.gradient_norm).epsilon(step < 4 ? 1e-4 : 0.05));
    CheckSameWeights(ranks, of_all);
  }
  // One state, scored by one process and by all.
  const Phase phase{true, 1.0f, WeightMeasure::kAbsMean};
  const Score a = one.Evaluate(batch, of_all, phase, Precision::kExported);
  const Score b = all.Evaluate(batch, of_all, phase, Precision::kExported);
  CHECK(a.loss == b.loss);
  CHECK(a.accuracy == b.accuracy);
}

TEST_CASE("ranks together make the steps of one process, to rounding, and have the same weights to the bit") {
  CompareWithOne("batch = 6\n", {8, 8, 8, 8, 8, 8});
}

TEST_CASE("shares of different sizes count by their rows") { CompareWithOne("batch = 5\n", {8, 3, 8, 1, 6}); }

TEST_CASE("a rank without a share of the batch takes part") { CompareWithOne("batch = 1\n", {8}); }

TEST_CASE("with accumulation only a rank's last part is sent") {
  CompareWithOne("batch = 7\naccumulation = 3\n", {8, 8, 8, 8, 8, 8, 8}, 2);
}

TEST_CASE("a rank's wish to stop reaches all with the step") {
  Communicator& ranks = StartedAmong();
  const Recipe recipe = SmallRecipe("batch = 3\n");
  const Graph graph = SmallGraph(recipe);
  Learner learner(recipe, graph, ValueOrThrow(kernels::ResolveKernels()), ComputeType::kF32, 1, ranks);
  TrainState state = learner.InitialState();
  const TrainBatch batch = OpFixture(graph).RandomBatch({8, 8, 8});
  const std::atomic<bool> stop = ranks.rank() == ranks.ranks() - 1;
  CHECK_FALSE(learner.Step(batch, state).stop);
  CHECK(learner.Step(batch, state, &stop).stop);
}

}  // namespace
}  // namespace tritwise::test
