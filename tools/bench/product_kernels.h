// The kernels that multiply activations with weights, under one signature: what bench times and checks. A further
// kernel of an operation is one more entry in ProductKernels.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "format/ternary_layout.h"
#include "kernels/kernels.h"

namespace tritwise {

// Rows of activations with a tile of a matrix: `outputs` of its rows from `first` on.
struct Product {
  const uint8_t* weights = nullptr;  // the whole matrix
  TernaryGeometry geometry;          // the same, where the weights are ternary
  size_t first = 0;                  // whole blocks
  size_t outputs = 0;
  size_t inputs = 0;
  const int8_t* q = nullptr;  // [rows], q_stride apart, zero behind the inputs
  size_t q_stride = 0;
  const int32_t* q_sums = nullptr;
  size_t rows = 0;
  int32_t* sums = nullptr;  // [rows], sums_stride apart
  size_t sums_stride = 0;
};

struct ProductKernel {
  std::string name;  // as in kernels.inc; of an operation with alternatives, "operation/name"
  Storage weights = Storage::kT2;
  bool many_rows = false;  // else one
  std::function<void(const Product&)> run;
};

std::vector<ProductKernel> ProductKernels(const kernels::Kernels& kernels);

// What `kernel` is held to: one output of one row, by the scalar reference.
int32_t ReferenceSum(const ProductKernel& kernel, const Product& product, size_t row, size_t output);

}  // namespace tritwise
