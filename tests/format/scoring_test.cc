// Windows of a token stream, the loss of a row of scores, and the choice of the highest.
#include "format/scoring.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>
#include <random>
#include <vector>

namespace tritwise {
namespace {

TEST_CASE("Windows score every token but the first exactly once, in order") {
  for (size_t tokens = 0; tokens <= 40; ++tokens) {
    for (size_t context = 1; context <= 42; ++context) {
      size_t next = 1;  // token to be scored
      for (const ScoringWindow& window : ScoringWindows(tokens, context)) {
        REQUIRE(window.begin + 1 == next);
        REQUIRE(window.rows >= 1);
        REQUIRE(window.rows <= context);
        next += window.rows;
      }
      REQUIRE(next == (tokens < 2 ? 1 : tokens));
    }
  }
}

TEST_CASE("Only the last window is shorter than the context") {
  const std::vector<ScoringWindow> windows = ScoringWindows(12, 4);
  REQUIRE(windows.size() == 3);
  CHECK(windows[0].rows == 4);
  CHECK(windows[1].rows == 4);
  CHECK(windows[2].begin == 8);
  CHECK(windows[2].rows == 3);
}

TEST_CASE("Without a context every row is a window of its own") { CHECK(ScoringWindows(4, 0).size() == 3); }

TEST_CASE("The loss is minus the logarithm of the target's share") {
  const float scores[] = {std::log(1.0f), std::log(2.0f), std::log(5.0f)};
  CHECK(NegativeLogLikelihood(scores, 0) == Approx(std::log(8.0)));
  CHECK(NegativeLogLikelihood(scores, 2) == Approx(std::log(8.0 / 5.0)));
  const float equal[] = {3.0f, 3.0f, 3.0f, 3.0f};
  CHECK(NegativeLogLikelihood(equal, 1) == Approx(std::log(4.0)));
  const float one[] = {-7.0f};
  CHECK(NegativeLogLikelihood(one, 0) == Approx(0.0));
}

TEST_CASE("The loss of scores far apart does not overflow") {
  const float scores[] = {1e30f, -1e30f, 3e4f};
  CHECK(NegativeLogLikelihood(scores, 0) == Approx(0.0));
  CHECK(NegativeLogLikelihood(scores, 1) == Approx(2e30));
}

TEST_CASE("The highest score is the first of equals") {
  const float scores[] = {1.0f, 4.0f, -2.0f, 4.0f};
  CHECK(HighestScore(scores) == 1);
  const float negative[] = {-3.0f, -1.0f};
  CHECK(HighestScore(negative) == 1);
}

TEST_CASE(
    "The highest score of any number of scores is the standard library's, equals and what is no number included") {
  std::mt19937 random(1);
  for (size_t count = 1; count <= 300; ++count) {
    std::vector<float> scores(count);
    for (float& score : scores) {
      const auto drawn = static_cast<unsigned>(random() % 97);
      score = drawn == 0 ? std::nanf("") : static_cast<float>(drawn) - 50.0f;
    }
    const auto highest = std::max_element(scores.begin(), scores.end());
    REQUIRE(HighestScore(scores) == static_cast<size_t>(highest - scores.begin()));
  }
}

}  // namespace
}  // namespace tritwise
