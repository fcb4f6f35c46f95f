// One gradient that several workers add to in turns.
#include "trainer/gradient_sum.h"

#include <catch2/catch.hpp>
#include <thread>

#include "format/families/families.h"
#include "trainer/error_status.h"

namespace tritwise::test {
namespace {

Graph TiedGraph() {
  DecoderConfig config;
  config.width = 8;
  config.layers = 1;
  config.heads = 1;
  config.feed_forward = 8;
  return ValueOrThrow(BuildFamily(config, {InputKind::kTokens, 20, 20, 8}, LinearOptions{}));
}

// Every worker adds its number to every element, in each of its passes, where the graph's operations would.
void AddAll(const Graph& graph, GradientSum& sum, const std::vector<size_t>& passes, bool first_part) {
  sum.Begin(passes, first_part);
  std::vector<std::thread> workers;
  for (size_t w = 0; w < passes.size(); ++w) {
    workers.emplace_back([&, w] {
      for (size_t pass = 0; pass < passes[w]; ++pass) {
        for (size_t op = graph.ops.size(); op-- > 0;) {
          for (const int32_t tensor : TensorsOf(graph.ops[op])) {
            GradientSum::Turn turn = sum.Take(tensor, op, w, pass);
            float* data = turn.Zeroed();
            for (size_t i = 0; i < sum.layout().count(static_cast<size_t>(tensor)); ++i) {
              data[i] += static_cast<float>(w + 1);
            }
          }
        }
      }
    });
  }
  for (std::thread& worker : workers) worker.join();
}

TEST_CASE("workers with different numbers of passes all add their part, at every use of a tensor") {
  const Graph graph = TiedGraph();
  const ParameterLayout layout(graph);
  GradientSum sum(graph, layout);
  for (int step = 0; step < 3; ++step) {
    AddAll(graph, sum, {3, 0, 2}, true);
    AddAll(graph, sum, {1, 1, 0}, false);
    for (size_t t = 0; t < layout.tensors(); ++t) {
      const bool twice = graph.tensors[t].name == "embedding.weight";  // embedding and head
      CHECK(sum.values()[layout.begin(t)] == (twice ? 2.0f : 1.0f) * (3 * 1 + 2 * 3 + 1 + 2));
    }
  }
}

TEST_CASE("a tensor is said to be complete once, after its last turn") {
  const Graph graph = TiedGraph();
  const ParameterLayout layout(graph);
  GradientSum sum(graph, layout);
  std::vector<std::atomic<int>> completed(layout.tensors());
  sum.complete = [&](size_t tensor) {
    ++completed[tensor];
    const bool twice = graph.tensors[tensor].name == "embedding.weight";
    CHECK(sum.values()[layout.begin(tensor)] == (twice ? 2.0f : 1.0f) * (2 * 1 + 1 * 2));
  };
  AddAll(graph, sum, {2, 1}, true);
  for (const std::atomic<int>& count : completed) CHECK(count == 1);
}

TEST_CASE("tensors complete in the order of the backward pass, a tied table last") {
  const Graph graph = TiedGraph();
  const ParameterLayout layout(graph);
  const GradientSum sum(graph, layout);
  std::vector<std::string> names;
  for (const size_t t : sum.TensorsInOrder()) names.push_back(graph.tensors[t].name);
  REQUIRE(names.size() == layout.tensors());
  CHECK(names.front() == "blocks.0.feed_forward.down.weight");
  CHECK(names.back() == "embedding.weight");
}

TEST_CASE("operations that the output does not depend on train nothing") {
  Graph graph = TiedGraph();
  graph.output = graph.ops[2].output;
  const std::vector<bool> live = LiveOps(graph);
  CHECK(std::count(live.begin(), live.end(), true) == 3);
}

}  // namespace
}  // namespace tritwise::test
