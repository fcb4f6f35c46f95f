// Causal attention over each row's own sequence. First the keys and values of every row go into their
// caches, then, behind a barrier, each (head, row) attends: a row may need what another has just stored.
// Where this is the last operation that mixes rows, those that want no output end between the two.
#include <cstring>

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

void Store(const AttentionStep& step, const float* head, std::byte* cache_head, int32_t position) {
  const size_t n = step.head_size;
  const size_t element = static_cast<size_t>(position) * n;
  if (step.cache.storage == Storage::kF16) {
    step.store_f16(head, n, reinterpret_cast<uint16_t*>(cache_head) + element);
  } else {
    std::memcpy(reinterpret_cast<float*>(cache_head) + element, head, n * sizeof(float));
  }
}

void StoreRow(const AttentionStep& step, const RowState& state, size_t row, float* scratch) {
  for (size_t head = 0; head < step.cache.kv_heads; ++head) {
    const float* key = Rotated(step, step.key.row(row) + head * step.head_size, state, scratch);
    Store(step, key, state.cache->keys(step.layer, head), state.position);
    Store(step, step.value.row(row) + head * step.head_size, state.cache->values(step.layer, head), state.position);
  }
}

void AttendHead(const AttentionStep& step, const RowState& state, size_t row, size_t head, float* scratch) {
  const size_t n = step.head_size;
  const size_t kv_head = head / (step.heads / step.cache.kv_heads);
  const float* query = Rotated(step, step.query.row(row) + head * n, state, scratch);
  const std::byte* keys = state.cache->keys(step.layer, kv_head);
  const std::byte* values = state.cache->values(step.layer, kv_head);
  const size_t positions = static_cast<size_t>(state.position) + 1;
  float* y = step.y.row(row) + head * n;
  if (step.cache.storage == Storage::kF16) {
    step.attend_f16(query, reinterpret_cast<const uint16_t*>(keys), reinterpret_cast<const uint16_t*>(values), n,
                    positions, n, step.scale, y);
  } else {
    step.attend_f32(query, reinterpret_cast<const float*>(keys), reinterpret_cast<const float*>(values), n, positions,
                    n, step.scale, y);
  }
}

}  // namespace

CacheLayer MakeCacheLayer(const AttentionAttrs& attrs, std::optional<Storage> override_storage) {
  return {static_cast<size_t>(attrs.kv_heads), static_cast<size_t>(attrs.head_size),
          override_storage.value_or(attrs.cache)};
}

ScratchSize Scratch(const AttentionAttrs& attrs, const OpPlace&) {
  return {0, static_cast<size_t>(attrs.head_size) * sizeof(float)};
}

AttentionStep Bind(const AttentionAttrs& attrs, const OpPlace& place, const Binding& binding) {
  AttentionStep step;
  step.rotate = binding.kernels.rotate_row;
  step.store_f16 = binding.kernels.store_row_f16;
  step.attend_f32 = binding.kernels.attend_f32;
  step.attend_f16 = binding.kernels.attend_f16;
  step.heads = static_cast<size_t>(attrs.heads);
  step.head_size = static_cast<size_t>(attrs.head_size);
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

  // Rows of one head follow each other: they read the same keys and values.
  size_t positions = 0;
  for (size_t i = 0; i < pass.rows; ++i) positions += static_cast<size_t>(pass.states[i].position) + 1;
  const size_t operations = 2 * step.head_size * (positions / pass.rows + 1);
  pass.pool.ForRanges(step.heads * pass.rows, RowGrain(operations), [&](size_t begin, size_t end, size_t thread) {
    for (size_t item = begin; item < end; ++item) {
      const size_t row = item % pass.rows;
      AttendHead(step, pass.states[row], row, item / pass.rows, step.scratch.of(thread));
    }
  });
}

std::string KernelNames(const AttentionAttrs& attrs, const OpPlace&) {
  return std::string(attrs.rotary_frequency.empty() ? "" : "rotate_row, ") + "attend";
}

}  // namespace tritwise::runtime
