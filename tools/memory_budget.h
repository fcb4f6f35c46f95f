// Plans computing with a model within a given amount of memory, or says what does not fit and what would.
//
// Counted is what this process has resident when everything has been used once: the model file (mapped, every page
// touched), the arena of the plan, the caches of the sessions and the program itself. The number of rows computed at
// once is lowered until that fits, which makes long prompts slower and changes no result; what would change results or
// the length of texts is left to the user.
#pragma once

#include <cstdint>
#include <string>

#include "tritwise/memory.h"
#include "tritwise/plan_options.h"

namespace tritwise {

// All in bytes.
struct MemoryNeed {
  uint64_t file = 0;
  uint64_t cache = 0;
  uint64_t arena = 0;
  uint64_t program = 0;

  uint64_t total() const { return file + cache + arena + program; }
};

struct MemoryRequest {
  const Graph& graph;
  uint64_t file_bytes = 0;
  uint64_t program_bytes = 0;  // what the process has besides the other three
  PlanOptions options = {};    // max_rows: the most that is worth its memory
  int64_t sessions = 1;        // of `context` positions each
  int64_t context = 0;
  int64_t shortest_context = 1;  // with which the request still makes sense
  uint64_t budget_bytes = 0;
};

struct MemoryPlan {
  PlanOptions options;  // max_rows as it fits
  MemoryNeed need;
};

// Of a request as it stands, fitting or not. Throws Error where the graph cannot be planned at all.
MemoryNeed NeedOf(const MemoryRequest& request, const PlanOptions& options);

// Throws Error, one line with every part and each change that would make it fit (shorter context, 8-bit cache, denser
// head, denser ternary layout: alone where that is enough, else together).
MemoryPlan FitMemory(const MemoryRequest& request);

}  // namespace tritwise
