// Smaller parts of the trainer against their definitions: products, row loops, order of the data, first weights.
#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>
#include <cstring>
#include <set>

#include "format/families/families.h"
#include "trainer/data/shuffled_order.h"
#include "trainer/error_status.h"
#include "trainer/matmul.h"
#include "trainer/parameters.h"

namespace tritwise {
namespace {

std::vector<float> Numbers(size_t count, uint64_t seed) {
  const RandomStream random(seed, 0);
  std::vector<float> numbers(count);
  for (size_t i = 0; i < count; ++i) numbers[i] = static_cast<float>(random.Normal(i));
  return numbers;
}

TEST_CASE("a product of f32 matrices is the sum of products, transposed or not, set or added") {
  Matmul matmul(ComputeType::kF32);
  constexpr size_t kM = 7, kN = 5, kK = 19;
  for (const bool ta : {false, true}) {
    for (const bool tb : {false, true}) {
      const std::vector<float> a = Numbers(kM * kK, 1);
      const std::vector<float> b = Numbers(kK * kN, 2);
      std::vector<float> c(kM * (kN + 2), 1.0f);
      matmul.Run(kM, kN, kK, {a.data(), ta ? kM : kK, ta}, {b.data(), tb ? kK : kN, tb}, c.data(), kN + 2, true);
      for (size_t m = 0; m < kM; ++m) {
        for (size_t n = 0; n < kN; ++n) {
          double sum = 1.0;
          for (size_t k = 0; k < kK; ++k) {
            sum += double{a[ta ? k * kM + m : m * kK + k]} * double{b[tb ? n * kK + k : k * kN + n]};
          }
          CHECK(double{c[m * (kN + 2) + n]} == Approx(sum).margin(1e-4));
        }
        CHECK(c[m * (kN + 2) + kN] == 1.0f);  // beyond the columns nothing is written
      }
    }
  }
}

TEST_CASE("bf16 products of whole numbers are exact") {
  if (BestComputeType() != ComputeType::kBf16) return;
  Matmul matmul(ComputeType::kBf16);
  constexpr size_t kM = 3, kN = 4, kK = 5000;
  const RandomStream random(3, 0);
  std::vector<int8_t> q(kM * kK), t(kN * kK);
  for (size_t i = 0; i < q.size(); ++i) q[i] = static_cast<int8_t>(static_cast<int>(random.Below(i, 256)) - 128);
  for (size_t i = 0; i < t.size(); ++i) t[i] = static_cast<int8_t>(static_cast<int>(random.Below(i + 99999, 3)) - 1);
  std::vector<uint16_t> a(q.size()), b(t.size());
  CodesToCompute(q.data(), q.size(), ComputeType::kBf16, a.data());
  CodesToCompute(t.data(), t.size(), ComputeType::kBf16, b.data());
  std::vector<float> c(kM * kN);
  matmul.Run(kM, kN, kK, {a.data(), kK, false}, {b.data(), kK, true}, c.data(), kN, false);
  for (size_t m = 0; m < kM; ++m) {
    for (size_t n = 0; n < kN; ++n) {
      int32_t sum = 0;
      for (size_t k = 0; k < kK; ++k) sum += q[m * kK + k] * t[n * kK + k];
      CHECK(c[m * kN + n] == static_cast<float>(sum));
    }
  }
}

TEST_CASE("numbers become bf16 by rounding to nearest even, at every length") {
  for (size_t n = 1; n <= 40; ++n) {
    const std::vector<float> x = Numbers(n, n);
    std::vector<uint16_t> y(n + 1, 0xABCD);
    ToCompute(x.data(), n, 1.0f, ComputeType::kBf16, y.data());
    for (size_t i = 0; i < n; ++i) {
      uint32_t bits = 0;
      std::memcpy(&bits, &x[i], 4);
      const uint32_t low = bits & 0xFFFF;
      uint32_t expected = bits >> 16;
      if (low > 0x8000 || (low == 0x8000 && (expected & 1) != 0)) ++expected;
      CHECK(y[i] == expected);
    }
    CHECK(y[n] == 0xABCD);
  }
}

TEST_CASE("the loss of a row is its negative log likelihood and its gradient is probability minus target") {
  const std::vector<float> scores = Numbers(37, 8);
  std::vector<float> gradient = scores;
  const double loss = CrossEntropyRow(gradient.data(), 37, 5, 0.25f);
  double sum = 0.0;
  for (const float s : scores) sum += std::exp(double{s});
  CHECK(loss == Approx(std::log(sum) - double{scores[5]}).epsilon(1e-5));
  for (size_t i = 0; i < 37; ++i) {
    const double p = std::exp(double{scores[i]}) / sum;
    CHECK(double{gradient[i]} == Approx(0.25 * (p - (i == 5 ? 1.0 : 0.0))).margin(1e-6));
  }
}

TEST_CASE("an AdamW update is that of its definition") {
  AdamStep step{0.01f, 0.9f, 0.95f, 1e-8f, 0.1f, 1.0f / (1.0f - 0.81f), 1.0f / (1.0f - 0.9025f), 0.5f};
  const std::vector<float> g = Numbers(21, 1);
  std::vector<float> w = Numbers(21, 2), m = Numbers(21, 3), v = Numbers(21, 4);
  for (float& x : v) x = std::fabs(x);
  const std::vector<float> w0 = w, m0 = m, v0 = v;
  AdamUpdate(step, g.data(), 21, w.data(), m.data(), v.data());
  for (size_t i = 0; i < 21; ++i) {
    const double gradient = 0.5 * double{g[i]};
    const double first = 0.9 * double{m0[i]} + 0.1 * gradient;
    const double second = 0.95 * double{v0[i]} + 0.05 * gradient * gradient;
    const double update = first / 0.19 / (std::sqrt(second / 0.0975) + 1e-8);
    CHECK(double{m[i]} == Approx(first).margin(1e-6));
    CHECK(double{v[i]} == Approx(second).margin(1e-6));
    CHECK(double{w[i]} == Approx(double{w0[i]} * (1.0 - 0.01 * 0.1) - 0.01 * update).margin(1e-5));
  }
}

TEST_CASE("every epoch is a permutation of all items, and another one") {
  ShuffledOrder order(101, 7);
  std::vector<size_t> first, second;
  for (uint64_t i = 0; i < 101; ++i) first.push_back(order.At(i));
  for (uint64_t i = 101; i < 202; ++i) second.push_back(order.At(i));
  CHECK(std::set<size_t>(first.begin(), first.end()).size() == 101);
  CHECK(std::set<size_t>(second.begin(), second.end()).size() == 101);
  CHECK(first != second);
  ShuffledOrder again(101, 7);
  CHECK(again.At(150) == second[49]);
}

TEST_CASE("first weights have the deviations that are said, gains are 1 and biases 0") {
  DecoderConfig config;
  config.width = 64;
  config.norm = NormKind::kRms;
  config.norm_gain = true;
  const Graph graph = ValueOrThrow(BuildFamily(config, {InputKind::kTokens, 500, 500, 16}, {}));
  const ParameterLayout layout(graph);
  const std::vector<float> all = InitialParameters(graph, layout, 1);
  const auto deviation = [&](const std::string& name) {
    for (size_t t = 0; t < graph.tensors.size(); ++t) {
      if (graph.tensors[t].name != name) continue;
      double sum = 0.0;
      for (const float w : layout.Of(std::span(all), static_cast<int32_t>(t))) sum += double{w} * double{w};
      return std::sqrt(sum / static_cast<double>(layout.count(t)));
    }
    return -1.0;
  };
  CHECK(deviation("embedding.weight") == Approx(0.02).epsilon(0.03));
  CHECK(deviation("blocks.0.attention.qkv.weight") == Approx(1.0 / 8.0).epsilon(0.03));
  CHECK(deviation("blocks.0.attention.out.weight") == Approx(1.0 / 8.0 / std::sqrt(8.0)).epsilon(0.03));
  CHECK(deviation("norm.gain") == 1.0);
  CHECK(all == InitialParameters(graph, layout, 1));
  CHECK(all != InitialParameters(graph, layout, 2));
}

}  // namespace
}  // namespace tritwise
