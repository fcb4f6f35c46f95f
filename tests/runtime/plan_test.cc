// Planning: options, liveness, placement, reports.
#include "runtime/arena.h"
#include "runtime/executor.h"
#include "tests/runtime/fixture.h"

namespace tritwise::test {
using namespace tritwise::runtime;  // NOLINT(google-build-using-namespace)
namespace {

bool MeetInTime(const ArenaBuffer& a, const ArenaBuffer& b) {
  return a.first_op <= b.last_op && b.first_op <= a.last_op;
}

bool MeetInSpace(const ArenaBuffer& a, const ArenaBuffer& b) {
  return a.offset < b.offset + b.bytes && b.offset < a.offset + a.bytes;
}

void CheckPlacement(const std::vector<ArenaBuffer>& buffers, uint64_t total) {
  for (size_t i = 0; i < buffers.size(); ++i) {
    CHECK(buffers[i].offset % kArenaAlignment == 0);
    CHECK(buffers[i].offset + buffers[i].bytes <= total);
    for (size_t j = 0; j < i; ++j)
      CHECK_FALSE((MeetInTime(buffers[i], buffers[j]) && MeetInSpace(buffers[i], buffers[j])));
  }
}

}  // namespace

TEST_CASE("buffers that live at the same time never share bytes") {
  std::mt19937 random(1);
  for (int round = 0; round < 50; ++round) {
    std::vector<ArenaBuffer> buffers;
    for (int i = 0; i < 40; ++i) {
      const auto first = static_cast<int32_t>(random() % 30);
      buffers.push_back({1 + random() % 1000, first, first + static_cast<int32_t>(random() % 8)});
    }
    CheckPlacement(buffers, PlaceBuffers(buffers));
  }
}

TEST_CASE("buffers of a chain share bytes") {
  std::vector<ArenaBuffer> chain;
  for (int32_t i = 0; i < 100; ++i) chain.push_back({640, i, i + 1});
  CHECK(PlaceBuffers(chain) == 1280);
}

TEST_CASE("a decoder's arena does not grow with its depth") {
  DecoderOptions shallow;
  DecoderOptions deep;
  deep.config.layers = 12;
  PlanOptions options;
  options.threads = 1;
  CHECK(Must(MeasureMemory(MakeDecoder(deep), options)).arena ==
        Must(MeasureMemory(MakeDecoder(shallow), options)).arena);
}

TEST_CASE("planning for fewer rows with output makes the arena smaller") {
  PlanOptions all;
  all.threads = 1;
  PlanOptions one = all;
  one.max_outputs = 1;
  DecoderOptions o;
  o.vocabulary = 3000;
  const Graph graph = MakeDecoder(o);
  CHECK(Must(MeasureMemory(graph, one)).arena < Must(MeasureMemory(graph, all)).arena);
}

TEST_CASE("rows are dropped in the last operation that mixes them") {
  const Graph graph = MakeDecoder({});
  const Liveness live = AnalyseLiveness(graph);
  REQUIRE(live.cut_op >= 0);
  CHECK(graph.ops[static_cast<size_t>(live.cut_op)].name == "blocks.2.attention");
  CHECK(AnalyseLiveness(MakeMlp()).cut_op == kBeforeFirstOp);
  // Live there: what the residual goes on with, and the attention's own input.
  CHECK(live.LiveAt(live.cut_op).size() == 2);
}

TEST_CASE("an output lies over an input only where nothing reads it afterwards") {
  const Graph graph = MakeDecoder({});
  const Liveness live = AnalyseLiveness(graph);
  for (const Op& op : graph.ops) {
    const int32_t shared = live.values[static_cast<size_t>(op.output)].shares_with;
    if (shared == op.output) continue;
    for (const Op& other : graph.ops) {
      for (const int32_t input : other.inputs) {
        const bool same_buffer = live.values[static_cast<size_t>(input)].shares_with == shared;
        const bool later = live.values[static_cast<size_t>(other.output)].written >
                           live.values[static_cast<size_t>(op.output)].written;
        if (same_buffer && later) {
          CHECK(live.values[static_cast<size_t>(input)].written >= live.values[static_cast<size_t>(op.output)].written);
        }
      }
    }
  }
}

TEST_CASE("options out of range and unknown targets are refused") {
  const auto model = RandomModel(MakeMlp());
  const auto code = [&](const PlanOptions& options) { return Plan::Make(model, options).status().code(); };
  CHECK(code({0, 0, 1, "", {}}) == StatusCode::kInvalidArgument);
  CHECK(code({65537, 0, 1, "", {}}) == StatusCode::kInvalidArgument);
  CHECK(code({8, -1, 1, "", {}}) == StatusCode::kInvalidArgument);
  CHECK(code({8, 0, -1, "", {}}) == StatusCode::kInvalidArgument);
  CHECK(code({8, 0, 257, "", {}}) == StatusCode::kInvalidArgument);
  CHECK(code({8, 0, 1, "", Storage::kT2}) == StatusCode::kInvalidArgument);
  CHECK(code({8, 0, 1, "NO_SUCH_TARGET", {}}) == StatusCode::kInvalidArgument);
  CHECK(code({8, 0, 1, "", Storage::kF32}) == StatusCode::kOk);
}

TEST_CASE("a plan says what was chosen for every operation") {
  const Graph graph = MakeDecoder({});
  const auto plan = MakePlan(RandomModel(graph), 16, 2);
  const std::vector<PlannedOp> ops = plan->ops();
  REQUIRE(ops.size() == graph.ops.size());
  const std::string text = plan->Describe();
  for (const PlannedOp& op : ops) {
    CHECK_FALSE(op.kernels.empty());
    CHECK(text.find(op.name) != std::string::npos);
    CHECK(text.find(op.kernels) != std::string::npos);
  }
  CHECK(text.find(plan->options().target) != std::string::npos);
  CHECK_FALSE(plan->options().target.empty());
  CHECK(plan->options().threads == 2);
}

TEST_CASE("memory by part adds up to the weights in the file") {
  for (const bool tied : {true, false}) {
    DecoderOptions o;
    o.config.tied_head = tied;
    o.config.norm_gain = true;
    const Graph graph = MakeDecoder(o);
    const auto model = RandomModel(graph);
    const MemoryReport report = Must(MeasureMemory(graph, {}));
    uint64_t bytes = 0;
    for (size_t i = 0; i < graph.tensors.size(); ++i) {
      const TensorData data = model->tensor(static_cast<int32_t>(i));
      bytes += data.data.size() + data.scales.size_bytes();
    }
    CHECK(report.weights() == bytes);
    CHECK(report.embedding_head == (tied ? 1u : 2u) * 150 * 72);
    CHECK(report.plain == 0);
    CHECK(report.ternary > 0);
    CHECK(report.other == 7 * 72 * sizeof(float));
  }
}

TEST_CASE("heads with scales of groups are counted with the embedding, and named with their kernels") {
  const auto memory = [](Storage storage) { return Must(MeasureMemory(MakeGroupedDecoder(storage), {})); };
  // 150 rows are 10 blocks of 16 or 38 of 4; 324 columns are 6 groups of 64 or two of 256 or 320.
  CHECK(memory(Storage::kI4).embedding_head == 10 * (192 + 6 * 512));
  CHECK(memory(Storage::kI6).embedding_head == 10 * (192 + 6 * 768));
  CHECK(memory(Storage::kT2).embedding_head == 38 * 4 * (64 + 20));
  CHECK(memory(Storage::kT5).embedding_head == 38 * 4 * (64 + 4));
  CHECK(memory(Storage::kT5).scales - memory(Storage::kI4).scales == 150 * 2 * sizeof(float));
  const std::string plan = MakePlan(RandomModel(MakeGroupedDecoder(Storage::kI4)))->Describe();
  CHECK(plan.find("embed_i4") != std::string::npos);
  CHECK(plan.find("linear_i4") != std::string::npos);
}

}  // namespace tritwise::test
