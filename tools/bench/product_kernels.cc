#include "tools/bench/product_kernels.h"

#include "kernels/linear/reference.h"
#include "kernels/ternary/reference.h"

namespace tritwise {
namespace {

ProductKernel OneRow(const char* name, Storage weights, kernels::TernaryRowT2Fn kernel) {
  return {name, weights, false, [kernel](const Product& p) {
            kernel(p.weights, p.geometry, p.q, p.q_sums[0], 0, p.geometry.blocks, p.sums);
          }};
}

ProductKernel ManyRows(const char* name, Storage weights, kernels::TernaryRowsT2Fn kernel) {
  return {name, weights, true, [kernel](const Product& p) {
            kernel(p.weights, p.geometry, p.q, p.q_stride, p.q_sums, p.rows, 0, p.geometry.blocks, p.sums,
                   p.sums_stride);
          }};
}

const int8_t* Signed(const uint8_t* bytes) { return reinterpret_cast<const int8_t*>(bytes); }

}  // namespace

std::vector<ProductKernel> ProductKernels(const kernels::Kernels& k) {
  return {
      OneRow("ternary_row_t2", Storage::kT2, k.ternary_row_t2),
      OneRow("ternary_row_t5", Storage::kT5, k.ternary_row_t5),
      ManyRows("ternary_rows_t2", Storage::kT2, k.ternary_rows_t2),
      ManyRows("ternary_rows_t5", Storage::kT5, k.ternary_rows_t5),
      {"linear_i8", Storage::kI8, false,
       [f = k.linear_i8](const Product& p) { f(Signed(p.weights), p.inputs, p.q, 0, p.outputs, p.sums); }},
      {"linear_rows_i8", Storage::kI8, true,
       [f = k.linear_rows_i8](const Product& p) {
         f(Signed(p.weights), p.inputs, p.q, p.q_stride, p.q_sums, p.rows, 0, p.outputs, p.sums, p.sums_stride);
       }},
  };
}

int32_t ReferenceSum(const ProductKernel& kernel, const Product& p, size_t row, size_t output) {
  const int8_t* q = p.q + row * p.q_stride;
  int32_t sum = 0;
  if (kernel.weights == Storage::kI8) {
    kernels::reference::LinearI8(Signed(p.weights) + output * p.inputs, p.inputs, q, 0, 1, &sum);
    return sum;
  }
  for (size_t input = 0; input < p.geometry.padded_cols; ++input) {
    sum += kernels::reference::TritAt(p.weights, p.geometry, output, input) * q[input];
  }
  return sum;
}

}  // namespace tritwise
