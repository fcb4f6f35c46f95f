// What a variant costs in bytes, from the graph and the geometry of its layouts alone: nothing is written or run.
#pragma once

#include <cstdint>
#include <vector>

#include "format/model_file.h"
#include "tools/footprint/variant.h"
#include "tritwise/memory.h"

namespace tritwise {

struct PlanRequest {
  std::vector<int64_t> contexts;  // positions that are full; the first is that of the figures at the top
  int32_t threads = 0;            // 0: all that this process may use
  uint64_t program_bytes = 0;     // what the process has besides the model
};

struct PlannedContext {
  int64_t context = 0;
  uint64_t cache = 0;
  uint64_t token_bytes = 0;  // read from memory for the token behind so many
  uint64_t peak = 0;         // of the process: file, cache, arena and program
};

// All in bytes.
struct Planned {
  uint64_t file = 0;
  uint64_t description = 0;  // of the file: all that is no weight
  MemoryReport memory;
  uint64_t program = 0;
  std::vector<PlannedContext> contexts;
};

// The same model stored as `variant`.
ModelDescription Stored(const ModelDescription& model, const Variant& variant);

// Of `model` as it would be stored. Throws Error where it cannot be planned.
Planned PlanVariant(const ModelDescription& model, const Variant& variant, const PlanRequest& request);

// 512, 2,048, 4,096 and further powers of two up to the network's context, and that; 0 where it has none.
std::vector<int64_t> UsualContexts(const Graph& graph);

// Tokens/s where a memory of so many bytes a second does nothing else.
double MostTokens(const PlannedContext& context, double bytes_per_s);

}  // namespace tritwise
