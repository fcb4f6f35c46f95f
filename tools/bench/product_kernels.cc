#include "tools/bench/product_kernels.h"

#include "kernels/linear/reference.h"
#include "kernels/ternary/reference.h"
#include "trainer/error_status.h"

namespace tritwise {
namespace {

size_t BlockBegin(const Product& p) { return p.first / p.geometry.block_rows; }
size_t BlockEnd(const Product& p) { return (p.first + p.outputs - 1) / p.geometry.block_rows + 1; }

using kernels::Kernels;

std::function<void(const Product&)> OneRow(kernels::TernaryRowT2Fn kernel) {
  return [kernel](const Product& p) {
    kernel(p.weights, p.geometry, p.q, p.q_sums[0], BlockBegin(p), BlockEnd(p), p.sums);
  };
}

std::function<void(const Product&)> ManyRows(kernels::TernaryRowsT2Fn kernel) {
  return [kernel](const Product& p) {
    kernel(p.weights, p.geometry, p.q, p.q_stride, p.q_sums, p.rows, BlockBegin(p), BlockEnd(p), p.sums, p.sums_stride);
  };
}

// One entry for each alternative of `operation`, that of `k` and those that it could have.
template <class Fn, class Run>
void Add(const Kernels& k, const std::string& operation, Storage weights, bool many_rows, Fn Kernels::*member,
         const char* kernels::ChosenNames::*chosen, const Run& run, std::vector<ProductKernel>* all) {
  if (*(k.names.*chosen) == '\0') all->push_back({operation, weights, many_rows, run(k.*member)});
  for (const kernels::Alternative& a : kernels::Alternatives()) {
    if (operation != a.operation) continue;
    const std::string name = operation + "/" + a.name;
    const bool is_chosen = std::string_view(k.names.*chosen) == a.name;
    const Kernels table = is_chosen ? k : ValueOrThrow(kernels::ResolveKernels(k.target, operation + "=" + a.name));
    all->push_back({name, weights, many_rows, run(table.*member)});
  }
}

const int8_t* Signed(const uint8_t* bytes) { return reinterpret_cast<const int8_t*>(bytes); }

}  // namespace

std::vector<ProductKernel> ProductKernels(const Kernels& k) {
  std::vector<ProductKernel> all;
#define TRITWISE_PRODUCT(member, storage, many_rows, run) \
  Add(k, #member, storage, many_rows, &Kernels::member, &kernels::ChosenNames::member, run, &all)
  TRITWISE_PRODUCT(ternary_row_t2, Storage::kT2, false, OneRow);
  TRITWISE_PRODUCT(ternary_row_t5, Storage::kT5, false, OneRow);
  TRITWISE_PRODUCT(ternary_row_lut, Storage::kLut, false, OneRow);
  TRITWISE_PRODUCT(ternary_rows_t2, Storage::kT2, true, ManyRows);
  TRITWISE_PRODUCT(ternary_rows_t5, Storage::kT5, true, ManyRows);
  TRITWISE_PRODUCT(ternary_rows_lut, Storage::kLut, true, ManyRows);
#undef TRITWISE_PRODUCT
  all.push_back({"linear_i8", Storage::kI8, false, [f = k.linear_i8](const Product& p) {
                   f(Signed(p.weights) + p.first * p.inputs, p.inputs, p.q, 0, p.outputs, p.sums);
                 }});
  all.push_back({"linear_rows_i8", Storage::kI8, true, [f = k.linear_rows_i8](const Product& p) {
                   f(Signed(p.weights) + p.first * p.inputs, p.inputs, p.q, p.q_stride, p.q_sums, p.rows, 0, p.outputs,
                     p.sums, p.sums_stride);
                 }});
  return all;
}

int32_t ReferenceSum(const ProductKernel& kernel, const Product& p, size_t row, size_t output) {
  const int8_t* q = p.q + row * p.q_stride;
  int32_t sum = 0;
  if (kernel.weights == Storage::kI8) {
    kernels::reference::LinearI8(Signed(p.weights) + (p.first + output) * p.inputs, p.inputs, q, 0, 1, &sum);
    return sum;
  }
  for (size_t input = 0; input < p.geometry.padded_cols; ++input) {
    sum += kernels::reference::TritAt(p.weights, p.geometry, p.first + output, input) * q[input];
  }
  return sum;
}

}  // namespace tritwise
