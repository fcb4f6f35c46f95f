#include "tools/minimal/read_speed.h"

#include <algorithm>
#include <cstring>
#include <numeric>
#include <vector>

#include "kernels/kernels.h"
#include "runtime/arena.h"
#include "runtime/thread_pool.h"
#include "tools/machine/machine.h"

namespace tritwise::minimal {
namespace {

constexpr uint64_t kMostBytes = uint64_t{64} << 20;  // more than the caches of such boards hold
constexpr uint64_t kLeastBytes = uint64_t{8} << 20;  // less would stay in a cache
constexpr size_t kPage = 4096;

// At most an eighth of the machine's memory, and less where even that is not to be had.
Result<runtime::AlignedBlock> AllocateBuffer() {
  const uint64_t memory = MemoryBytes();
  const uint64_t wanted = memory == 0 ? kMostBytes / 2 : std::min(kMostBytes, memory / 8);
  uint64_t bytes = std::max(wanted, kLeastBytes) / kPage * kPage;
  for (;; bytes = bytes / 2 / kPage * kPage) {
    Result<runtime::AlignedBlock> block = runtime::AlignedBlock::Allocate(bytes, "the buffer that is read");
    if (block.ok() || bytes < 2 * kLeastBytes) return block;
  }
}

}  // namespace

Result<Rate> MeasureReading(size_t threads) {
  TRITWISE_ASSIGN_OR_RETURN(const kernels::Kernels kernels, kernels::ResolveKernels());
  TRITWISE_ASSIGN_OR_RETURN(const auto pool, runtime::ThreadPool::Make(threads));
  TRITWISE_ASSIGN_OR_RETURN(const runtime::AlignedBlock buffer, AllocateBuffer());
  const auto bytes = static_cast<size_t>(buffer.bytes()) / kPage * kPage;
  const auto* begin = reinterpret_cast<const uint8_t*>(buffer.data());
  uint64_t expected = 0;
  for (size_t at = 0; at < bytes; at += sizeof(uint64_t)) {
    const uint64_t word = at * 6364136223846793005u + 1;
    std::memcpy(buffer.data() + at, &word, sizeof(word));
    expected += word;
  }
  std::vector<uint64_t> sums(threads);
  bool right = true;
  Rate best;
  for (const auto manner :
       {kernels::ReadManner::kPlain, kernels::ReadManner::kPrefetch, kernels::ReadManner::kStreams}) {
    const auto read = [&] {
      std::fill(sums.begin(), sums.end(), 0);
      pool->ForRanges(bytes / kPage, 1, [&](size_t first, size_t last, size_t part) {
        sums[part] = kernels.read_sum(begin + first * kPage, (last - first) * kPage, manner);
      });
      right = right && std::accumulate(sums.begin(), sums.end(), uint64_t{0}) == expected;
    };
    const Rate rate = Measure(
        {3, 20, 0.3}, static_cast<double>(bytes), [] {}, read);
    if (rate.median > best.median) best = rate;
  }
  if (!right) {
    return Status::Error(StatusCode::kCorrupt, "parity check failed: what was read does not add up");
  }
  return best;
}

}  // namespace tritwise::minimal
