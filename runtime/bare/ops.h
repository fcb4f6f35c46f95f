// The operations of a network on a machine without an operating system: plain structs, and a function for each.
//
// `tritwise flatten` checks a model on the host, places its buffers and writes the structs and the calls in order; what
// a network does not use is not linked. Nothing here can fail, allocate or call the system. Numbers are those of the
// references in kernels/ with one rounding for a multiply-add, so they are those of the runtime on a CPU with that
// instruction, to the bit. One row at a time. Buffers are parts of the network's arena.
//
// y may be x in Norm, Activation, GatedActivation (gate or up) and Add.
#pragma once

#include <cstddef>
#include <cstdint>

#include "kernels/elementwise/reference.h"
#include "kernels/norm/reference.h"

namespace tritwise::bare {

inline constexpr bool kFused = true;

struct Norm {
  const float* x = nullptr;
  float* y = nullptr;
  size_t width = 0;
  float eps = 0.0f;
  const float* gain = nullptr;
};

template <NormKind kKind>
void Run(const Norm& op) {
  kernels::reference::NormRow(kFused, op.x, op.width, kKind, op.eps, op.gain, op.y);
}

struct Activation {
  const float* x = nullptr;
  float* y = nullptr;
  size_t width = 0;
};

template <ActivationKind kKind>
void Run(const Activation& op) {
  kernels::reference::ActivateRow(kFused, op.x, op.width, kKind, op.y);
}

struct GatedActivation {
  const float* gate = nullptr;
  const float* up = nullptr;
  float* y = nullptr;
  size_t width = 0;
};

template <ActivationKind kKind>
void Run(const GatedActivation& op) {
  kernels::reference::GateRow(kFused, op.gate, op.up, op.width, kKind, op.y);
}

struct Add {
  const float* a = nullptr;
  const float* b = nullptr;
  float* y = nullptr;
  size_t width = 0;
};

inline void Run(const Add& op) { kernels::reference::AddRow(op.a, op.b, op.width, op.y); }

}  // namespace tritwise::bare
