// What a model costs in memory, by part, computed from its graph alone: nothing is loaded or allocated.
//
// These are the bytes that computing needs, not what a process shows: page tables, code, the vocabulary
// and the allocator's own come on top, and mapped weights count only once they are touched.
#pragma once

#include <cstdint>

#include "format/graph.h"
#include "tritwise/plan_options.h"
#include "tritwise/status.h"

namespace tritwise {

// All in bytes. A tensor that is used twice (a tied head) counts once.
struct MemoryReport {
  uint64_t ternary = 0;         // codes of ternary linears, padding included
  uint64_t plain = 0;           // matrices of plain linears inside the network
  uint64_t embedding_head = 0;  // matrices of embeddings and of the linear that makes the output
  uint64_t scales = 0;          // of ternary and int8 matrices; int6 and int4 have theirs among their codes
  uint64_t other = 0;           // gains and biases
  uint64_t arena = 0;           // every intermediate value and scratch buffer of a plan, threads included

  uint64_t weights() const { return ternary + plain + embedding_head + scales + other; }
};

// `arena` is exactly what Plan::Make will allocate with these options. Errors: as Plan::Make, but for
// the kernels, which are not resolved here.
Result<MemoryReport> MeasureMemory(const Graph& graph, const PlanOptions& options);

// Bytes of the key/value cache of one session of `context` positions; 0 where the graph has no attention.
uint64_t CacheBytes(const Graph& graph, const PlanOptions& options, int64_t context);

}  // namespace tritwise
