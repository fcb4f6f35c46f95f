#include "runtime/arena.h"

#include <algorithm>
#include <cinttypes>
#include <cstdlib>
#include <limits>
#include <vector>

namespace tritwise::runtime {

uint64_t PlaceBuffers(std::span<ArenaBuffer> buffers) {
  std::vector<size_t> order(buffers.size());
  for (size_t i = 0; i < order.size(); ++i) order[i] = i;
  std::sort(order.begin(), order.end(), [&](size_t a, size_t b) {
    return buffers[a].bytes != buffers[b].bytes ? buffers[a].bytes > buffers[b].bytes : a < b;
  });

  std::vector<size_t> placed;  // ascending offset
  uint64_t total = 0;
  for (const size_t index : order) {
    ArenaBuffer& buffer = buffers[index];
    uint64_t place = 0;  // end of what is in the way so far
    for (const size_t other_index : placed) {
      const ArenaBuffer& other = buffers[other_index];
      if (other.last_op < buffer.first_op || buffer.last_op < other.first_op) continue;
      if (other.offset >= place && other.offset - place >= buffer.bytes) break;
      place = std::max(place, AlignUp(other.offset + other.bytes, kArenaAlignment));
    }
    buffer.offset = place;
    const auto behind = std::upper_bound(placed.begin(), placed.end(), place,
                                         [&](uint64_t offset, size_t i) { return offset < buffers[i].offset; });
    placed.insert(behind, index);
    total = std::max(total, AlignUp(place + buffer.bytes, kArenaAlignment));
  }
  return total;
}

void AlignedBlock::Free::operator()(std::byte* data) const { std::free(data); }

Result<AlignedBlock> AlignedBlock::Allocate(uint64_t bytes, const char* what) {
  AlignedBlock block;
  const uint64_t rounded = AlignUp(std::max<uint64_t>(bytes, 1), kArenaAlignment);
  void* data = nullptr;
  if (rounded <= std::numeric_limits<size_t>::max() / 2) {
    data = std::aligned_alloc(kArenaAlignment, static_cast<size_t>(rounded));
  }
  if (data == nullptr) {
    return Status::Error(StatusCode::kResourceExhausted, "no memory for %s (%" PRIu64 " bytes)", what, bytes);
  }
  block.data_.reset(static_cast<std::byte*>(data));
  block.bytes_ = bytes;
  return block;
}

}  // namespace tritwise::runtime
