// Wrong kernels have no speed: bench's own checks, given tables in which one kernel is wrong.
#include <algorithm>
#include <catch2/catch.hpp>
#include <string>

#include "tools/bench/kernel_speed.h"
#include "tools/bench/product_kernels.h"
#include "trainer/error.h"

namespace tritwise::test {
namespace {

using kernels::Kernels;

constexpr size_t kBuffer = size_t{1} << 20;

std::string ErrorOf(const Kernels& kernels) {
  try {
    Limits limits(kernels, kBuffer, true);
    MeasureKernels(kernels, limits, true);
  } catch (const Error& error) {
    return error.what();
  }
  return {};
}

Kernels Good() { return kernels::ResolveKernels().value(); }

TEST_CASE("Right kernels pass the checks") { CHECK(ErrorOf(Good()).empty()); }

TEST_CASE("A product kernel that is wrong anywhere is named and has no speed") {
  Kernels one = Good();
  one.ternary_row_t5 = [](const uint8_t*, const TernaryGeometry& geometry, const int8_t*, int32_t, size_t, size_t,
                          int32_t* sums) { std::fill_n(sums, 4 * geometry.blocks, 12345678); };
  CHECK_THAT(ErrorOf(one), Catch::StartsWith("parity check failed: ternary_row_t5/dot ("));
  Kernels many = Good();
  many.ternary_rows_t2 = [](const uint8_t*, const TernaryGeometry&, const int8_t*, size_t, const int32_t*, size_t,
                            size_t, size_t, int32_t*, size_t) {};
  CHECK_THAT(ErrorOf(many), Catch::StartsWith("parity check failed: ternary_rows_t2/dot ("));
  Kernels plain = Good();
  plain.linear_i8 = [](const int8_t*, size_t, const int8_t*, size_t, size_t, int32_t*) {};
  CHECK_THAT(ErrorOf(plain), Catch::StartsWith("parity check failed: linear_i8 ("));
}

TEST_CASE("A limit that skips some of its work has no figure") {
  Kernels reading = Good();
  reading.read_sum = [](const uint8_t* bytes, size_t size, kernels::ReadManner) {
    return kernels::ResolveKernels().value().read_sum(bytes, size / 2, kernels::ReadManner::kPlain);
  };
  CHECK_THAT(ErrorOf(reading), Catch::Contains("no bandwidth is printed"));
  Kernels multiplying = Good();
  multiplying.dot_peak = [](const uint8_t*, const int8_t*, size_t) { return uint32_t{0}; };
  CHECK_THAT(ErrorOf(multiplying), Catch::Contains("no peak is printed"));
}

TEST_CASE("Every kernel that bench knows is held to the reference of its own layout") {
  const Kernels kernels = Good();
  for (const ProductKernel& kernel : ProductKernels(kernels)) {
    const size_t outputs = 16;
    const size_t inputs = 80;
    const bool ternary = IsTernary(kernel.weights);
    const TernaryGeometry geometry = MakeTernaryGeometry(ternary ? kernel.weights : Storage::kT2, outputs, inputs);
    std::vector<uint8_t> weights(ternary ? geometry.total_bytes : outputs * inputs);
    for (size_t i = 0; i < weights.size(); ++i) weights[i] = static_cast<uint8_t>(ternary ? i * 7 % 3 : i * 7);
    const std::vector<int8_t> q(192, 5);
    const int32_t q_sum = 5 * static_cast<int32_t>(geometry.padded_cols);
    std::vector<int32_t> sums(outputs);
    Product product{weights.data(), geometry, 0, outputs, inputs, q.data(), 192, &q_sum, 1, sums.data(), outputs};
    kernel.run(product);
    for (size_t n = 0; n < outputs; ++n) {
      INFO(kernel.name << " output " << n);
      CHECK(sums[n] == ReferenceSum(kernel, product, 0, n));
    }
  }
}

}  // namespace
}  // namespace tritwise::test
