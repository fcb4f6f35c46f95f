// A step of the learner: sharing out, accumulation, clipping, resetting.
#include "trainer/learner.h"

#include <catch2/catch.hpp>
#include <cmath>

#include "tests/trainer/op_fixture.h"
#include "trainer/schedule.h"

namespace tritwise::test {
namespace {

Recipe TinyRecipe() {
  return ParseRecipe(
      "[data]\npath = \"x\"\n[network]\nwidth = 16\nlayers = 1\nheads = 2\nfeed_forward = 24\n"
      "[train]\nsteps = 10\nbatch = 6\nwarmup_steps = 0\nschedule = \"constant\"\n[quantise]\ntransition = 4\n",
      "tiny", {});
}

class TinyLearner {
 public:
  explicit TinyLearner(const Recipe& r, int threads = 1)
      : recipe(r),
        graph(ValueOrThrow(BuildFamily(r.network, {InputKind::kTokens, 20, 20, 8}, r.linear_options()))),
        kernels(ValueOrThrow(kernels::ResolveKernels())),
        learner(recipe, graph, kernels, ComputeType::kF32, threads),
        state(learner.InitialState()),
        batch(OpFixture(graph).RandomBatch({8, 8, 8, 8, 8, 8})) {}

  Recipe recipe;
  Graph graph;
  kernels::Kernels kernels;
  Learner learner;
  TrainState state;
  TrainBatch batch;
};

double LargestDifference(const std::vector<float>& a, const std::vector<float>& b) {
  double largest = 0.0;
  for (size_t i = 0; i < a.size(); ++i) largest = std::max(largest, std::fabs(double{a[i]} - double{b[i]}));
  return largest;
}

TEST_CASE("steps lower the loss of a batch that is seen again, before and after the transition") {
  TinyLearner t(TinyRecipe());
  const double first = t.learner.Step(t.batch, t.state).loss;
  for (int i = 0; i < 9; ++i) t.learner.Step(t.batch, t.state);
  CHECK(first == Approx(std::log(20.0)).epsilon(0.05));
  CHECK(t.learner.Evaluate(t.batch, t.state, {true, 1.0f, WeightMeasure::kAbsMean}, Precision::kExported).loss < first);
}

TEST_CASE("two workers make the step of one, to rounding") {
  TinyLearner one(TinyRecipe(), 1);
  TinyLearner two(TinyRecipe(), 2);
  const StepResult a = one.learner.Step(one.batch, one.state);
  const StepResult b = two.learner.Step(two.batch, two.state);
  CHECK(a.loss == Approx(b.loss).epsilon(1e-6));
  CHECK(a.gradient_norm == Approx(b.gradient_norm).epsilon(1e-4));
  CHECK(LargestDifference(one.state.first_moment, two.state.first_moment) < 1e-5);
}

TEST_CASE("the same step twice with the same threads has the same bits") {
  TinyLearner a(TinyRecipe(), 2);
  TinyLearner b(TinyRecipe(), 2);
  for (int i = 0; i < 6; ++i) {
    a.learner.Step(a.batch, a.state);
    b.learner.Step(b.batch, b.state);
  }
  CHECK(a.state.weights == b.state.weights);
}

TEST_CASE("accumulation in parts makes the step of the whole batch, to rounding") {
  Recipe parts = TinyRecipe();
  parts.train.accumulation = 3;
  TinyLearner whole(TinyRecipe());
  TinyLearner three(parts);
  CHECK(whole.learner.Step(whole.batch, whole.state).loss ==
        Approx(three.learner.Step(three.batch, three.state).loss).epsilon(1e-6));
  CHECK(LargestDifference(whole.state.first_moment, three.state.first_moment) < 1e-5);
}

TEST_CASE("a gradient longer than the clip is scaled to it") {
  Recipe recipe = TinyRecipe();
  recipe.train.clip = 0.01;
  TinyLearner t(recipe);
  const StepResult result = t.learner.Step(t.batch, t.state);
  REQUIRE(result.gradient_norm > 0.01);
  double squares = 0.0;
  for (const float m : t.state.first_moment) squares += double{m} * double{m};
  CHECK(std::sqrt(squares) == Approx(0.1 * 0.01).epsilon(1e-3));  // 1 - beta1 of the clipped gradient
}

TEST_CASE("the optimiser's moments are kept over the transition, or dropped where the recipe says so") {
  for (const bool reset : {false, true}) {
    Recipe recipe = TinyRecipe();
    if (reset) recipe.quantise.optimiser = OptimiserAtTransition::kReset;
    TinyLearner t(recipe);
    for (int i = 0; i < 5; ++i) t.learner.Step(t.batch, t.state);
    CHECK(t.state.optimiser_steps == (reset ? 1 : 5));
  }
}

TEST_CASE("a reset of the second moments leaves the first ones and their count") {
  TrainState state;
  state.first_moment = {1.0f, 2.0f};
  state.second_moment = {3.0f, 4.0f};
  state.optimiser_steps = state.second_moment_steps = 7;
  ResetOptimiser(OptimiserAtTransition::kResetSecond, state);
  CHECK(state.first_moment == std::vector<float>{1.0f, 2.0f});
  CHECK(state.second_moment == std::vector<float>{0.0f, 0.0f});
  CHECK(state.optimiser_steps == 7);
  CHECK(state.second_moment_steps == 0);
  ResetOptimiser(OptimiserAtTransition::kReset, state);
  CHECK(state.first_moment == std::vector<float>{0.0f, 0.0f});
  CHECK(state.optimiser_steps == 0);
}

TEST_CASE("stochastic rounding trains by chance that the seed decides, and scores without") {
  Recipe recipe = TinyRecipe();
  recipe.quantise.transition.value = int64_t{0};
  TinyLearner nearest(recipe);
  recipe.quantise.rounding = Rounding::kStochastic;
  TinyLearner a(recipe);
  TinyLearner b(recipe);
  CHECK(a.learner.Step(a.batch, a.state).loss == b.learner.Step(b.batch, b.state).loss);
  CHECK(a.state.weights == b.state.weights);
  CHECK(a.learner.Step(a.batch, a.state).loss != nearest.learner.Step(nearest.batch, nearest.state).loss);
  Phase phase = PhaseOf(recipe, 0);
  nearest.state = a.state;
  CHECK(a.learner.Evaluate(a.batch, a.state, phase, Precision::kExported).loss ==
        nearest.learner.Evaluate(a.batch, a.state, {true, 1.0f, WeightMeasure::kAbsMean}, Precision::kExported).loss);
}

TEST_CASE("weight decay shrinks matrices of linears only") {
  const Graph graph = TinyLearner(TinyRecipe()).graph;
  const std::vector<bool> decayed = DecayedTensors(graph);
  for (size_t t = 0; t < graph.tensors.size(); ++t) {
    CHECK(decayed[t] == (graph.tensors[t].name.find("blocks") == 0));
  }
}

TEST_CASE("an evaluation does not depend on the number of workers") {
  TinyLearner one(TinyRecipe(), 1);
  TinyLearner two(TinyRecipe(), 2);
  const Phase phase{true, 1.0f, WeightMeasure::kAbsMean};
  for (const Precision precision : {Precision::kTraining, Precision::kExported}) {
    CHECK(one.learner.Evaluate(one.batch, one.state, phase, precision).loss ==
          two.learner.Evaluate(two.batch, two.state, phase, precision).loss);
  }
}

TEST_CASE("shares of codes add up to 1 for each ternary matrix") {
  TinyLearner t(TinyRecipe());
  CodeHistory history;
  const std::vector<CodeShares> shares = t.learner.Codes(t.state.weights, history);
  CHECK(shares.size() == 4);
  for (const CodeShares& s : shares) CHECK(s.minus + s.zero + s.plus == Approx(1.0));
}

}  // namespace
}  // namespace tritwise::test
