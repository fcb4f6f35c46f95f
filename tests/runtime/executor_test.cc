// A pass taken apart: the integers of a ternary linear, and given values in the middle of a network.
#include "runtime/executor.h"

#include "tests/runtime/fixture.h"
#include "tests/runtime/naive_forward.h"

namespace tritwise::test {
using namespace tritwise::runtime;  // NOLINT(google-build-using-namespace)
namespace {

std::unique_ptr<Executor> MakeExecutor(const std::shared_ptr<const Model>& model, int32_t threads = 1) {
  PlanOptions options;
  options.max_rows = 40;
  options.threads = threads;
  return Must(Executor::Make(model, options));
}

}  // namespace

TEST_CASE("the sums of a ternary linear are those of its codes and trits") {
  const auto model = RandomModel(MakeDecoder({}));
  const auto executor = MakeExecutor(model);
  const NaiveForward naive(*model);
  std::mt19937 random(4);
  std::normal_distribution<float> normal;
  const Graph& graph = model->graph();
  for (size_t op = 0; op < graph.ops.size(); ++op) {
    const auto* attrs = std::get_if<TernaryLinearAttrs>(&graph.ops[op].attrs);
    if (attrs == nullptr) continue;
    const Rows weight = naive.Matrix(attrs->weight);
    const double scale = static_cast<double>(model->tensor(attrs->weight).scales[0]);
    const size_t cols = weight[0].size();
    std::vector<float> x(5 * cols);
    for (float& v : x) v = normal(random);
    const TernarySums probe = executor->ProbeTernary(op, x);
    REQUIRE(probe.q_bk.size() == x.size());
    REQUIRE(probe.step_b.size() == 5);
    REQUIRE(probe.sums_bn.size() == 5 * weight.size());
    for (size_t m = 0; m < 5; ++m) {
      const auto begin = x.begin() + static_cast<std::ptrdiff_t>(m * cols);
      const auto expected = naive.Quantise(Row(begin, begin + static_cast<std::ptrdiff_t>(cols)), attrs->quantiser);
      CHECK(probe.step_b[m] == Approx(expected.step).epsilon(1e-5));
      size_t different = 0;
      for (size_t k = 0; k < cols; ++k) different += probe.q_bk[m * cols + k] != expected.q[k] ? 1 : 0;
      CHECK(different <= 1);
      for (size_t n = 0; n < weight.size(); ++n) {
        int32_t sum = 0;
        for (size_t k = 0; k < cols; ++k)
          sum += probe.q_bk[m * cols + k] * static_cast<int>(std::lround(weight[n][k] / scale));
        REQUIRE(probe.sums_bn[m * weight.size() + n] == sum);
      }
    }
  }
}

TEST_CASE("one row and many give the same integers") {
  const auto model = RandomModel(MakeDecoder({}));
  const auto executor = MakeExecutor(model, 2);
  std::vector<float> x(9 * 72);
  for (size_t i = 0; i < x.size(); ++i) x[i] = static_cast<float>(i % 31) - 15.0f;
  const TernarySums many = executor->ProbeTernary(2, x);
  const size_t n = many.sums_bn.size() / 9;
  for (size_t m = 0; m < 9; ++m) {
    const TernarySums one = executor->ProbeTernary(2, std::span(x).subspan(m * 72, 72));
    CHECK(
        std::equal(one.sums_bn.begin(), one.sums_bn.end(), many.sums_bn.begin() + static_cast<std::ptrdiff_t>(m * n)));
    CHECK(std::equal(one.q_bk.begin(), one.q_bk.end(), many.q_bk.begin() + static_cast<std::ptrdiff_t>(m * 72)));
  }
}

TEST_CASE("running on from given values gives the logits of the whole pass") {
  const auto model = RandomModel(MakeDecoder({}));
  const auto executor = MakeExecutor(model);
  const auto plan = MakePlan(model, 40);
  const auto tokens = RandomTokens(40, 150);
  const size_t ops = model->graph().ops.size();

  for (size_t op = 0; op < ops; ++op) {
    const auto session = MakeSession(*plan);
    std::vector<BatchRow> rows;
    for (const int32_t token : tokens) rows.push_back({session.get(), token, true});
    const std::vector<int32_t> live = executor->layout().liveness.LiveAt(static_cast<int32_t>(op));

    // What is live before `op`, taken from a pass that then goes on.
    REQUIRE(executor->Begin({rows}).ok());
    executor->RunOps(0, op);
    std::vector<Logits> values;
    for (const int32_t v : live) {
      const RowMatrix m = executor->value(v);
      values.emplace_back();
      for (size_t i = 0; i < rows.size(); ++i) values.back().emplace_back(m.row(i), m.row(i) + m.width);
    }
    executor->RunOps(op, ops);
    const Logits expected = CopyRows(executor->End());

    // A pass over other tokens up to there, then these values in its place.
    session->Reset();
    for (BatchRow& row : rows) row.token = 0;
    REQUIRE(executor->Begin({rows}).ok());
    executor->RunOps(0, op);
    if (op == 0) {
      executor->End();
      continue;
    }
    for (size_t v = 0; v < live.size(); ++v) {
      const RowMatrix m = executor->value(live[v]);
      for (size_t i = 0; i < rows.size(); ++i) std::copy(values[v][i].begin(), values[v][i].end(), m.row(i));
    }
    executor->RunOps(op, ops);
    CHECK(SameBits(CopyRows(executor->End()), expected));
  }
}

}  // namespace tritwise::test
