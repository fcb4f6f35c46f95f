// Random weights of a graph, made while they are written: what is in memory is a strip of one matrix.
//
// Trits are uniform over -1, 0 and +1, embeddings and other plain matrices about normal, gains 1, biases 0, and
// scales such that every linear keeps the variance of its input. Each number comes from the seed, its tensor and its
// place alone, by integers and single float operations, so that the same seed gives the same bytes on every machine.
#pragma once

#include <cstdint>

#include "format/model_file.h"

namespace tritwise {

// `graph` must outlive the source.
TensorSource RandomWeights(const Graph& graph, uint64_t seed);

}  // namespace tritwise
