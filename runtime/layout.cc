#include "runtime/layout.h"

#include <algorithm>
#include <cinttypes>

#include "runtime/ops/ops.h"
#include "runtime/thread_pool.h"

namespace tritwise::runtime {
namespace {

constexpr int32_t kMostRows = 65536;
constexpr int32_t kMostThreads = 256;
// Placement is quadratic; no network of use comes near.
constexpr size_t kMostOps = 16384;
// Keeps sums of sizes inside 64 bits. No machine has it, so nothing is lost.
constexpr uint64_t kMostBufferBytes = uint64_t{1} << 44;

class LayoutMaker {
 public:
  LayoutMaker(const Graph& graph, const PlanOptions& options) : graph_(graph), options_(options) {}

  Result<ArenaLayout> Make() {
    layout_.liveness = AnalyseLiveness(graph_);
    ops_ = static_cast<int32_t>(graph_.ops.size());
    layout_.row_states = Add(static_cast<uint64_t>(options_.max_rows) * sizeof(RowState), kBeforeFirstOp, ops_);
    AddValues();
    for (int32_t i = 0; i < ops_; ++i) AddOp(i);
    for (const ArenaBuffer& buffer : layout_.buffers) {
      if (buffer.bytes > kMostBufferBytes) {
        return Status::Error(StatusCode::kResourceExhausted, "no memory for a buffer of %" PRIu64 " bytes",
                             buffer.bytes);
      }
    }
    layout_.bytes = PlaceBuffers(layout_.buffers);
    return std::move(layout_);
  }

 private:
  int32_t Add(uint64_t bytes, int32_t first_op, int32_t last_op) {
    if (bytes == 0) return kNoBuffer;
    layout_.buffers.push_back({bytes, first_op, last_op});
    return static_cast<int32_t>(layout_.buffers.size()) - 1;
  }

  void AddValues() {
    const std::vector<ValueLife>& values = layout_.liveness.values;
    layout_.value_buffer.assign(values.size(), kNoBuffer);
    // A value stands behind those it shares with in the order of writing, not of numbers.
    std::vector<int32_t> order;
    for (size_t v = 0; v < values.size(); ++v) {
      if (values[v].exists) order.push_back(static_cast<int32_t>(v));
    }
    std::sort(order.begin(), order.end(), [&](int32_t a, int32_t b) { return Life(a).written < Life(b).written; });
    for (const int32_t v : order) {
      const ValueLife& life = Life(v);
      int32_t& buffer = layout_.value_buffer[static_cast<size_t>(v)];
      if (life.shares_with == v) {
        buffer = Add(RowBytes(v) * layout_.rows(options_, life.written), life.written, life.last_read);
      } else {
        buffer = layout_.value_buffer[static_cast<size_t>(life.shares_with)];
        ArenaBuffer& shared = layout_.buffers[static_cast<size_t>(buffer)];
        shared.last_op = std::max(shared.last_op, life.last_read);
      }
    }
  }

  void AddOp(int32_t i) {
    const Op& op = graph_.ops[static_cast<size_t>(i)];
    const OpPlace place{graph_, op, layout_.rows(options_, i)};
    const ScratchSize scratch = std::visit([&](const auto& attrs) { return Scratch(attrs, place); }, op.attrs);
    const size_t thread_bytes = AlignUp(scratch.thread_bytes, kArenaAlignment);
    layout_.shared_scratch.push_back(Add(scratch.shared_bytes, i, i));
    layout_.thread_scratch.push_back(Add(thread_bytes * static_cast<size_t>(options_.threads), i, i));
    layout_.thread_scratch_bytes.push_back(thread_bytes);

    const auto* attention = std::get_if<AttentionAttrs>(&op.attrs);
    layout_.cache_layer.push_back(attention == nullptr ? -1 : static_cast<int32_t>(layout_.cache_layers.size()));
    layout_.rotary_set.push_back(attention == nullptr ? -1 : RotarySet(attention->rotary_frequency));
    if (attention != nullptr) layout_.cache_layers.push_back(MakeCacheLayer(*attention, options_.cache));
  }

  int32_t RotarySet(const std::vector<float>& frequency) {
    if (frequency.empty()) return -1;
    for (size_t i = 0; i < layout_.rotary_sets.size(); ++i) {
      const std::span<const float> other = layout_.rotary_sets[i].frequency;
      if (std::equal(frequency.begin(), frequency.end(), other.begin(), other.end())) return static_cast<int32_t>(i);
    }
    const uint64_t bytes = 2 * RowStride(frequency.size()) * sizeof(float) * static_cast<uint64_t>(options_.max_rows);
    layout_.rotary_sets.push_back({frequency, Add(bytes, kBeforeFirstOp, layout_.liveness.cut_op)});
    return static_cast<int32_t>(layout_.rotary_sets.size()) - 1;
  }

  const ValueLife& Life(int32_t v) const { return layout_.liveness.values[static_cast<size_t>(v)]; }
  uint64_t RowBytes(int32_t v) const {
    return RowStride(static_cast<size_t>(graph_.value_widths[static_cast<size_t>(v)])) * sizeof(float);
  }

  const Graph& graph_;
  const PlanOptions& options_;
  ArenaLayout layout_;
  int32_t ops_ = 0;
};

}  // namespace

Result<PlanOptions> ResolveOptions(const PlanOptions& options) {
  const auto bad = [](const char* name, int64_t value, const char* range) {
    return Status::Error(StatusCode::kInvalidArgument, "%s: %" PRId64 " is not %s", name, value, range);
  };
  PlanOptions resolved = options;
  if (options.max_rows < 1 || options.max_rows > kMostRows) return bad("max_rows", options.max_rows, "from 1 to 65536");
  if (options.max_outputs < 0) return bad("max_outputs", options.max_outputs, "0 or more");
  if (options.threads < 0 || options.threads > kMostThreads) return bad("threads", options.threads, "from 0 to 256");
  if (options.cache && !IsCacheStorage(*options.cache)) {
    return Status::Error(StatusCode::kInvalidArgument, "cache: neither f16, f32 nor int8");
  }
  if (options.max_outputs == 0 || options.max_outputs > options.max_rows) resolved.max_outputs = options.max_rows;
  if (options.threads == 0) {
    resolved.threads = static_cast<int32_t>(std::min<size_t>(AvailableProcessors(), kMostThreads));
  }
  return resolved;
}

Result<ArenaLayout> LayOut(const Graph& graph, const PlanOptions& options) {
  if (graph.ops.size() > kMostOps) {
    return Status::Error(StatusCode::kUnsupported, "%zu operations: this build plans at most %zu", graph.ops.size(),
                         kMostOps);
  }
  return LayoutMaker(graph, options).Make();
}

CacheLayers MakeCacheLayers(const Graph& graph, const PlanOptions& options) {
  CacheLayers layers;
  for (const Op& op : graph.ops) {
    if (const auto* a = std::get_if<AttentionAttrs>(&op.attrs)) layers.push_back(MakeCacheLayer(*a, options.cache));
  }
  return layers;
}

}  // namespace tritwise::runtime
