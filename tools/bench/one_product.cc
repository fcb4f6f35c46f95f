// One or many rows of activations with a matrix, by one kernel, a number of times, and nothing else: what
// machine_model.py counts instructions of. Usage: tritwise_one_product KERNEL OUTPUTS INPUTS TIMES [ROWS]     (names as
// bench prints them; no KERNEL: lists those of one row, "rows": those of many)
#include <algorithm>
#include <cstdio>
#include <cstdlib>

#include "tools/bench/product_kernels.h"
#include "trainer/aligned_buffer.h"

namespace {

// Zeros, which stay allocated to the end.
template <class T>
T* Zeros(tritwise::AlignedBuffer<T>& buffer, size_t count) {
  return std::fill_n(buffer.Reserve(count), count, T{0}) - count;
}

}  // namespace

int main(int argc, char** argv) {
  const tritwise::Result<tritwise::kernels::Kernels> kernels = tritwise::kernels::ResolveKernels();
  if (!kernels.ok()) {
    std::fprintf(stderr, "tritwise_one_product: %s\n", kernels.status().message());
    return 1;
  }
  for (const tritwise::ProductKernel& kernel : tritwise::ProductKernels(kernels.value())) {
    if (argc < 5) {
      if (kernel.many_rows == (argc == 2)) std::puts(kernel.name.c_str());
      continue;
    }
    if (kernel.name != argv[1]) continue;
    tritwise::Product p;
    p.outputs = std::strtoul(argv[2], nullptr, 10);
    p.inputs = std::strtoul(argv[3], nullptr, 10);
    const bool ternary = tritwise::IsTernary(kernel.weights);
    p.geometry = tritwise::MakeTernaryGeometry(ternary ? kernel.weights : tritwise::Storage::kT2, p.outputs, p.inputs);
    const size_t bytes = ternary ? p.geometry.total_bytes : p.outputs * p.inputs;
    tritwise::AlignedBuffer<uint8_t> weights;
    tritwise::AlignedBuffer<int8_t> q;
    tritwise::AlignedBuffer<int32_t> sums;
    tritwise::AlignedBuffer<int32_t> q_sums;
    p.rows = kernel.many_rows && argc == 6 ? std::strtoul(argv[5], nullptr, 10) : 1;
    p.weights = Zeros(weights, bytes);
    p.q_stride = p.geometry.padded_cols;
    p.q = Zeros(q, p.rows * p.q_stride);
    p.q_sums = Zeros(q_sums, p.rows);
    p.sums_stride = p.geometry.blocks * p.geometry.block_rows;
    p.sums = Zeros(sums, p.rows * p.sums_stride);
    for (unsigned long i = std::strtoul(argv[4], nullptr, 10); i > 0; --i) kernel.run(p);
    return 0;
  }
  return argc < 5 ? 0 : 1;
}
