// Matrix products through oneDNN, single-threaded, for one worker of the trainer.
//
// Every worker owns one: it keeps a primitive for each shape it has met and the scratch memory that
// oneDNN asks for, so that a product in the training loop allocates nothing. Operands are bf16 or f32, or
// int8 where the CPU multiplies those faster; the result is f32 (exact for integer operands while sums stay
// below 2^24). This is the only file that includes oneDNN.
#pragma once

#include <cstddef>
#include <memory>
#include <string>

#include "trainer/row_ops/row_ops.h"

namespace tritwise {

// A row-major matrix whose rows are `stride` elements apart; `transposed`: read it as its transpose.
struct MatrixView {
  const void* data = nullptr;
  size_t stride = 0;
  bool transposed = false;
};

class Matmul {
 public:
  explicit Matmul(ComputeType type);
  ~Matmul();
  Matmul(const Matmul&) = delete;
  Matmul& operator=(const Matmul&) = delete;

  ComputeType type() const { return type_; }

  // c[m, n] (f32, rows c_stride apart) = a[m, k] . b[k, n], or += where `accumulate`.
  void Run(size_t m, size_t n, size_t k, const MatrixView& a, const MatrixView& b, float* c, size_t c_stride,
           bool accumulate);
  // c[m, n] = a[m, k] . b[n, k]^T of int8 matrices, each with rows of k elements one after the other.
  void RunInt8(size_t m, size_t n, size_t k, const int8_t* a, const int8_t* b, float* c);

  // What has been multiplied so far.
  struct Work {
    double flops = 0.0;
    double seconds = 0.0;
  };
  const Work& work() const { return work_; }

 private:
  struct Product;
  void Execute(const Product& product, const void* a, const void* b, float* c);

  struct Cache;
  ComputeType type_;
  std::unique_ptr<Cache> cache_;
  Work work_;
};

// bf16 where the CPU multiplies it in hardware, f32 elsewhere.
ComputeType BestComputeType();
// Whether int8 products are faster than those of BestComputeType.
bool HasInt8Products();
// "oneDNN 2.6.3, avx512_core_bf16", for logs.
std::string MatmulDescription();

}  // namespace tritwise
