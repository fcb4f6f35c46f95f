// The same network with its weights stored otherwise.
#pragma once

#include "format/graph.h"

namespace tritwise {

// Ternary linears as `linears`, embedding and head as `head`; other plain linears stay as they are. Where `linears` is
// no ternary layout, that is WithoutTernary with the norms kept.
Graph WithStorage(Graph graph, Storage linears, Storage head);

// Every ternary linear becomes a plain one with f16 or int8 weights, embedding and head as `head`, other matrices f16:
// all of them f16 is the 16-bit network. With `keep_norms` the norm that a ternary linear applies to its input stays,
// as an operation of its own: that is the network at quantisation strength 0. Without, it is the network as it was
// before the transition. An int8 linear makes its input integer as the ternary one did.
// Tensors keep their indices and names.
Graph WithoutTernary(const Graph& graph, bool keep_norms, Storage linears = Storage::kF16,
                     Storage head = Storage::kF16);

}  // namespace tritwise
