// What every board must write: the same tokens everywhere, and the same logits to the bit wherever multiply-add is
// fused. The model's weights are made from integers, so they are the same on every machine.
//
// The figures were printed by this test on x86-64 (AVX-512) when it was written, and change only with the arithmetic of
// architecture section 5 or with the weights.
#include <algorithm>

#include "format/checksum.h"
#include "format/names.h"
#include "kernels/kernels.h"
#include "tests/runtime/fixture.h"

namespace tritwise::test {
namespace {

constexpr int32_t kCount = 48;
constexpr uint64_t kTokensChecksum = 0xb37e3d7e0e828472;  // checksum of the ids
constexpr uint64_t kLogitsChecksum = 0xda2e4ff3fa4ffb02;  // of all logits that they were taken from

// The layout of ternary matrices changes nothing.
DecoderOptions LayoutOptions(Storage layout) {
  DecoderOptions options;
  options.linear.ternary = layout;
  return options;
}

template <class T>
uint64_t ChecksumOf(const std::vector<T>& values) {
  return Checksum(std::as_bytes(std::span(values)));
}

}  // namespace

TEST_CASE("every board writes the same tokens, and the same logits to the bit where multiply-add is fused") {
  for (const Storage layout : {Storage::kT2, Storage::kT5, Storage::kLut}) {
    const auto plan = MakePlan(RandomModel(MakeDecoder(LayoutOptions(layout))));
    const auto session = MakeSession(*plan);
    std::vector<int32_t> ids;
    std::vector<float> logits;
    std::vector<int32_t> fed = RandomTokens(11, 150);
    for (int32_t i = 0; i < kCount; ++i) {
      const OutputRows output = Must(plan->Prefill(*session, fed));
      const std::vector<float> row = Copy(output.row(output.rows - 1));
      logits.insert(logits.end(), row.begin(), row.end());
      ids.push_back(static_cast<int32_t>(std::max_element(row.begin(), row.end()) - row.begin()));
      fed = {ids.back()};
    }
    const std::string target = plan->options().target;
    INFO("layout " << NameOf(layout) << ", kernels " << target << std::hex << ": tokens 0x" << ChecksumOf(ids)
                   << ", logits 0x" << ChecksumOf(logits));
    CHECK(ChecksumOf(ids) == kTokensChecksum);
    if (Must(kernels::ResolveKernels(target)).fused) CHECK(ChecksumOf(logits) == kLogitsChecksum);
  }
}

}  // namespace tritwise::test
