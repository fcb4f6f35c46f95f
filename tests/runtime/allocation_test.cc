// Everything is allocated when plans and sessions are made, and it is as much as was said.
#include "tests/runtime/allocation_count.h"
#include "tests/runtime/fixture.h"
#include "tritwise/generate.h"

namespace tritwise::test {

TEST_CASE("allocations are counted") {
  const size_t before = AllocationCount();
  const std::vector<int> some(100);
  asm volatile("" : : "r"(some.data()) : "memory");  // else the compiler may leave the allocation out
  CHECK(AllocationCount() > before);
  CHECK(TakeLargestAllocation() >= 400);
}

TEST_CASE("forward passes, sampling and resetting allocate nothing") {
  for (const int32_t threads : {1, 3}) {
    const auto plan = MakePlan(RandomModel(MakeDecoder({})), 16, threads);
    const auto a = Must(Session::Make(*plan, {0, {0.8f, 40, 0.9f, 1}}));
    const auto b = MakeSession(*plan);
    const auto tokens = RandomTokens(50, 150);
    const std::vector<BatchRow> both = {{a.get(), 1, true}, {b.get(), 2, true}, {b.get(), 3, false}};
    const std::function<bool(int32_t)> on_token = [](int32_t) { return true; };

    const size_t before = AllocationCount();
    auto output = plan->Prefill(*a, tokens);
    const bool prefilled = output.ok();
    const bool forward = plan->Forward({both}).ok();
    const bool refused = plan->Forward({std::span(both).first(0)}).ok();
    output = plan->Prefill(*a, std::span(tokens).first(3));
    const bool generated = Generate(*plan, *a, output.value(), {20, -1}, on_token).ok();
    const bool truncated = a->Truncate(4).ok();
    a->Reset();
    const size_t allocations = AllocationCount() - before;

    CHECK(allocations == 0);
    CHECK((prefilled && forward && !refused && generated && truncated));
  }
}

TEST_CASE("forward passes with heads that have scales of groups allocate nothing") {
  for (const Storage storage : kGroupedStorages) {
    const auto plan = MakePlan(RandomModel(MakeGroupedDecoder(storage)), 16, 3);
    const auto session = MakeSession(*plan);
    const auto tokens = RandomTokens(20, 150);
    const size_t before = AllocationCount();
    const bool ok = plan->Prefill(*session, tokens).ok();
    CHECK(AllocationCount() == before);
    CHECK(ok);
  }
}

TEST_CASE("scoring rows of features allocates nothing") {
  const auto plan = MakePlan(RandomModel(MakeMlp()), 8, 2);
  const std::vector<float> features(8 * 50, 0.5f);
  const std::vector<BatchRow> rows(8);
  const size_t before = AllocationCount();
  const bool ok = plan->Forward({rows, features}).ok();
  CHECK(AllocationCount() == before);
  CHECK(ok);
}

TEST_CASE("the arena is allocated with exactly the size that was said") {
  DecoderOptions o;
  o.config.feed_forward = 700;
  const Graph graph = MakeDecoder(o);
  const auto model = RandomModel(graph);
  for (const int32_t max_rows : {64, 256}) {
    PlanOptions options;
    options.max_rows = max_rows;
    options.threads = 2;
    const MemoryReport said = Must(MeasureMemory(graph, options));
    TakeLargestAllocation();
    const auto plan = Must(Plan::Make(model, options));
    CHECK(TakeLargestAllocation() == said.arena);
    CHECK(plan->memory().arena == said.arena);
  }
}

}  // namespace tritwise::test
