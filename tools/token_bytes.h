// What decoding a token reads from memory: the figure that, over the memory's bandwidth, bounds tokens/s.
#pragma once

#include <cstdint>

#include "tritwise/memory.h"

namespace tritwise {

// Weights that every token reads whole (of an embedding that is no head, one row), and a cache of `positions`.
uint64_t TokenBytes(const Graph& graph, const PlanOptions& options, int64_t positions);

}  // namespace tritwise
