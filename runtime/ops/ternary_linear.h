// The integer half of a ternary linear, for whoever wants to see it: the executor's probe.
#pragma once

#include "runtime/ops/steps.h"

namespace tritwise::runtime {

// The exact sums of `rows` rows of codes with the row blocks [block_begin, block_end), into `sums` from its
// beginning on: row m's sums are sums[m*stride ...], as many for each block as it has rows.
void SumBlocks(const TernaryLinearStep& step, const QuantisedRows& q, size_t rows, size_t block_begin, size_t block_end,
               int32_t* sums, size_t stride);

}  // namespace tritwise::runtime
