#include "tools/flatten/placement.h"

#include <algorithm>

#include "format/narrow_layout.h"
#include "runtime/arena.h"
#include "runtime/liveness.h"

namespace tritwise {
namespace {

using runtime::ArenaBuffer;

// Operation i is two steps: it rounds, then it computes.
int32_t RoundingStep(int32_t op) { return 2 * op; }
int32_t ComputingStep(int32_t op) { return 2 * op + 1; }

class Placer {
 public:
  explicit Placer(const Graph& graph) : graph_(graph), live_(runtime::AnalyseLiveness(graph)) {}

  FlatPlacement Place() {
    PlaceValues();
    for (size_t i = 0; i < graph_.ops.size(); ++i) AddRounding(static_cast<int32_t>(i));
    FlatPlacement placement;
    placement.bytes = runtime::PlaceBuffers(buffers_);
    for (const int32_t buffer : value_buffer_) placement.values.push_back(buffer < 0 ? 0 : Offset(buffer));
    for (const auto& r : roundings_) {
      placement.roundings.emplace_back();
      if (r) placement.roundings.back() = {Offset(r->normed), Offset(r->codes)};
    }
    return placement;
  }

 private:
  struct RoundingBuffers {
    int32_t normed = 0;
    int32_t codes = 0;
  };

  int32_t Add(uint64_t bytes, int32_t first, int32_t last) {
    buffers_.push_back({bytes, first, last});
    return static_cast<int32_t>(buffers_.size()) - 1;
  }
  uint64_t Offset(int32_t buffer) const { return buffers_[static_cast<size_t>(buffer)].offset; }

  std::optional<uint64_t> RoundedColsOf(int32_t op) const {
    const Op& o = graph_.ops[static_cast<size_t>(op)];
    const auto of = [&](int32_t weight) { return RoundedCols(graph_.tensors[static_cast<size_t>(weight)]); };
    if (const auto* a = std::get_if<TernaryLinearAttrs>(&o.attrs)) return of(a->weight);
    if (const auto* a = std::get_if<PlainLinearAttrs>(&o.attrs)) return of(a->weight);
    return std::nullopt;
  }

  int32_t LastStep(const runtime::ValueLife& life) const {
    const bool rounded = life.last_read >= 0 && life.last_read < static_cast<int32_t>(graph_.ops.size()) &&
                         life.last_read != life.written && RoundedColsOf(life.last_read).has_value();
    return rounded ? RoundingStep(life.last_read) : ComputingStep(life.last_read);
  }

  void PlaceValues() {
    const auto& values = live_.values;
    value_buffer_.assign(values.size(), -1);
    std::vector<size_t> order;  // of writing: a value stands behind the one it is written over
    for (size_t v = 0; v < values.size(); ++v) {
      if (values[v].exists) order.push_back(v);
    }
    std::sort(order.begin(), order.end(), [&](size_t a, size_t b) { return values[a].written < values[b].written; });
    for (const size_t v : order) {
      const runtime::ValueLife& life = values[v];
      const int32_t last = LastStep(life);
      if (life.shares_with != static_cast<int32_t>(v)) {
        value_buffer_[v] = value_buffer_[static_cast<size_t>(life.shares_with)];
        ArenaBuffer& shared = buffers_[static_cast<size_t>(value_buffer_[v])];
        shared.last_op = std::max(shared.last_op, last);
        continue;
      }
      const int32_t first = life.written < 0 ? runtime::kBeforeFirstOp : ComputingStep(life.written);
      value_buffer_[v] = Add(static_cast<uint64_t>(graph_.value_widths[v]) * sizeof(float), first, last);
    }
  }

  void AddRounding(int32_t op) {
    roundings_.emplace_back();
    const std::optional<uint64_t> padded = RoundedColsOf(op);
    if (!padded) return;
    const auto input = static_cast<size_t>(graph_.ops[static_cast<size_t>(op)].inputs[0]);
    RoundingBuffers r;
    r.normed = value_buffer_[input];
    if (buffers_[static_cast<size_t>(r.normed)].last_op != RoundingStep(op)) {
      r.normed =
          Add(static_cast<uint64_t>(graph_.value_widths[input]) * sizeof(float), RoundingStep(op), RoundingStep(op));
    }
    r.codes = Add(*padded, RoundingStep(op), ComputingStep(op));
    roundings_.back() = r;
  }

  const Graph& graph_;
  const runtime::Liveness live_;
  std::vector<ArenaBuffer> buffers_;
  std::vector<int32_t> value_buffer_;
  std::vector<std::optional<RoundingBuffers>> roundings_;
};

}  // namespace

std::optional<uint64_t> RoundedCols(const TensorSpec& weight) {
  const auto rows = static_cast<size_t>(weight.rows);
  const auto cols = static_cast<size_t>(weight.cols);
  if (IsTernary(weight.storage)) return MakeTernaryGeometry(weight.storage, rows, cols).padded_cols;
  if (IsNarrow(weight.storage)) return MakeNarrowGeometry(weight.storage, rows, cols).padded_cols;
  if (weight.storage == Storage::kI8) return cols;
  return std::nullopt;
}

FlatPlacement PlaceFlat(const Graph& graph) { return Placer(graph).Place(); }

}  // namespace tritwise
