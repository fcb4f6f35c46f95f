// Counts every allocation of this program: operator new, and malloc and its kin where our own code calls
// them (the linker's --wrap, set in CMakeLists.txt).
#pragma once

#include <cstddef>

namespace tritwise::test {

// Allocations since the program began, by any thread.
size_t AllocationCount();
// Bytes of the largest one since the last call.
size_t TakeLargestAllocation();

}  // namespace tritwise::test
