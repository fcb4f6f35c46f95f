// Where everything lies in the arena of a plan, computed from the graph and the options alone.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "format/graph.h"
#include "format/status.h"
#include "runtime/arena.h"
#include "runtime/kv_cache.h"
#include "runtime/liveness.h"
#include "tritwise/plan_options.h"

namespace tritwise::runtime {

inline constexpr int32_t kNoBuffer = -1;

// Floats from one row of a value to the next: rows start at cache lines.
constexpr size_t RowStride(size_t width) { return AlignUp(width, kArenaAlignment / sizeof(float)); }

struct ArenaLayout {
  Liveness liveness;
  std::vector<ArenaBuffer> buffers;
  uint64_t bytes = 0;

  // Indices into `buffers`, or kNoBuffer.
  std::vector<int32_t> value_buffer;         // of each value
  std::vector<int32_t> shared_scratch;       // of each operation
  std::vector<int32_t> thread_scratch;       // of each operation, for all threads
  std::vector<size_t> thread_scratch_bytes;  // of each operation, for one thread
  int32_t row_states = kNoBuffer;

  // Attentions with the same rotary frequencies share one table of cosines and sines, a row for each row
  // of the batch.
  struct RotarySet {
    std::span<const float> frequency;  // in the graph
    int32_t buffer = kNoBuffer;
  };
  std::vector<RotarySet> rotary_sets;
  std::vector<int32_t> rotary_set;   // of each operation, or -1
  std::vector<int32_t> cache_layer;  // of each operation, or -1
  CacheLayers cache_layers;

  // Most rows that operation `op` writes.
  size_t rows(const PlanOptions& options, int32_t op) const {
    return static_cast<size_t>(op >= liveness.cut_op ? options.max_outputs : options.max_rows);
  }
};

// The options with their zeros filled in, or what is wrong with them.
Result<PlanOptions> ResolveOptions(const PlanOptions& options);

// `options` are resolved; `graph` is verified and outlives the layout.
Result<ArenaLayout> LayOut(const Graph& graph, const PlanOptions& options);

// What the attentions of `graph` need of a cache.
CacheLayers MakeCacheLayers(const Graph& graph, const PlanOptions& options);

}  // namespace tritwise::runtime
