// The number of threads that wins, for machines of several kinds; times are made up, no clock is asked.
#include "runtime/thread_tuner.h"

#include <functional>

#include "tests/runtime/fixture.h"

namespace tritwise::test {
using namespace tritwise::runtime;  // NOLINT(google-build-using-namespace)
namespace {

using Time = std::function<uint64_t(int32_t)>;

// Passes until nothing is tried any longer.
int32_t Settle(ThreadTuner& tuner, const Time& time_ns) {
  int32_t passes = 0;
  for (; tuner.trying(); ++passes) {
    REQUIRE(passes < 10000);
    tuner.Took(time_ns(tuner.threads()));
  }
  return passes;
}

uint64_t Perfect(int32_t threads) { return 12'000'000 / static_cast<uint64_t>(threads); }

}  // namespace

TEST_CASE("all threads are used where each makes passes faster") {
  for (const int32_t most : {2, 3, 4, 8, 64}) {
    ThreadTuner tuner(most);
    Settle(tuner, Perfect);
    CHECK(tuner.threads() == most);
  }
}

TEST_CASE("two threads are used where four are slower than two") {
  ThreadTuner tuner(4);
  Settle(tuner, [](int32_t threads) -> uint64_t {
    return threads == 1 ? 100'000'000 : threads == 2 ? 70'000'000 : threads == 3 ? 75'000'000 : 90'000'000;
  });
  CHECK(tuner.threads() == 2);
}

TEST_CASE("one thread is used where handing work over costs more than it saves") {
  ThreadTuner tuner(2);
  Settle(tuner, [](int32_t threads) -> uint64_t { return threads == 1 ? 20'000 : 30'000; });
  CHECK(tuner.threads() == 1);
}

TEST_CASE("a difference within noise keeps all threads") {
  ThreadTuner tuner(4);
  Settle(tuner, [](int32_t threads) -> uint64_t { return threads == 2 ? 9'900'000 : 10'000'000; });
  CHECK(tuner.threads() == 4);
}

TEST_CASE("one slow pass among others does not decide") {
  ThreadTuner tuner(4);
  int32_t pass = 0;
  Settle(tuner, [&](int32_t threads) { return pass++ == 0 ? 900'000'000 : Perfect(threads); });
  CHECK(tuner.threads() == 4);
}

TEST_CASE("a single thread is never tried against itself") {
  ThreadTuner tuner(1);
  CHECK(!tuner.trying());
  CHECK(tuner.threads() == 1);
}

TEST_CASE("many threads are tried in few passes") {
  ThreadTuner tuner(256);
  CHECK(Settle(tuner, [](int32_t threads) -> uint64_t { return 5'000'000 + 1000 * static_cast<uint64_t>(threads); }) <=
        20 * ThreadTuner::kPasses);
}

TEST_CASE("short passes are tried for long enough to be timed") {
  ThreadTuner tuner(2);
  const int32_t passes = Settle(tuner, [](int32_t) -> uint64_t { return 10'000; });
  CHECK(passes == 2 * static_cast<int32_t>(ThreadTuner::kTrial_ns / 10'000));
}

TEST_CASE("the choice changes after a while where the machine has changed") {
  ThreadTuner tuner(2);
  Settle(tuner, Perfect);
  CHECK(tuner.threads() == 2);
  for (int32_t i = 0; i < ThreadTuner::kAgain; ++i) tuner.Took(Perfect(2));
  CHECK(tuner.trying());
  Settle(tuner, [](int32_t threads) -> uint64_t { return threads == 1 ? 5'000'000 : 8'000'000; });
  CHECK(tuner.threads() == 1);
}

}  // namespace tritwise::test
