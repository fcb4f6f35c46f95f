// Causal attention over each row's own sequence. First the keys and values of every row go into their
// caches, then, behind a barrier, query heads attend: a row may need what another has just stored. Heads that share a
// key and value head, and neighbouring rows of a sequence, go through them together.
// Where this is the last operation that mixes rows, those that want no output end between the two.
#include <algorithm>
#include <cstring>

#include "runtime/layout.h"
#include "runtime/ops/ops.h"

namespace tritwise::runtime {
namespace {

RowMatrix Columns(const RowMatrix& m, size_t first, size_t width) { return {m.data + first, width, m.stride}; }

// The head `head` of a row, turned to its position, in `scratch` where it must be turned.
const float* Rotated(const AttentionStep& step, const float* head, const RowState& state, float* scratch) {
  if (step.rotary.empty()) return head;
  std::memcpy(scratch, head, step.head_size * sizeof(float));
  step.rotate(scratch, 1, step.head_size, step.rotary.cosine(state.source), step.rotary.sine(state.source));
  return scratch;
}

// `scratch` may be `head` but where the cache is int8.
void Store(const AttentionStep& step, const float* head, int32_t position, std::byte* cache_head, float* scales,
           float* scratch) {
  const size_t n = step.head_size;
  const auto at = static_cast<size_t>(position);
  switch (step.cache.storage) {
    case Storage::kI8:
      scales[at] = step.quantise(head, n, {}, scratch, reinterpret_cast<int8_t*>(cache_head) + at * n, n).step;
      return;
    case Storage::kF16:
      return step.store_f16(head, n, reinterpret_cast<uint16_t*>(cache_head) + at * n);
    default:
      std::memcpy(reinterpret_cast<float*>(cache_head) + at * n, head, n * sizeof(float));
  }
}

void StoreRow(const AttentionStep& step, const RowState& state, size_t row, float* scratch) {
  const KvCache& cache = *state.cache;
  float* quantise_scratch = scratch + step.head_stride;
  for (size_t head = 0; head < step.cache.kv_heads; ++head) {
    const float* key = Rotated(step, step.key.row(row) + head * step.head_size, state, scratch);
    Store(step, key, state.position, cache.keys(step.layer, head), cache.key_scales(step.layer, head),
          quantise_scratch);
    Store(step, step.value.row(row) + head * step.head_size, state.position, cache.values(step.layer, head),
          cache.value_scales(step.layer, head), quantise_scratch);
  }
}

template <class T>
kernels::AttendCache<T> View(const AttentionStep& step, const KvCache& cache, size_t kv_head) {
  return {reinterpret_cast<const T*>(cache.keys(step.layer, kv_head)),
          reinterpret_cast<const T*>(cache.values(step.layer, kv_head)),
          cache.key_scales(step.layer, kv_head),
          cache.value_scales(step.layer, kv_head),
          step.head_size,
          step.head_size,
          step.scale};
}

void Attend(const AttentionStep& step, const KvCache& cache, size_t kv_head, const kernels::AttendQueries& queries) {
  switch (step.cache.storage) {
    case Storage::kI8:
      return step.attend_i8(queries, View<int8_t>(step, cache, kv_head));
    case Storage::kF16:
      return step.attend_f16(queries, View<uint16_t>(step, cache, kv_head));
    default:
      return step.attend_f32(queries, View<float>(step, cache, kv_head));
  }
}

// Rows [begin, end) of the query heads that share `kv_head`, as many together as the kernel takes and as belong to
// one sequence. scratch: kMostQueries heads.
void AttendRows(const AttentionStep& step, const Pass& pass, size_t kv_head, size_t begin, size_t end, float* scratch) {
  const size_t n = step.head_size;
  const size_t group = step.heads / step.cache.kv_heads;
  kernels::AttendQueries queries;
  for (size_t row = begin; row < end; ++row) {
    const RowState& state = pass.states[row];
    for (size_t head = kv_head * group; head < (kv_head + 1) * group; ++head) {
      const size_t i = queries.count++;
      queries.query[i] = Rotated(step, step.query.row(row) + head * n, state, scratch + i * step.head_stride);
      queries.y[i] = step.y.row(row) + head * n;
      queries.positions[i] = static_cast<size_t>(state.position) + 1;
      const bool last_of_sequence =
          head + 1 == (kv_head + 1) * group && (row + 1 == end || pass.states[row + 1].cache != state.cache);
      if (queries.count < kernels::kMostQueries && !last_of_sequence) continue;
      Attend(step, *state.cache, kv_head, queries);
      queries.count = 0;
    }
  }
}

}  // namespace

CacheLayer MakeCacheLayer(const AttentionAttrs& attrs, std::optional<Storage> override_storage) {
  return {static_cast<size_t>(attrs.kv_heads), static_cast<size_t>(attrs.head_size),
          override_storage.value_or(attrs.cache)};
}

ScratchSize Scratch(const AttentionAttrs& attrs, const OpPlace&) {
  return {0, kernels::kMostQueries * RowStride(static_cast<size_t>(attrs.head_size)) * sizeof(float)};
}

AttentionStep Bind(const AttentionAttrs& attrs, const OpPlace& place, const Binding& binding) {
  AttentionStep step;
  step.rotate = binding.kernels.rotate_row;
  step.store_f16 = binding.kernels.store_row_f16;
  step.attend_f32 = binding.kernels.attend_f32;
  step.attend_f16 = binding.kernels.attend_f16;
  step.attend_i8 = binding.kernels.attend_i8;
  step.quantise = binding.kernels.norm_quantise_row;
  step.heads = static_cast<size_t>(attrs.heads);
  step.head_size = static_cast<size_t>(attrs.head_size);
  step.head_stride = RowStride(step.head_size);
  step.scale = attrs.scale;
  step.layer = binding.cache_layer;
  step.cache = binding.cache;
  step.rotary = binding.rotary;
  step.drops_rows = binding.drops_rows;
  step.scratch = {reinterpret_cast<float*>(binding.thread_scratch.first), binding.thread_scratch.stride_bytes};
  step.y = binding.value(place.op.output);
  const size_t query = step.heads * step.head_size;
  const size_t key = step.cache.kv_heads * step.head_size;
  const bool one = place.op.inputs.size() == 1;
  const auto input = [&](size_t i) { return binding.value(place.op.inputs[one ? 0 : i]); };
  step.query = Columns(input(0), 0, query);
  step.key = Columns(input(1), one ? query : 0, key);
  step.value = Columns(input(2), one ? query + key : 0, key);
  return step;
}

void Run(const AttentionStep& step, Pass& pass) {
  const size_t key_width = step.cache.kv_heads * step.head_size;
  pass.pool.ForRanges(pass.rows, RowGrain(4 * key_width), [&](size_t begin, size_t end, size_t thread) {
    for (size_t i = begin; i < end; ++i) StoreRow(step, pass.states[i], i, step.scratch.of(thread));
  });
  if (step.drops_rows) pass.DropOtherRows();
  if (pass.rows == 0) return;

  // An item is as many rows as fill a call of the kernel. Rows of one head follow each other: they read the same
  // keys and values.
  size_t positions = 0;
  for (size_t i = 0; i < pass.rows; ++i) positions += static_cast<size_t>(pass.states[i].position) + 1;
  const size_t group = step.heads / step.cache.kv_heads;
  const size_t item_rows = std::max<size_t>(1, kernels::kMostQueries / group);
  const size_t row_items = (pass.rows + item_rows - 1) / item_rows;
  const size_t operations = 2 * step.head_size * (positions / pass.rows + 1) * group * std::min(item_rows, pass.rows);
  pass.pool.ForRanges(
      step.cache.kv_heads * row_items, RowGrain(operations), [&](size_t begin, size_t end, size_t thread) {
        for (size_t item = begin; item < end; ++item) {
          const size_t row = item % row_items * item_rows;
          AttendRows(step, pass, item / row_items, row, std::min(row + item_rows, pass.rows), step.scratch.of(thread));
        }
      });
}

std::string KernelNames(const AttentionAttrs& attrs, const OpPlace&) {
  const Storage cache = attrs.cache;
  return std::string(attrs.rotary_frequency.empty() ? "" : "rotate_row, ") + (cache == Storage::kI8    ? "attend_i8"
                                                                              : cache == Storage::kF16 ? "attend_f16"
                                                                                                       : "attend_f32");
}

}  // namespace tritwise::runtime
