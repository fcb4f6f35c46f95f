// The choices that a plan is made with. All have defaults that fit a small machine.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "format/numeric.h"

namespace tritwise {

struct PlanOptions {
  // Most rows of one Forward. Arena and speed of long prompts grow with it. 1 to 65536.
  int32_t max_rows = 64;
  // Most rows of one Forward that want output; 0: max_rows. A plan that only generates needs one for
  // each sequence, which saves max_rows times the vocabulary.
  int32_t max_outputs = 0;
  // Threads that compute, the caller's included, up to 256. 0: as many as the process may run on; passes of one row
  // then use those of them that are fastest, found out by timing the first of these passes. The number never
  // changes a result.
  int32_t threads = 0;
  // Name of the instruction set, as kernels::SupportedTargets() lists them; empty: the environment's
  // TRITWISE_FORCE_TARGET, else the best.
  std::string target;
  // Number format of keys and values, kF16, kF32 or kI8; none: what each attention of the graph says.
  std::optional<Storage> cache;
};

}  // namespace tritwise
