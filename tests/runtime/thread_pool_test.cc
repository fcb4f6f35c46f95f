// Every item once, whoever does it; threads come and go cleanly.
#include "runtime/thread_pool.h"

#include <unistd.h>

#include <algorithm>
#include <atomic>

#include "tests/runtime/fixture.h"

namespace tritwise::test {
using namespace tritwise::runtime;  // NOLINT(google-build-using-namespace)

TEST_CASE("ranges cover every item once for any number of threads") {
  for (const size_t threads : {1u, 2u, 3u, 8u}) {
    const auto pool = Must(ThreadPool::Make(threads));
    CHECK(pool->threads() == threads);
    for (const size_t count : {0u, 1u, 2u, 5u, 64u, 1000u}) {
      for (const size_t grain : {0u, 1u, 7u, 100u, 5000u}) {
        std::vector<std::atomic<int>> done(count);
        std::atomic<size_t> calls{0};
        pool->ForRanges(count, grain, [&](size_t begin, size_t end, size_t thread) {
          for (size_t i = begin; i < end; ++i) done[i].fetch_add(thread < threads ? 1 : 1000);
          calls.fetch_add(1);
        });
        const bool once = std::all_of(done.begin(), done.end(), [](const std::atomic<int>& n) { return n == 1; });
        REQUIRE(once);
        REQUIRE(calls <= std::min(threads, std::max<size_t>(count, 1)));
      }
    }
  }
}

TEST_CASE("a pool that is told to use fewer threads cuts work into no more ranges") {
  const auto pool = Must(ThreadPool::Make(4));
  for (const size_t used : {1u, 3u, 2u, 4u}) {
    pool->Use(used);
    std::atomic<size_t> calls{0};
    std::atomic<size_t> items{0};
    pool->ForRanges(100, 1, [&](size_t begin, size_t end, size_t thread) {
      calls.fetch_add(thread < used ? 1 : 1000);
      items.fetch_add(end - begin);
    });
    CHECK(calls == used);
    CHECK(items == 100);
  }
}

TEST_CASE("many short calls follow each other") {
  const auto pool = Must(ThreadPool::Make(4));
  std::vector<uint64_t> sums(4 * 16);
  for (uint64_t call = 0; call < 20000; ++call) {
    pool->ForRanges(4, 1, [&](size_t begin, size_t end, size_t thread) {
      for (size_t i = begin; i < end; ++i) sums[thread * 16] += i + 1;
    });
  }
  CHECK(sums[0] + sums[16] + sums[32] + sums[48] == 20000u * 10);
}

TEST_CASE("threads that went to sleep wake for the next call") {
  const auto pool = Must(ThreadPool::Make(3));
  for (int round = 0; round < 20; ++round) {
    usleep(2000);
    std::atomic<int> items{0};
    pool->ForRanges(30, 1, [&](size_t begin, size_t end, size_t) { items.fetch_add(static_cast<int>(end - begin)); });
    REQUIRE(items == 30);
  }
}

TEST_CASE("a pool that was never used ends") {
  for (int i = 0; i < 50; ++i) Must(ThreadPool::Make(4));
}

}  // namespace tritwise::test
