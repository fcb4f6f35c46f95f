// Learning rate, phase and strength by step.
#include "trainer/schedule.h"

#include <catch2/catch.hpp>
#include <cmath>

namespace tritwise {
namespace {

Recipe Cosine() {
  Recipe r;
  r.data.path = "text";
  r.train.steps = 101;
  r.train.warmup_steps = 10;
  r.train.learning_rate = 1.0;
  r.train.final_learning_rate = 0.1;
  r.quantise.transition.value = int64_t{40};
  return r;
}

TEST_CASE("the learning rate climbs linearly, is at its peak after the warm-up and ends at its last share") {
  const Recipe r = Cosine();
  CHECK(LearningRate(r, 0) == Approx(0.1));
  CHECK(LearningRate(r, 4) == Approx(0.5));
  CHECK(LearningRate(r, 10) == Approx(1.0));
  CHECK(LearningRate(r, 55) == Approx(0.55));
  CHECK(LearningRate(r, 100) == Approx(0.1));
}

TEST_CASE("a constant schedule stays at its peak") {
  Recipe r = Cosine();
  r.train.schedule = RateSchedule::kConstant;
  CHECK(LearningRate(r, 11) == 1.0);
  CHECK(LearningRate(r, 100) == 1.0);
}

TEST_CASE("a linear schedule goes straight down to its last share") {
  Recipe r = Cosine();
  r.train.schedule = RateSchedule::kLinear;
  CHECK(LearningRate(r, 10) == Approx(1.0));
  CHECK(LearningRate(r, 55) == Approx(0.55));
  CHECK(LearningRate(r, 32) == Approx(1.0 - 0.9 * 22.0 / 90.0));
  CHECK(LearningRate(r, 100) == Approx(0.1));
}

TEST_CASE("a stable schedule is flat until its decay and then goes straight down") {
  Recipe r = Cosine();
  r.train.schedule = RateSchedule::kStable;
  r.train.decay.value = int64_t{21};
  CHECK(LearningRate(r, 79) == 1.0);
  CHECK(LearningRate(r, 80) == 1.0);
  CHECK(LearningRate(r, 90) == Approx(0.55));
  CHECK(LearningRate(r, 100) == Approx(0.1));
  r.train.decay.value = 0.0;
  CHECK(LearningRate(r, 99) == 1.0);
}

TEST_CASE("the second stage has its own peak and weight decay from its step on") {
  Recipe r = Cosine();
  const double before = LearningRate(r, 60);
  r.train.second_learning_rate = 0.25;
  r.train.second_weight_decay = 0.0;
  CHECK(LearningRate(r, 39) == LearningRate(Cosine(), 39));
  CHECK(LearningRate(r, 60) == Approx(0.25 * before));  // from the transition, where nothing else is said
  CHECK(WeightDecay(r, 39) == 0.1);
  CHECK(WeightDecay(r, 40) == 0.0);
  r.train.second_stage = StepOrFraction{int64_t{70}};
  CHECK(LearningRate(r, 60) == before);
  CHECK(WeightDecay(r, 69) == 0.1);
  CHECK(WeightDecay(r, 70) == 0.0);
}

TEST_CASE("a second stage without values of its own changes nothing") {
  Recipe r = Cosine();
  r.train.second_stage = StepOrFraction{0.5};
  for (int64_t step = 0; step < 101; ++step) {
    CHECK(LearningRate(r, step) == LearningRate(Cosine(), step));
    CHECK(WeightDecay(r, step) == 0.1);
  }
}

TEST_CASE("with rewarm steps the rate climbs again after the transition to where the schedule is") {
  Recipe r = Cosine();
  const double before = LearningRate(r, 44);
  r.quantise.rewarm_steps = 10;
  CHECK(LearningRate(r, 39) == Approx(LearningRate(Cosine(), 39)));
  CHECK(LearningRate(r, 44) == Approx(before * 0.5));
  CHECK(LearningRate(r, 50) == Approx(LearningRate(Cosine(), 50)));
}

TEST_CASE("the network is ternary from the transition step on") {
  const Recipe r = Cosine();
  CHECK_FALSE(PhaseOf(r, 39).ternary);
  CHECK(PhaseOf(r, 40).ternary);
  CHECK(PhaseOf(r, 40).strength == 1.0f);
}

TEST_CASE("a fraction of the steps gives the transition step") {
  Recipe r = Cosine();
  r.train.steps = 1000;
  r.quantise.transition.value = 0.4;
  CHECK(r.transition_step() == 400);
  r.quantise.transition.value = 0.0;
  CHECK(r.transition_step() == 0);
  r.quantise.transition.value = 1.0;
  CHECK(r.transition_step() == 1000);
}

TEST_CASE("phasing in follows the shifted sigmoid from 0 to 0.987 and then is 1") {
  Recipe r = Cosine();
  r.quantise.strength = StrengthSchedule::kPhased;
  r.quantise.phase_steps = 20;
  CHECK(PhaseOf(r, 40).strength == 0.0f);
  CHECK(PhaseOf(r, 50).strength == Approx(2.0 / (1.0 + std::exp(-2.5)) - 1.0));
  CHECK(PhaseOf(r, 59).strength == Approx(2.0 / (1.0 + std::exp(-5.0 * 19 / 20)) - 1.0));
  CHECK(PhaseOf(r, 60).strength == 1.0f);
}

TEST_CASE("quantisation comes in along a line or half a cosine, as the recipe says") {
  Recipe r = Cosine();
  r.quantise.phase_steps = 20;
  r.quantise.strength = StrengthSchedule::kLinear;
  CHECK(PhaseOf(r, 40).strength == 0.0f);
  CHECK(PhaseOf(r, 45).strength == 0.25f);
  CHECK(PhaseOf(r, 60).strength == 1.0f);
  r.quantise.strength = StrengthSchedule::kCosine;
  CHECK(PhaseOf(r, 40).strength == 0.0f);
  CHECK(PhaseOf(r, 45).strength == Approx(0.5 * (1.0 - std::cos(0.25 * 3.14159265358979))));
  CHECK(PhaseOf(r, 50).strength == Approx(0.5));
  CHECK(PhaseOf(r, 60).strength == 1.0f);
  r.quantise.strength = StrengthSchedule::kStepped;
  CHECK(PhaseOf(r, 40).strength == 1.0f);
}

}  // namespace
}  // namespace tritwise
