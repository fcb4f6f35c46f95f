#include "tools/report/transition_effect.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>
#include <vector>

namespace tritwise {
namespace {

// 3 before the transition at step 100; from there on `spike` more, falling by 0.1 a step, to `rest`.
std::vector<double> Spiked(double spike, double rest) {
  std::vector<double> losses(400, 3.0);
  for (size_t i = 100; i < losses.size(); ++i) {
    losses[i] = std::max(3.0 + spike - 0.1 * static_cast<double>(i - 100), rest);
  }
  return losses;
}

TEST_CASE("The loss before a transition is the mean of fifty steps") {
  std::vector<double> losses(200, 9.0);
  for (size_t i = 50; i < 100; ++i) losses[i] = i % 2 == 0 ? 2.0 : 4.0;
  CHECK(LossBefore(losses, 100) == 3.0);
}

TEST_CASE("An early transition is measured against the steps that there are") {
  const std::vector<double> losses = {5.0, 3.0, 8.0, 2.0};
  CHECK(LossBefore(losses, 2) == 4.0);
  CHECK(SpikeHeight(losses, 2) == 4.0);
}

TEST_CASE("A spike is the highest loss of a hundred steps above the loss before") {
  std::vector<double> losses = Spiked(1.5, 3.0);
  CHECK(*SpikeHeight(losses, 100) == Approx(1.5));
  losses[199] = 6.0;
  CHECK(*SpikeHeight(losses, 100) == Approx(3.0));
  losses[199] = 3.0;
  losses[200] = 6.0;
  CHECK(*SpikeHeight(losses, 100) == Approx(1.5));
  losses[99] = 103.0;  // before: 3 + 100 / 50
  CHECK(*SpikeHeight(losses, 100) == Approx(-0.5));
}

TEST_CASE("A run has recovered where twenty-five steps on are as low as before") {
  std::vector<double> losses(100, 3.0);
  losses.resize(130, 4.0);
  losses.resize(400, 3.0);
  CHECK(StepsToRecover(losses, 100) == 30);
  CHECK(StepsToRecover(std::vector<double>(400, 3.0), 100) == 0);
}

TEST_CASE("A run that stays above the loss before does not recover") {
  CHECK_FALSE(StepsToRecover(Spiked(1.0, 3.001), 100).has_value());
}

TEST_CASE("A recovery needs all of its steps within the run") {
  std::vector<double> losses(100, 3.0);
  losses.resize(130, 4.0);
  losses.resize(154, 3.0);
  CHECK_FALSE(StepsToRecover(losses, 100).has_value());
  losses.push_back(3.0);
  CHECK(StepsToRecover(losses, 100) == 30);
}

TEST_CASE("Losses that are not finite are passed over") {
  std::vector<double> losses = Spiked(1.5, 3.0);
  losses[60] = std::nan("");
  losses[100] = INFINITY;
  CHECK(*SpikeHeight(losses, 100) == Approx(1.4));
}

TEST_CASE("A run that has not come to its transition has no effect of it") {
  const std::vector<double> losses(80, 3.0);
  CHECK_FALSE(SpikeHeight(losses, 100).has_value());
  CHECK_FALSE(StepsToRecover(losses, 100).has_value());
  CHECK_FALSE(SpikeHeight(losses, 80).has_value());
  CHECK_FALSE(SpikeHeight(losses, 0).has_value());
}

TEST_CASE("The final training loss is the mean of the last two percent") {
  std::vector<double> losses(200, 9.0);
  for (size_t i = 196; i < 200; ++i) losses[i] = static_cast<double>(i - 195);
  CHECK(FinalTrainingLoss(losses) == 2.5);
  CHECK(FinalTrainingLoss(std::vector<double>{7.0, 4.0}) == 4.0);
  CHECK_FALSE(FinalTrainingLoss({}).has_value());
}

}  // namespace
}  // namespace tritwise
