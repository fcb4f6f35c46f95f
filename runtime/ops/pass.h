// A forward pass under way, as operations see it: rows, and matrices of rows in the arena.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>

#include "runtime/thread_pool.h"

namespace tritwise::runtime {

class KvCache;

// A value: one row of `width` floats for each row of the batch.
struct RowMatrix {
  float* data = nullptr;
  size_t width = 0;
  size_t stride = 0;  // floats

  float* row(size_t i) const { return data + i * stride; }
};

// Something of which each thread has its own.
template <class T>
struct PerThread {
  T* first = nullptr;
  size_t stride_bytes = 0;

  T* of(size_t thread) const {
    return reinterpret_cast<T*>(reinterpret_cast<std::byte*>(first) + thread * stride_bytes);
  }
};

// Cosines, then sines, of one row's position: `pairs` each, a row for each row that the pass began with.
struct RotaryTable {
  std::span<const float> frequency;
  float* data = nullptr;
  size_t stride = 0;  // floats from one row to the next; the sines begin in the middle

  bool empty() const { return frequency.empty(); }
  float* cosine(size_t source) const { return data + source * stride; }
  float* sine(size_t source) const { return data + source * stride + stride / 2; }
};

// One row of the batch.
struct RowState {
  KvCache* cache;  // of its session; null where there is none
  int32_t token;
  int32_t position;
  uint32_t source;  // which row it was when the pass began
  bool wants_output;
};

struct Pass {
  ThreadPool& pool;
  RowState* states;
  size_t rows = 0;                          // computed now
  std::span<const RowMatrix> live_at_drop;  // values that go on past the operation that drops rows

  // From here on only the rows that want output, in their order.
  void DropOtherRows() {
    size_t kept = 0;
    for (size_t i = 0; i < rows; ++i) {
      if (!states[i].wants_output) continue;
      if (kept != i) {
        states[kept] = states[i];
        for (const RowMatrix& m : live_at_drop) std::memcpy(m.row(kept), m.row(i), m.width * sizeof(float));
      }
      ++kept;
    }
    rows = kept;
  }
};

// Rows that are worth a thread of their own when each costs `operations`.
constexpr size_t RowGrain(size_t operations) {
  constexpr size_t kWorthAThread = 32768;
  return operations >= kWorthAThread ? 1 : kWorthAThread / (operations + 1) + 1;
}

}  // namespace tritwise::runtime
