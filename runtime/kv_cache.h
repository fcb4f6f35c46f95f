// Keys and values of one sequence, for every attention of the network, in one block.
//
// Each head of each layer has its positions next to each other (head_size elements a position), so that
// attention reads one stream. An int8 cache has one scale for each position of a head, in an array behind the codes.
// The block is not touched before positions are written: a long context costs memory as it fills.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "format/graph.h"
#include "runtime/arena.h"

namespace tritwise::runtime {

// What the attentions of a graph need of a cache, in the order of the operations.
struct CacheLayer {
  size_t kv_heads = 0;
  size_t head_size = 0;
  Storage storage = Storage::kF16;  // kF16, kF32 or kI8

  size_t element_bytes() const { return storage == Storage::kI8 ? 1 : storage == Storage::kF16 ? 2 : 4; }
  bool operator==(const CacheLayer&) const = default;
};

using CacheLayers = std::vector<CacheLayer>;

// Bytes that `context` positions take.
uint64_t CacheBytes(const CacheLayers& layers, uint64_t context);

class KvCache {
 public:
  static Result<std::unique_ptr<KvCache>> Make(const CacheLayers& layers, uint64_t context);

  // First element of position 0 of a head; the next position is head_size elements on.
  std::byte* keys(size_t layer, size_t kv_head) const { return Head(places_[layer].keys, layer, kv_head); }
  std::byte* values(size_t layer, size_t kv_head) const { return Head(places_[layer].values, layer, kv_head); }

  // Scale of position 0; the next position's is the next float. int8 only.
  float* key_scales(size_t layer, size_t kv_head) const { return Scales(keys(layer, kv_head), layer); }
  float* value_scales(size_t layer, size_t kv_head) const { return Scales(values(layer, kv_head), layer); }

  // Makes the first `positions` those of `other`, which has the same layers; both hold as many.
  void CopyFrom(const KvCache& other, uint64_t positions);

  const CacheLayers& layers() const { return layers_; }
  uint64_t bytes() const { return block_.bytes(); }

 private:
  struct Place {
    uint64_t keys = 0;
    uint64_t values = 0;
    uint64_t head_bytes = 0;
    uint64_t scales_offset = 0;  // from the first element of a head
  };

  KvCache(CacheLayers layers, AlignedBlock block) : layers_(std::move(layers)), block_(std::move(block)) {}

  std::byte* Head(uint64_t offset, size_t layer, size_t kv_head) const {
    return block_.data() + offset + places_[layer].head_bytes * kv_head;
  }

  float* Scales(std::byte* head, size_t layer) const {
    return reinterpret_cast<float*>(head + places_[layer].scales_offset);
  }

  CacheLayers layers_;
  std::vector<Place> places_;
  AlignedBlock block_;
};

}  // namespace tritwise::runtime
