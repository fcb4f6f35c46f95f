#include "tools/bench/load/workload.h"

#include <catch2/catch.hpp>

#include <cmath>
#include <set>

namespace tritwise {
namespace {

WorkloadOptions Options() {
  WorkloadOptions options;
  options.prompt_tokens = 40;
  options.prompts = 8;
  return options;
}

TEST_CASE("The same seed asks the same, another seed something else") {
  WorkloadOptions options = Options();
  options.cancel = 0.3;
  Workload one(options, 1000);
  Workload same(options, 1000);
  options.seed = 2;
  const Workload other(options, 1000);
  for (int i = 0; i < 100; ++i) {
    const PlannedRequest a = one.Next();
    const PlannedRequest b = same.Next();
    CHECK(a.prompt == b.prompt);
    CHECK(a.fate == b.fate);
    CHECK(a.cancel_after == b.cancel_after);
  }
  CHECK(one.Request(3) == same.Request(3));
  CHECK(one.Request(3) != one.Request(4));
  CHECK(one.Request(3) != other.Request(3));
}

TEST_CASE("Random ids are below the vocabulary's size, and as many as were asked for") {
  const Workload work(Options(), 7);
  std::set<int64_t> seen;
  const Json ids = work.Request(0)["ids"];
  for (const Json& id : ids) seen.insert(id.get<int64_t>());
  CHECK(ids.size() == 40);
  CHECK(seen == std::set<int64_t>{0, 1, 2, 3, 4, 5, 6});
}

TEST_CASE("Prompts share their beginning and nothing after it") {
  WorkloadOptions options = Options();
  options.shared = 0.75;
  const Workload work(options, 1 << 20);
  const Json a = work.Request(0)["ids"];
  const Json b = work.Request(1)["ids"];
  for (size_t i = 0; i < 40; ++i) {
    INFO(i);
    CHECK((a[i] == b[i]) == (i < 30));
  }
}

TEST_CASE("So many requests are cancelled as were to be, soon and later alike") {
  WorkloadOptions options = Options();
  options.cancel = 0.25;
  Workload work(options, 100);
  int soon = 0;
  int later = 0;
  for (int i = 0; i < 20000; ++i) {
    const PlannedRequest request = work.Next();
    soon += request.fate == Fate::kCancelledSoon ? 1 : 0;
    later += request.fate == Fate::kCancelledLater ? 1 : 0;
    CHECK(request.prompt < 8);
  }
  CHECK(soon == Approx(2500).margin(200));  // four standard deviations
  CHECK(later == Approx(2500).margin(200));
}

TEST_CASE("Arrivals come at their rate, with gaps as far from it as chance makes them") {
  WorkloadOptions options = Options();
  options.rate = 50.0;
  Workload work(options, 100);
  double sum = 0.0;
  double squares = 0.0;
  int long_ones = 0;
  constexpr int kGaps = 40000;
  for (int i = 0; i < kGaps; ++i) {
    const double gap = work.NextGap_s();
    CHECK(gap >= 0.0);
    sum += gap;
    squares += gap * gap;
    long_ones += gap > 0.06 ? 1 : 0;
  }
  const double mean = sum / kGaps;
  CHECK(mean == Approx(0.02).epsilon(0.02));
  CHECK(std::sqrt(squares / kGaps - mean * mean) == Approx(0.02).epsilon(0.04));  // of an exponential distribution
  CHECK(long_ones / static_cast<double>(kGaps) == Approx(std::exp(-3.0)).epsilon(0.1));
}

TEST_CASE("A text is the prompt of all requests, and a temperature brings a seed") {
  WorkloadOptions options = Options();
  options.text = "In the beginning";
  options.temperature = 0.5;
  Workload work(options, 100);
  const Json request = work.Request(work.Next().prompt);
  CHECK(request["prompt"] == "In the beginning");
  CHECK_FALSE(request.contains("ids"));
  CHECK(request.contains("seed"));
}

}  // namespace
}  // namespace tritwise
