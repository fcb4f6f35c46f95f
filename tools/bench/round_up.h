// Sizes in whole units: pages, alignments, blocks.
#pragma once

#include <cstddef>

namespace tritwise {

// The next multiple of `unit`.
constexpr size_t RoundUp(size_t n, size_t unit) { return (n + unit - 1) / unit * unit; }

}  // namespace tritwise
