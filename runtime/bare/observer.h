// For tests of a port: sees the exact integer sums of ternary linears.
#pragma once

#include <cstddef>
#include <cstdint>

namespace tritwise::bare {

// Called for a block of outputs at a time, in order.
using SumsObserver = void (*)(const int32_t* sums, size_t n);

}  // namespace tritwise::bare
