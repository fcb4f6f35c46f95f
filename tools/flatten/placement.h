// Where the values of one row lie in the arena of a network without an operating system, decided on the host.
//
// Liveness and placement are the runtime's. Two things differ: buffers hold one row, and rounding a row counts as a
// step of its own, so that a value which only a product of integers reads ends before that product's result begins.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "format/graph.h"

namespace tritwise {

struct FlatPlacement {
  // Bytes from the arena's beginning, multiples of its alignment.
  std::vector<uint64_t> values;  // of the graph, by number; 0 for those that nothing writes
  struct Rounding {
    uint64_t normed = 0;  // the row after its norm: the input's own place where nothing reads that afterwards
    uint64_t codes = 0;
  };
  std::vector<std::optional<Rounding>> roundings;  // by operation; none where it does not round
  uint64_t bytes = 0;
};

// Columns that a row of codes has for `weight`; none where the weight is multiplied by floats.
std::optional<uint64_t> RoundedCols(const TensorSpec& weight);

// `graph` is verified and has neither embedding nor attention.
FlatPlacement PlaceFlat(const Graph& graph);

}  // namespace tritwise
