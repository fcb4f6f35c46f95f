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

#define TRITWISE_KERNEL(Name, member) Name##Fn Resolve##Name();
#define TRITWISE_ALTERNATIVE(member, Name, name) Name##Fn Resolve##Name();
#include "kernels/kernels.inc"

// Which kernel each operation has; "" where there is no choice.
struct ChosenNames {
#define TRITWISE_KERNEL(Name, member) const char* member = "";
#include "kernels/kernels.inc"
};

struct Kernels {
#define TRITWISE_KERNEL(Name, member) Name##Fn member = nullptr;
#include "kernels/kernels.inc"
  ChosenNames names;
  const char* target = "";   // Highway's name of the instruction set, e.g. "AVX3_ZEN4"
  bool fused = false;        // whether the target multiplies and adds with one rounding
  bool dot_product = false;  // whether one instruction adds four products of bytes to each 32-bit lane
};

// Names of the instruction sets that are compiled in and that this CPU has, best first.
std::vector<std::string> SupportedTargets();

// One of the kernels that an operation can have. Every target has all of them.
struct Alternative {
  const char* operation;  // e.g. "ternary_row_t2"
  const char* name;       // e.g. "mask"
};
// Of all operations that have more than one kernel.
std::vector<Alternative> Alternatives();

// The kernels of `target`, or where it is empty of the environment's TRITWISE_FORCE_TARGET, or where
// that is unset too of the best one. An unknown or unsupported name is an error that lists the others.
//
// `kernel` names alternatives to take instead of the target's default: a list as "mask", wherever an operation
// has a kernel of that name, or "ternary_row_t2=mask", with commas between. Where it is empty, the environment's
// TRITWISE_FORCE_KERNEL is read. An unknown operation or name is an error that lists what there is.
// May be called by several threads at once.
Result<Kernels> ResolveKernels(std::string_view target = {}, std::string_view kernel = {});

// `text` with "/name" behind every operation in it that has more than one kernel: which one `kernels` has.
std::string WithKernelNames(const Kernels& kernels, std::string_view text);

}  // namespace tritwise::kernels
