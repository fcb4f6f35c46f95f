// The promise of the project: what the trainer measured is what the device computes. A few training steps,
// an export, then the runtime against the trainer's own executor, layer by layer and as a whole.
#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>

#include "format/names.h"
#include "format/scoring.h"
#include "runtime/executor.h"
#include "tests/trainer/small_run.h"
#include "trainer/checkpoint.h"
#include "trainer/data/dataset.h"
#include "trainer/error_status.h"
#include "trainer/executor.h"
#include "tritwise/plan.h"
#include "tritwise/session.h"

namespace tritwise::test {
namespace {

// One trained network on both sides.
class BothHalves {
 public:
  BothHalves(SmallRun& small, ComputeType type) {
    const auto folder = small.folder.path() / "run";
    if (!std::filesystem::exists(folder)) TrainRun(small.Options("run"));
    checkpoint = ReadCheckpoint((folder / "checkpoint.safetensors").string());
    const Graph& graph = checkpoint.description.graph;
    layout = std::make_unique<ParameterLayout>(graph);
    kernels = ValueOrThrow(kernels::ResolveKernels());
    weights = std::make_unique<PreparedWeights>(graph, *layout, type);
    phase = {true, 1.0f, checkpoint.recipe.quantise.measure};
    weights->Prepare(checkpoint.state.weights, phase, Precision::kExported);
    trainer = std::make_unique<TrainExecutor>(graph, *layout, kernels, type);
    PlanOptions options;
    options.max_rows = kRows;
    options.threads = 2;
    auto model = ValueOrThrow(Model::Load((folder / "model.trit").string()));
    plan = ValueOrThrow(Plan::Make(model, options));
    runtime = ValueOrThrow(runtime::Executor::Make(model, options));
    dataset = OpenDataset(checkpoint.recipe, checkpoint.description.vocabulary);
  }

  std::span<const float> TrainerForward(const TrainBatch& batch, size_t sequence) {
    return trainer->Forward({checkpoint.state.weights, weights.get(), phase, Precision::kExported}, batch, sequence,
                            sequence + 1);
  }

  std::vector<BatchRow> Rows(const TrainBatch& batch, size_t sequence, Session* session) const {
    std::vector<BatchRow> rows;
    const size_t begin = sequence * kRows;
    for (size_t r = 0; r < batch.sequence_rows[sequence]; ++r) rows.push_back({session, batch.tokens[begin + r], true});
    return rows;
  }

  static constexpr size_t kRows = 32;  // the small run's context
  Checkpoint checkpoint;
  std::unique_ptr<ParameterLayout> layout;
  kernels::Kernels kernels;
  std::unique_ptr<PreparedWeights> weights;
  Phase phase;
  std::unique_ptr<TrainExecutor> trainer;
  std::unique_ptr<Plan> plan;  // whose sessions the executor takes too
  std::unique_ptr<runtime::Executor> runtime;
  std::unique_ptr<Dataset> dataset;
};

std::vector<ComputeType> ComputeTypes() {
  std::vector<ComputeType> types = {ComputeType::kF32};
  if (BestComputeType() == ComputeType::kBf16) types.push_back(ComputeType::kBf16);
  return types;
}

double RelativeError(std::span<const float> a, std::span<const float> b) {
  double difference = 0.0;
  double size = 0.0;
  for (size_t i = 0; i < a.size(); ++i) {
    difference += std::pow(double{a[i]} - double{b[i]}, 2);
    size += std::pow(double{a[i]}, 2);
  }
  return std::sqrt(difference / size);
}

TEST_CASE("every ternary linear of the runtime makes the trainer's integers from the trainer's rows") {
  SmallRun small;
  for (const ComputeType type : ComputeTypes()) {
    BothHalves both(small, type);
    const Graph& graph = both.checkpoint.description.graph;
    const TrainBatch batch = both.dataset->Validation(1);
    both.TrainerForward(batch, 0);
    size_t compared = 0;
    for (size_t i = 0; i < graph.ops.size(); ++i) {
      const auto* linear = std::get_if<TernaryLinearAttrs>(&graph.ops[i].attrs);
      if (linear == nullptr) continue;
      const runtime::TernarySums sums = both.runtime->ProbeTernary(i, both.trainer->Value(graph.ops[i].inputs[0]));
      const auto y = both.trainer->Value(graph.ops[i].output);
      const float scale = both.weights->scale(linear->weight);
      REQUIRE(y.size() == sums.sums_bn.size());
      const size_t width = y.size() / sums.step_b.size();
      for (size_t k = 0; k < y.size(); ++k) {
        // The trainer keeps floats: its value is the integer times the same factor, to the bit.
        const float expected = static_cast<float>(sums.sums_bn[k]) * (sums.step_b[k / width] * scale);
        if (y[k] != expected) FAIL(graph.ops[i].name << " value " << k << ": " << y[k] << " and " << expected);
        ++compared;
      }
    }
    CHECK(compared > 32 * 2 * 200);
  }
}

TEST_CASE("quantised activations and integer sums are those of codes and weights, counted out") {
  SmallRun small;
  BothHalves both(small, BestComputeType());
  const Graph& graph = both.checkpoint.description.graph;
  const TrainBatch batch = both.dataset->Validation(1);
  both.TrainerForward(batch, 0);
  for (size_t i = 0; i < graph.ops.size(); ++i) {
    const auto* linear = std::get_if<TernaryLinearAttrs>(&graph.ops[i].attrs);
    if (linear == nullptr) continue;
    const TensorSpec& spec = graph.tensors[static_cast<size_t>(linear->weight)];
    const auto cols = static_cast<size_t>(spec.cols);
    const auto rows = static_cast<size_t>(spec.rows);
    const auto master = both.layout->Of(std::span<const float>(both.checkpoint.state.weights), linear->weight);
    const auto codes = TernaryCodes(master, both.weights->scale(linear->weight));
    const auto x = both.trainer->Value(graph.ops[i].inputs[0]);
    const runtime::TernarySums sums = both.runtime->ProbeTernary(i, x);
    std::vector<float> scratch((cols + 15) / 16 * 16);
    std::vector<int8_t> q(cols);
    const ActivationQuantiser& a = linear->quantiser;
    for (size_t r = 0; r < x.size() / cols; ++r) {
      const auto row = both.kernels.norm_quantise_row(
          x.data() + r * cols, cols, {a.norm, a.norm_eps, nullptr, static_cast<float>(a.range), a.lowest},
          scratch.data(), q.data(), cols);
      REQUIRE(row.step == sums.step_b[r]);
      REQUIRE(std::equal(q.begin(), q.end(), sums.q_bk.begin() + static_cast<std::ptrdiff_t>(r * cols)));
      for (size_t n = 0; n < rows; ++n) {
        int32_t sum = 0;
        for (size_t k = 0; k < cols; ++k) sum += q[k] * codes[n * cols + k];
        REQUIRE(sum == sums.sums_bn[r * rows + n]);
      }
    }
  }
}

TEST_CASE("from the trainer's values at any ternary linear on, the runtime's logits agree to 1e-5") {
  SmallRun small;
  BothHalves both(small, BestComputeType());
  const Graph& graph = both.checkpoint.description.graph;
  const TrainBatch batch = both.dataset->Validation(1);
  const auto scores = both.TrainerForward(batch, 0);
  const std::vector<float> expected(scores.begin(), scores.end());
  for (size_t i = 0; i < graph.ops.size(); ++i) {
    if (graph.ops[i].kind() != OpKind::kTernaryLinear) continue;
    auto session = ValueOrThrow(Session::Make(*both.plan, SessionOptions{}));
    const std::vector<BatchRow> rows = both.Rows(batch, 0, session.get());
    ThrowIfError(both.runtime->Begin({rows, {}}));
    for (const int32_t value : both.runtime->layout().liveness.LiveAt(static_cast<int32_t>(i))) {
      const auto given = both.trainer->Value(value);
      const runtime::RowMatrix matrix = both.runtime->value(value);
      const size_t width = given.size() / rows.size();
      for (size_t r = 0; r < rows.size(); ++r) {
        std::copy_n(given.begin() + static_cast<std::ptrdiff_t>(r * width), width, matrix.row(r));
      }
    }
    both.runtime->RunOps(i, graph.ops.size());
    const OutputRows out = both.runtime->End();
    REQUIRE(out.rows == rows.size());
    for (size_t r = 0; r < out.rows; ++r) {
      CHECK(RelativeError(std::span(expected).subspan(r * out.width, out.width), out.row(r)) < 1e-5);
    }
  }
}

struct FreeRun {
  std::vector<double> errors;  // of each row's scores, relative, sorted
  double trainer_loss = 0.0;   // sums over all rows
  double runtime_loss = 0.0;
};

FreeRun RunFreely(BothHalves& both) {
  FreeRun run;
  const TrainBatch batch = both.dataset->Validation(0);
  for (size_t s = 0; s < batch.sequence_rows.size(); ++s) {
    const auto scores = both.TrainerForward(batch, s);
    auto session = ValueOrThrow(Session::Make(*both.plan, SessionOptions{}));
    const std::vector<BatchRow> rows = both.Rows(batch, s, session.get());
    const OutputRows out = ValueOrThrow(both.runtime->Forward({rows, {}}));
    for (size_t r = 0; r < out.rows; ++r) {
      const auto row = scores.subspan(r * out.width, out.width);
      const auto target = static_cast<size_t>(batch.targets[s * BothHalves::kRows + r]);
      run.errors.push_back(RelativeError(row, out.row(r)));
      run.trainer_loss += NegativeLogLikelihood(row, target);
      run.runtime_loss += NegativeLogLikelihood(out.row(r), target);
    }
  }
  std::sort(run.errors.begin(), run.errors.end());
  return run;
}

TEST_CASE("the whole network run freely scores as the trainer said, row by row and in the loss") {
  SmallRun small(9000);
  small.recipe.data.validation_fraction = 0.3;
  BothHalves both(small, BestComputeType());
  const FreeRun run = RunFreely(both);
  REQUIRE(run.errors.size() >= 20000);
  CHECK(run.errors[run.errors.size() / 2] <= 1e-5);
  CHECK(run.errors[run.errors.size() * 95 / 100] <= 1e-3);
  CHECK(run.errors.back() <= 0.1);
  CHECK(std::fabs(run.runtime_loss - run.trainer_loss) <= 1e-4 * run.trainer_loss);
}

TEST_CASE("whatever the recipe says of quantisation and cache, the runtime scores as the trainer said") {
  for (const char* variant : {"quantise.activation_measure=absmean", "quantise.activation_measure=absmedian",
                              "quantise.norm=rms", "quantise.norm=none", "quantise.range=127", "quantise.lowest=-127",
                              "quantise.measure=absmedian", "quantise.rounding=stochastic",
                              "quantise.linears=[\"*.feed_forward.*\"]", "network.cache=int8", "export.layout=lut"}) {
    INFO(variant);
    SmallRun small;
    small.recipe = ParseRecipe(WriteRecipe(small.recipe), variant, {variant});
    BothHalves both(small, BestComputeType());
    const FreeRun run = RunFreely(both);
    REQUIRE(run.errors.size() > 1000);
    CHECK(run.errors[run.errors.size() / 2] <= 1e-5);
    CHECK(std::fabs(run.runtime_loss - run.trainer_loss) <= 1e-4 * run.trainer_loss);
  }
}

TEST_CASE("whatever embedding and head are stored as, the runtime scores as the trainer said") {
  for (const char* head : {"int8", "int6", "int4", "t2", "t5", "f16", "f32"}) {
    for (const char* tied : {"true", "false"}) {
      INFO(head << ", tied: " << tied);
      SmallRun small;
      // Two groups of columns in every storage that has groups.
      small.recipe = ParseRecipe(WriteRecipe(small.recipe), head,
                                 {std::string("export.head=") + head, std::string("network.tied_head=") + tied,
                                  "network.width=324", "network.heads=6", "network.layers=1"});
      BothHalves both(small, BestComputeType());
      const Graph& graph = both.checkpoint.description.graph;
      CHECK(NameOf(graph.tensors[0].storage) == head);
      const FreeRun run = RunFreely(both);
      REQUIRE(run.errors.size() > 1000);
      CHECK(run.errors[run.errors.size() / 2] <= 1e-5);
      CHECK(std::fabs(run.runtime_loss - run.trainer_loss) <= 1e-4 * run.trainer_loss);
    }
  }
}

// The embedding's rows are the same bits on both sides, and so is a head that is given the same rows.
TEST_CASE("embeddings and heads with scales of groups give the trainer's values to the bit") {
  for (const char* head : {"int6", "int4", "t2", "t5"}) {
    INFO(head);
    SmallRun small;
    small.recipe =
        ParseRecipe(WriteRecipe(small.recipe), head,
                    {std::string("export.head=") + head, "network.width=324", "network.heads=6", "network.layers=1"});
    for (const ComputeType type : ComputeTypes()) {
      BothHalves both(small, type);
      const Graph& graph = both.checkpoint.description.graph;
      const TrainBatch batch = both.dataset->Validation(1);
      const auto scores = both.TrainerForward(batch, 0);
      const std::vector<float> expected(scores.begin(), scores.end());
      for (const size_t op : {size_t{0}, graph.ops.size() - 1}) {
        auto session = ValueOrThrow(Session::Make(*both.plan, SessionOptions{}));
        const std::vector<BatchRow> rows = both.Rows(batch, 0, session.get());
        ThrowIfError(both.runtime->Begin({rows, {}}));
        for (const int32_t input : graph.ops[op].inputs) {
          const auto given = both.trainer->Value(input);
          const runtime::RowMatrix x = both.runtime->value(input);
          for (size_t r = 0; r < rows.size(); ++r) std::copy_n(given.data() + r * x.width, x.width, x.row(r));
        }
        both.runtime->RunOps(op, op + 1);
        const runtime::RowMatrix y = both.runtime->value(graph.ops[op].output);
        const auto made = op == 0 ? both.trainer->Value(graph.ops[0].output) : std::span<const float>(expected);
        REQUIRE(made.size() == rows.size() * y.width);
        for (size_t r = 0; r < rows.size(); ++r) {
          REQUIRE(std::equal(y.row(r), y.row(r) + y.width, made.begin() + static_cast<std::ptrdiff_t>(r * y.width)));
        }
        both.runtime->End();
      }
    }
  }
}

}  // namespace
}  // namespace tritwise::test
