// The sampler's definitions, one at a time.
#include "tritwise/sampler.h"

#include <cmath>
#include <limits>
#include <map>

#include "runtime/exponential.h"
#include "tests/runtime/fixture.h"

namespace tritwise::test {
using namespace tritwise::runtime;  // NOLINT(google-build-using-namespace)
namespace {

const std::vector<float> kLogits = {0.5f, 2.0f, -1.0f, 2.5f, 0.0f, 1.0f, -3.0f, 2.5f};

Sampler Make(const SamplerOptions& options) {
  return Must(Sampler::Make(options, static_cast<int64_t>(kLogits.size())));
}

std::map<int32_t, size_t> Draw(const SamplerOptions& options, size_t count) {
  Sampler sampler = Make(options);
  std::map<int32_t, size_t> counts;
  for (size_t i = 0; i < count; ++i) ++counts[sampler.Sample(kLogits)];
  return counts;
}

}  // namespace

TEST_CASE("temperature 0 takes the first of the highest logits") { CHECK(Make({}).Sample(kLogits) == 3); }

TEST_CASE("top-k 1 takes the first of the highest logits at any temperature") {
  CHECK(Draw({10.0f, 1, 1.0f, 1}, 200) == std::map<int32_t, size_t>{{3, 200}});
}

TEST_CASE("a tiny top-p takes the first of the highest logits at any temperature") {
  CHECK(Draw({10.0f, 0, 1e-6f, 1}, 200) == std::map<int32_t, size_t>{{3, 200}});
}

TEST_CASE("a tiny temperature takes one of the highest logits") {
  for (const auto& [id, count] : Draw({1e-20f, 0, 1.0f, 1}, 500)) {
    CHECK((id == 3 || id == 7));
    CHECK(count > 150);
  }
}

TEST_CASE("top-k keeps exactly the k highest") {
  const auto counts = Draw({1.0f, 3, 1.0f, 2}, 5000);
  CHECK(counts.size() == 3);
  CHECK((counts.count(3) == 1 && counts.count(7) == 1 && counts.count(1) == 1));
}

TEST_CASE("top-p keeps the smallest set that reaches p") {
  // Probabilities at temperature 1: 3 and 7 have 0.325 each, 1 has 0.197, 5 has 0.072.
  CHECK(Draw({1.0f, 0, 0.6f, 2}, 5000).size() == 2);
  CHECK(Draw({1.0f, 0, 0.8f, 2}, 5000).size() == 3);
  CHECK(Draw({1.0f, 0, 0.9f, 2}, 5000).size() == 4);
}

TEST_CASE("the same seed draws the same tokens, and again after a reset") {
  const SamplerOptions options{1.0f, 0, 1.0f, 42};
  Sampler a = Make(options);
  Sampler b = Make(options);
  Sampler c = Make({1.0f, 0, 1.0f, 43});
  std::vector<int32_t> first, second, other, again;
  for (int i = 0; i < 100; ++i) {
    first.push_back(a.Sample(kLogits));
    second.push_back(b.Sample(kLogits));
    other.push_back(c.Sample(kLogits));
  }
  a.Reset();
  for (int i = 0; i < 100; ++i) again.push_back(a.Sample(kLogits));
  CHECK(first == second);
  CHECK(first == again);
  CHECK(first != other);
}

TEST_CASE("tokens come as often as softmax says") {
  for (const float temperature : {0.5f, 1.0f, 3.0f}) {
    double total = 0.0;
    for (const float logit : kLogits) total += std::exp(static_cast<double>(logit / temperature));
    constexpr size_t kDraws = 200000;
    auto counts = Draw({temperature, 0, 1.0f, 5}, kDraws);
    double chi_square = 0.0;
    for (size_t i = 0; i < kLogits.size(); ++i) {
      const double expected = kDraws * std::exp(static_cast<double>(kLogits[i] / temperature)) / total;
      const double difference = static_cast<double>(counts[static_cast<int32_t>(i)]) - expected;
      chi_square += difference * difference / expected;
    }
    CHECK(chi_square < 24.3);  // 7 degrees of freedom, one chance in a thousand
  }
}

TEST_CASE("logits that are not numbers never crash and never win") {
  std::vector<float> logits = kLogits;
  logits[0] = std::numeric_limits<float>::quiet_NaN();
  logits[4] = -std::numeric_limits<float>::infinity();
  for (const SamplerOptions& options : {SamplerOptions{1.0f, 0, 1.0f, 1}, SamplerOptions{1.0f, 5, 0.9f, 1}}) {
    Sampler sampler = Make(options);
    for (int i = 0; i < 2000; ++i) {
      const int32_t id = sampler.Sample(logits);
      REQUIRE((id != 0 && id != 4 && id >= 0 && id < 8));
    }
  }
  logits.assign(8, std::numeric_limits<float>::quiet_NaN());
  const int32_t any = Make({1.0f, 3, 0.5f, 1}).Sample(logits);
  CHECK((any >= 0 && any < 8));
  logits[6] = std::numeric_limits<float>::infinity();
  CHECK(Make({1.0f, 0, 1.0f, 1}).Sample(logits) == 6);
}

TEST_CASE("options out of range are refused by name") {
  const auto message = [](const SamplerOptions& o) { return std::string(Sampler::Make(o, 8).status().message()); };
  CHECK(message({-1.0f, 0, 1.0f, 0}).find("temperature") == 0);
  CHECK(message({std::nanf(""), 0, 1.0f, 0}).find("temperature") == 0);
  CHECK(message({1.0f, -1, 1.0f, 0}).find("top_k") == 0);
  CHECK(message({1.0f, 0, 0.0f, 0}).find("top_p") == 0);
  CHECK(message({1.0f, 0, 1.5f, 0}).find("top_p") == 0);
}

TEST_CASE("the sampler's exponential is right to fifteen digits") {
  CHECK(ExpOfNegative(0.0) == 1.0);
  for (double x = 0.0; x > -700.0; x -= 0.0371) CHECK(std::abs(ExpOfNegative(x) / std::exp(x) - 1.0) < 1e-15);
  CHECK(ExpOfNegative(-1000.0) == 0.0);
  CHECK(ExpOfNegative(-std::numeric_limits<double>::infinity()) == 0.0);
}

}  // namespace tritwise::test
