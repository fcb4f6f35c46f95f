// A plan within a budget, and what is proposed where there is none.
#include "tools/memory_budget.h"

#include <catch2/catch.hpp>

#include "format/families/families.h"
#include "tests/support/random_model.h"
#include "trainer/error.h"

namespace tritwise::test {
namespace {

constexpr uint64_t kKiB = 1024;

struct Request {
  explicit Request(const Graph& graph) : request{graph} {
    request.file_bytes = 900 * kKiB;
    request.program_bytes = 100 * kKiB;
    request.options.max_rows = 64;
    request.options.max_outputs = 1;
    request.options.threads = 1;
    request.context = graph.context;
    request.shortest_context = 8;
    request.budget_bytes = uint64_t{1} << 40;
  }

  MemoryNeed Need(int32_t rows) const {
    PlanOptions options = request.options;
    options.max_rows = rows;
    return NeedOf(request, options);
  }
  std::string Refusal() const {
    try {
      FitMemory(request);
    } catch (const Error& error) {
      return error.what();
    }
    return "fits";
  }

  MemoryRequest request;
};

Graph Decoder(int64_t context, Storage head = Storage::kI4, Storage ternary = Storage::kT5) {
  DecoderOptions o;
  o.context = context;
  o.vocabulary = 500;
  o.linear.ternary = ternary;
  Graph graph = MakeDecoder(o);
  for (TensorSpec& t : graph.tensors) {
    if (t.rows == o.vocabulary) StorePlain(t, head);
  }
  return graph;
}

bool Contains(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

}  // namespace

TEST_CASE("what a model needs is its file, arena, caches and program") {
  const Graph graph = Decoder(1000);
  Request r(graph);
  r.request.sessions = 3;
  const MemoryNeed need = r.Need(64);
  CHECK(need.file == 900 * kKiB);
  CHECK(need.program == 100 * kKiB);
  CHECK(need.cache == 3 * CacheBytes(graph, r.request.options, 1000));
  CHECK(need.arena == MeasureMemory(graph, r.request.options).value().arena);
  CHECK(need.total() == need.file + need.program + need.cache + need.arena);
}

TEST_CASE("a large budget changes nothing") {
  const Graph graph = Decoder(1000);
  const Request r(graph);
  CHECK(FitMemory(r.request).options.max_rows == 64);
}

TEST_CASE("fewer rows at once are planned until it fits") {
  const Graph graph = Decoder(1000);
  Request r(graph);
  REQUIRE(r.Need(1).total() < r.Need(8).total());
  for (const int32_t rows : {32, 8, 1}) {
    r.request.budget_bytes = r.Need(rows).total();
    const MemoryPlan plan = FitMemory(r.request);
    CHECK(plan.options.max_rows == rows);
    CHECK(plan.need.total() == r.request.budget_bytes);
  }
}

TEST_CASE("there stay as many rows as want output") {
  const Graph graph = Decoder(1000);
  Request r(graph);
  r.request.options.max_outputs = 4;
  r.request.budget_bytes = r.Need(4).total();
  CHECK(FitMemory(r.request).options.max_rows == 4);
  --r.request.budget_bytes;
  CHECK(Contains(r.Refusal(), "more than the memory budget"));
}

TEST_CASE("a refusal names every part") {
  const Graph graph = Decoder(1000);
  Request r(graph);
  r.request.budget_bytes = r.Need(1).total() - 1;
  const std::string refusal = r.Refusal();
  for (const char* part : {"model file 900.0 KiB", "cache ", "buffers ", "program 100.0 KiB", "memory budget of "}) {
    INFO(refusal);
    CHECK(Contains(refusal, part));
  }
}

TEST_CASE("the context proposed is the longest that fits") {
  const Graph graph = Decoder(5000);
  Request r(graph);
  r.request.budget_bytes = r.Need(1).total() - 20 * kKiB;
  const std::string refusal = r.Refusal();
  INFO(refusal);
  const size_t at = refusal.find("--context ");
  REQUIRE(at != std::string::npos);
  r.request.context = std::stoll(refusal.substr(at + 10));
  CHECK(r.request.context > 4000);
  CHECK(FitMemory(r.request).need.total() <= r.request.budget_bytes);
  ++r.request.context;
  CHECK(r.Refusal() != "fits");
}

TEST_CASE("an int8 cache is proposed where it is enough, and is") {
  const Graph graph = Decoder(5000);
  Request r(graph);
  const uint64_t cache = r.Need(1).cache;
  r.request.budget_bytes = r.Need(1).total() - cache / 4;
  CHECK(Contains(r.Refusal(), "--cache int8"));
  r.request.options.cache = Storage::kI8;
  CHECK(FitMemory(r.request).options.max_rows >= 1);
}

TEST_CASE("the least dense head that is enough is proposed") {
  const Graph graph = Decoder(16, Storage::kF16);
  Request r(graph);
  r.request.shortest_context = 16;
  r.request.budget_bytes = r.Need(1).total() - kKiB;
  CHECK(Contains(r.Refusal(), "--head int8"));
  // Of 500 rows 16 bits wide, 4 bits are left.
  r.request.budget_bytes = r.Need(1).total() - 500 * 64 * 11 / 8;
  INFO(r.Refusal());
  CHECK(!Contains(r.Refusal(), "--head int8"));
  CHECK(Contains(r.Refusal(), "--head "));
}

TEST_CASE("the dense ternary layout is proposed where there is a less dense one") {
  const Graph graph = Decoder(16, Storage::kT5, Storage::kT2);
  Request r(graph);
  r.request.shortest_context = 16;
  r.request.options.cache = Storage::kI8;
  r.request.budget_bytes = r.Need(1).total() - kKiB;
  CHECK(Contains(r.Refusal(), "it would fit with a model exported with --layout t5"));
}

TEST_CASE("changes that are enough only together are proposed together") {
  const Graph graph = Decoder(5000, Storage::kF16, Storage::kT2);
  Request r(graph);
  r.request.shortest_context = 4990;
  PlanOptions int8 = r.request.options;
  int8.cache = Storage::kI8;
  const uint64_t saved = r.Need(1).cache - CacheBytes(graph, int8, 5000);
  r.request.budget_bytes = r.Need(1).total() - saved - kKiB;  // not alone
  const std::string refusal = r.Refusal();
  INFO(refusal);
  CHECK(Contains(refusal, " and "));
  CHECK(Contains(refusal, "together"));
}

TEST_CASE("where nothing is enough it is said how much is missing even so") {
  const Graph graph = Decoder(1000, Storage::kF16);
  Request r(graph);
  r.request.budget_bytes = 10 * kKiB;
  CHECK(Contains(r.Refusal(), "even with "));
  CHECK(Contains(r.Refusal(), "would be missing"));
}

TEST_CASE("where nothing can be changed that is said") {
  const Graph graph = Decoder(16, Storage::kT5);
  Request r(graph);
  r.request.shortest_context = 16;
  r.request.options.cache = Storage::kI8;
  r.request.budget_bytes = 10 * kKiB;
  CHECK(Contains(r.Refusal(), "nothing would make this model fit"));
}

}  // namespace tritwise::test
