// The table of kernels for one instruction set, resolved once when a plan is made.
//
// A pointer in this table is the kernel itself, never a trampoline that detects the CPU. The reference
// beside each kernel is its definition; every kernel equals it bit for bit on every target.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "format/status.h"
#include "kernels/attention/attention.h"
#include "kernels/elementwise/elementwise.h"
#include "kernels/embedding/embedding.h"
#include "kernels/grouped/grouped.h"
#include "kernels/limits/limits.h"
#include "kernels/linear/linear.h"
#include "kernels/linear/narrow.h"
#include "kernels/norm/norm.h"
#include "kernels/quantise/quantise.h"
#include "kernels/ternary/ternary.h"

namespace tritwise::kernels {

struct Kernels {
#define TRITWISE_KERNEL(Name, member) Name##Fn member = nullptr;
#include "kernels/kernels.inc"
#undef TRITWISE_KERNEL
  const char* target = "";  // Highway's name of the instruction set, e.g. "AVX3_ZEN4"
  bool fused = false;       // whether the target multiplies and adds with one rounding
};

// Names of the instruction sets that are compiled in and that this CPU has, best first.
std::vector<std::string> SupportedTargets();

// The kernels of `target`, or where it is empty of the environment's TRITWISE_FORCE_TARGET, or where
// that is unset too of the best one. An unknown or unsupported name is an error that lists the others.
// Not to be called by two threads at once.
Result<Kernels> ResolveKernels(std::string_view target = {});

}  // namespace tritwise::kernels
