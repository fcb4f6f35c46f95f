// What every operation of the runtime offers, declared once for all of them from format/ops.inc.
//
// An operation is one file in this folder: how much scratch it needs, how it is bound to weights, kernels
// and places in the arena (a plain struct, steps.h), and how it runs. Running cannot fail and allocates
// nothing.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>

#include "format/graph.h"
#include "kernels/kernels.h"
#include "runtime/kv_cache.h"
#include "runtime/ops/pass.h"
#include "runtime/ops/steps.h"
#include "tritwise/model.h"

namespace tritwise::runtime {

// An operation in its graph, before there is memory.
struct OpPlace {
  const Graph& graph;
  const Op& op;
  size_t rows;  // most that it writes

  const TensorSpec& tensor(int32_t index) const { return graph.tensors[static_cast<size_t>(index)]; }
  size_t width(int32_t value) const { return static_cast<size_t>(graph.value_widths[static_cast<size_t>(value)]); }
};

// Bytes that an operation needs while it runs, beside its inputs and output.
struct ScratchSize {
  size_t shared_bytes = 0;
  size_t thread_bytes = 0;  // for each thread
};

// What an operation is bound to. Inputs and output in the arena, its scratch, its share of cache and rotary
// tables.
struct Binding {
  const Model& model;
  const kernels::Kernels& kernels;
  std::span<const RowMatrix> values;  // of the graph
  std::byte* shared_scratch = nullptr;
  PerThread<std::byte> thread_scratch;
  size_t cache_layer = 0;
  CacheLayer cache;         // its shape
  RotaryTable rotary;       // empty: no rotation
  bool drops_rows = false;  // the operation after whose mixing only rows that want output go on

  RowMatrix value(int32_t index) const { return values[static_cast<size_t>(index)]; }
  // Elements of a tensor; null for kNoTensor.
  const float* floats(int32_t tensor) const {
    return tensor == kNoTensor ? nullptr : reinterpret_cast<const float*>(model.tensor(tensor).data.data());
  }
};

CacheLayer MakeCacheLayer(const AttentionAttrs& attrs, std::optional<Storage> override_storage);

#define TRITWISE_OP(Name, text)                                                            \
  ScratchSize Scratch(const Name##Attrs& attrs, const OpPlace& place);                     \
  Name##Step Bind(const Name##Attrs& attrs, const OpPlace& place, const Binding& binding); \
  void Run(const Name##Step& step, Pass& pass);                                            \
  /* Names of the kernels it uses, as in kernels.inc. */                                   \
  std::string KernelNames(const Name##Attrs& attrs, const OpPlace& place);
#include "format/ops.inc"
#undef TRITWISE_OP

// The variant's last alternative, which no verified graph has.
inline ScratchSize Scratch(std::monostate, const OpPlace&) { return {}; }
inline std::monostate Bind(std::monostate, const OpPlace&, const Binding&) { return {}; }
inline void Run(std::monostate, Pass&) {}
inline std::string KernelNames(std::monostate, const OpPlace&) { return {}; }

}  // namespace tritwise::runtime
