// What the machine's limits are measured with: every byte is read and every product is made.
#include "kernels/limits/reference.h"
#include "tests/kernels/kernel_test.h"
#include "tests/support/guarded.h"

namespace tritwise::test {
namespace {

using kernels::ReadManner;

TEST_CASE("Reading sums every word, in every manner and at every size") {
  Random random(21);
  Guarded<uint8_t> buffer(8 * 600);
  const std::vector<kernels::Kernels> all = AllKernels();
  for (size_t size = 0; size <= 8 * 600; size += size < 1024 ? 8 : 8 * 37) {
    std::vector<uint8_t> bytes(size);
    for (uint8_t& byte : bytes) byte = static_cast<uint8_t>(random.Bits());
    const uint8_t* p = buffer.Fill(bytes.data(), size);
    const uint64_t expected = kernels::reference::ReadSum(p, size);
    for (const kernels::Kernels& table : all) {
      for (const ReadManner manner : {ReadManner::kPlain, ReadManner::kPrefetch, ReadManner::kStreams}) {
        CAPTURE(table.target, size, static_cast<int>(manner));
        REQUIRE(table.read_sum(p, size, manner) == expected);
      }
    }
  }
}

TEST_CASE("The dot product peak makes every product, whatever the number of rounds") {
  Random random(22);
  std::vector<uint8_t> codes(kernels::kDotCodes * kernels::kDotRowBytes);
  std::vector<int8_t> q(kernels::kDotTurns * kernels::kDotRows * kernels::kDotRowBytes);
  for (uint8_t& code : codes) code = static_cast<uint8_t>(random.Integer(0, 3));
  for (int8_t& value : q) value = static_cast<int8_t>(random.Integer(-128, 127));
  for (const kernels::Kernels& table : AllKernels()) {
    for (const size_t rounds : Sizes{0, 1, 2, 7, 8, 9, 100, 1001}) {
      CAPTURE(table.target, rounds);
      CHECK(table.dot_peak(codes.data(), q.data(), rounds) ==
            kernels::reference::DotPeak(codes.data(), q.data(), rounds));
    }
  }
}

TEST_CASE("The dot product peak does not overflow with the extreme values") {
  const std::vector<uint8_t> codes(kernels::kDotCodes * kernels::kDotRowBytes, 3);
  for (const int value : {-128, 127}) {
    const std::vector<int8_t> q(kernels::kDotTurns * kernels::kDotRows * kernels::kDotRowBytes,
                                static_cast<int8_t>(value));
    for (const kernels::Kernels& table : AllKernels()) {
      const auto expected = static_cast<uint32_t>(3 * value * 1000 * static_cast<int>(kernels::kDotRoundProducts));
      CHECK(table.dot_peak(codes.data(), q.data(), 1000) == expected);
    }
  }
}

}  // namespace
}  // namespace tritwise::test
