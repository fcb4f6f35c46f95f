#include "tools/bench/load/percentiles.h"

#include <catch2/catch.hpp>

#include "tools/bench/load/server_watch.h"

namespace tritwise {
namespace {

TEST_CASE("A percentile is the least value that so many are not above") {
  Percentiles values;
  for (int i = 100; i >= 1; --i) values.Add(i);
  CHECK(values.At(0.0) == 1.0);
  CHECK(values.At(0.5) == 50.0);
  CHECK(values.At(0.99) == 99.0);
  CHECK(values.At(0.991) == 100.0);
  CHECK(values.At(1.0) == 100.0);
  CHECK(values.mean() == Approx(50.5));
}

TEST_CASE("A single value is every percentile") {
  Percentiles values;
  values.Add(7.0);
  for (const double share : {0.0, 0.5, 1.0}) CHECK(values.At(share) == 7.0);
}

TEST_CASE("Values that come after a percentile was asked for count in the next") {
  Percentiles values;
  values.Add(1.0);
  CHECK(values.At(1.0) == 1.0);
  values.Add(3.0);
  values.Add(2.0);
  CHECK(values.At(1.0) == 3.0);
  CHECK(values.At(0.5) == 2.0);
}

TEST_CASE("Of nothing there are no percentiles") {
  CHECK(Percentiles().AsJson().is_null());
  CHECK(Percentiles().At(0.5) == 0.0);
}

TEST_CASE("Memory by quarter of the time is the median of each") {
  std::vector<ServerSample> samples;
  for (const double bytes : {1.0, 2.0, 3.0, 10.0, 10.0, 90.0, 10.0, 10.0, 11.0, 12.0, 11.0, 11.0}) {
    samples.push_back({});
    samples.back().resident_bytes = bytes;
  }
  CHECK(ResidentByQuarter(samples) == std::vector<double>{2.0, 10.0, 10.0, 11.0});
}

}  // namespace
}  // namespace tritwise
