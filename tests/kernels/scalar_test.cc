// What machines without vectors or an operating system compute with, against the C library and the references.
#include <limits>

#include "kernels/common/scalar.h"
#include "kernels/ternary/scalar.h"
#include "tests/kernels/kernel_test.h"
#include "tests/kernels/ternary_fixture.h"

namespace tritwise::test {
namespace {

using kernels::reference::FusedMulAddByDouble;

float AnyFloat(Random& random) {
  const auto half = [&] { return static_cast<uint32_t>(random.Integer(0, 0xFFFF)); };
  return std::bit_cast<float>(half() << 16 | half());
}

TEST_CASE("a multiply-add by double is rounded once") {
  Random random(11);
  for (int i = 0; i < 2000000; ++i) {
    const float a = AnyFloat(random);
    const float b = AnyFloat(random);
    // Half of the addends near the product, where bits cancel.
    const float c = i % 2 == 0 ? AnyFloat(random) : -a * b * (1.0f + static_cast<float>(i % 7) * 0x1p-23f);
    if (Same(FusedMulAddByDouble(a, b, c), std::fma(a, b, c))) continue;
    CAPTURE(a, b, c);
    FAIL("not what fma gives");
  }
}

TEST_CASE("a multiply-add by double decides near ties as one rounding does") {
  // a * b lies just beside the middle of two floats, by less than the last bit of a double at c's size.
  const float a = 1.0f + 0x1p-12f;
  for (const float c : {0x1p24f, 0x1p25f, 0x1p30f, 0x1p60f}) {
    for (const float b : {0x1p-1f, 0x1p0f, 0x1p1f, 0x1p6f, 0x1p36f}) {
      for (const float tiny : {1.0f, 1.0f + 0x1p-23f, 1.0f - 0x1p-24f}) {
        const float scaled = b * tiny;
        CHECK(Same(FusedMulAddByDouble(a, scaled, c), std::fma(a, scaled, c)));
        CHECK(Same(FusedMulAddByDouble(a, -scaled, c), std::fma(a, -scaled, c)));
      }
    }
  }
  constexpr float kInfinity = std::numeric_limits<float>::infinity();
  CHECK(FusedMulAddByDouble(kInfinity, 1.0f, 1.0f) == kInfinity);
  CHECK(FusedMulAddByDouble(3e38f, 3e38f, 1.0f) == kInfinity);
  CHECK(std::isnan(FusedMulAddByDouble(kInfinity, 0.0f, 1.0f)));
  CHECK(std::isnan(FusedMulAddByDouble(kInfinity, 1.0f, -kInfinity)));
}

template <Storage kStorage>
void RequireReferenceSums() {
  Random random(12);
  for (const size_t cols : Sizes{1, 3, 4, 63, 64, 65, 255, 256, 257, 320, 321, 700, 784, 1025}) {
    for (const size_t rows : Sizes{1, 4, 6}) {
      const TernaryGeometry g = MakeTernaryGeometry(kStorage, rows, cols);
      std::vector<uint8_t> codes(g.total_bytes);  // any byte is a weight
      for (uint8_t& code : codes) code = static_cast<uint8_t>(random.Integer(0, 255));
      std::vector<int8_t> q(g.padded_cols);
      int32_t q_sum = 0;
      for (int8_t& v : q) q_sum += v = static_cast<int8_t>(random.Integer(-128, 127));
      for (size_t block = 0; block < g.blocks; ++block) {
        int32_t expected[kTernaryBlockRows];
        kernels::reference::TernaryRow(codes.data(), g, q.data(), block, block + 1, expected);
        int32_t sums[kTernaryBlockRows];
        const uint8_t* begin = codes.data() + block * g.block_bytes();
        kernels::scalar::SumBlock<kStorage>(begin, g, 0, g.chunks(), q.data(), q_sum, sums);
        RequireSame(sums, expected, kTernaryBlockRows, "columns " + std::to_string(cols));
        // Cut in two at the first chunk, the parts add up.
        const size_t first = std::min(TernaryChunkCols(kStorage), g.padded_cols);
        int32_t first_sum = 0;
        for (size_t k = 0; k < first; ++k) first_sum += q[k];
        int32_t rest[kTernaryBlockRows];
        kernels::scalar::SumBlock<kStorage>(begin, g, 0, 1, q.data(), first_sum, sums);
        kernels::scalar::SumBlock<kStorage>(begin, g, 1, g.chunks(), q.data() + first, q_sum - first_sum, rest);
        for (size_t r = 0; r < kTernaryBlockRows; ++r) sums[r] += rest[r];
        RequireSame(sums, expected, kTernaryBlockRows, "in two parts, columns " + std::to_string(cols));
      }
    }
  }
}

TEST_CASE("t2 byte by byte gives the reference's sums") { RequireReferenceSums<Storage::kT2>(); }
TEST_CASE("t5 byte by byte gives the reference's sums") { RequireReferenceSums<Storage::kT5>(); }

}  // namespace
}  // namespace tritwise::test
