// The same network with its weights stored otherwise.
#pragma once

#include "format/graph.h"

namespace tritwise {

// Ternary tensors in layout `ternary`, embedding and head as `plain`. Other plain linears stay as they are.
Graph WithStorage(Graph graph, Storage ternary, Storage plain);

// The 16-bit network: every ternary linear becomes a plain one, all matrices f16. With `keep_norms` the
// norm that a ternary linear applies to its input stays, as an operation of its own: that is the network
// at quantisation strength 0. Without, it is the network as it was before the transition.
// Tensors keep their indices and names.
Graph WithoutTernary(const Graph& graph, bool keep_norms);

}  // namespace tritwise
