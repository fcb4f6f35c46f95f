// Times every product kernel on matrices of real sizes, and checks the very calls that it timed.
#pragma once

#include <string>
#include <vector>

#include "tools/bench/limits.h"

namespace tritwise {

struct KernelSpeed {
  std::string name;
  size_t rows = 0;
  size_t outputs = 0;
  size_t inputs = 0;
  Rate operations_per_s;
  double weight_bytes_per_s = 0.0;
  double share = 0.0;  // of what one thread reads where there is one row, else of the dot product peak
};

// With one thread; weights come from a buffer far larger than the last cache. Throws Error where an output is not the
// reference's: then no figure exists.
std::vector<KernelSpeed> MeasureKernels(const kernels::Kernels& kernels, Limits& limits, bool quick);

}  // namespace tritwise
