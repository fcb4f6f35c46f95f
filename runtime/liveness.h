// When each value of a graph is written and last read, and what follows from it: which values may share a
// buffer, and from which operation on only the rows that want output matter.
//
// Knows operations only by two traits (whether one mixes rows, whether it may write over its input), no
// family of networks.
#pragma once

#include <cstdint>
#include <vector>

#include "format/graph.h"

namespace tritwise::runtime {

// Whether a row of the output depends on other rows of the batch.
constexpr bool MixesRows(OpKind kind) { return kind == OpKind::kAttention; }

// Whether the output may lie over an input of the same width that nothing reads afterwards.
constexpr bool MayWriteOverInput(OpKind kind) {
  return kind == OpKind::kNorm || kind == OpKind::kActivation || kind == OpKind::kGatedActivation ||
         kind == OpKind::kAdd;
}

inline constexpr int32_t kBeforeFirstOp = -1;

struct ValueLife {
  bool exists = false;  // written by an operation or the input
  int32_t written = kBeforeFirstOp;
  int32_t last_read = kBeforeFirstOp;  // the number of operations for the graph's output
  int32_t shares_with = 0;             // value in whose buffer it lies; itself unless it is written over an input
};

struct Liveness {
  std::vector<ValueLife> values;
  // The last operation that mixes rows: rows that want no output are dropped inside it. kBeforeFirstOp
  // where none does: they are dropped at once.
  int32_t cut_op = kBeforeFirstOp;

  // Values written before operation `op` and read by it or later.
  std::vector<int32_t> LiveAt(int32_t op) const;
};

// `graph` is verified.
Liveness AnalyseLiveness(const Graph& graph);

}  // namespace tritwise::runtime
