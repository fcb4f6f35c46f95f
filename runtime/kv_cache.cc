#include "runtime/kv_cache.h"

#include <cstring>

namespace tritwise::runtime {
namespace {

uint64_t CodeBytes(const CacheLayer& layer, uint64_t context) {
  return AlignUp(context * layer.head_size * layer.element_bytes(), kArenaAlignment);
}

uint64_t HeadBytes(const CacheLayer& layer, uint64_t context) {
  const uint64_t scales = layer.storage == Storage::kI8 ? context * sizeof(float) : 0;
  return CodeBytes(layer, context) + AlignUp(scales, kArenaAlignment);
}

}  // namespace

// context < 2^31, kv_heads <= 2^16, head_size <= 2^9, 4 bytes: a layer stays below 2^59.
uint64_t CacheBytes(const CacheLayers& layers, uint64_t context) {
  constexpr uint64_t kTooMuch = uint64_t{1} << 60;
  uint64_t bytes = 0;
  for (const CacheLayer& layer : layers) {
    bytes += 2 * layer.kv_heads * HeadBytes(layer, context);
    if (bytes > kTooMuch) return kTooMuch;  // more than there is memory anywhere; the sum must not wrap round
  }
  return bytes;
}

Result<std::unique_ptr<KvCache>> KvCache::Make(const CacheLayers& layers, uint64_t context) {
  TRITWISE_ASSIGN_OR_RETURN(AlignedBlock block, AlignedBlock::Allocate(CacheBytes(layers, context), "the cache"));
  std::unique_ptr<KvCache> cache(new KvCache(layers, std::move(block)));
  uint64_t offset = 0;
  for (const CacheLayer& layer : layers) {
    Place place;
    place.head_bytes = HeadBytes(layer, context);
    place.scales_offset = CodeBytes(layer, context);
    place.keys = offset;
    place.values = offset + place.head_bytes * layer.kv_heads;
    offset = place.values + place.head_bytes * layer.kv_heads;
    cache->places_.push_back(place);
  }
  return cache;
}

void KvCache::CopyFrom(const KvCache& other, uint64_t positions) {
  for (size_t layer = 0; layer < layers_.size(); ++layer) {
    const CacheLayer& l = layers_[layer];
    const size_t count = static_cast<size_t>(positions);  // what is in memory can be counted
    const size_t bytes = count * l.head_size * l.element_bytes();
    const size_t scale_bytes = l.storage == Storage::kI8 ? count * sizeof(float) : 0;
    for (size_t head = 0; head < l.kv_heads; ++head) {
      std::memcpy(keys(layer, head), other.keys(layer, head), bytes);
      std::memcpy(values(layer, head), other.values(layer, head), bytes);
      if (scale_bytes == 0) continue;
      std::memcpy(key_scales(layer, head), other.key_scales(layer, head), scale_bytes);
      std::memcpy(value_scales(layer, head), other.value_scales(layer, head), scale_bytes);
    }
  }
}

}  // namespace tritwise::runtime
