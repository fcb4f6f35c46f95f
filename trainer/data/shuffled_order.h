// The order in which training items come: every epoch a new permutation of all of them.
#pragma once

#include <cstdint>
#include <numeric>
#include <utility>
#include <vector>

#include "trainer/random.h"

namespace tritwise {

class ShuffledOrder {
 public:
  // `items` below 2^32.
  ShuffledOrder(size_t items, uint64_t seed) : items_(items), seed_(seed) {}

  uint64_t EpochOf(uint64_t position) const { return position / items_; }

  // The item at a position of the endless stream. Remembers one epoch's permutation.
  size_t At(uint64_t position) {
    const uint64_t epoch = EpochOf(position);
    if (permutation_.empty() || epoch != epoch_) Shuffle(epoch);
    return permutation_[position % items_];
  }

 private:
  void Shuffle(uint64_t epoch) {
    epoch_ = epoch;
    permutation_.resize(items_);
    std::iota(permutation_.begin(), permutation_.end(), uint32_t{0});
    const RandomStream random(seed_, (uint64_t{1} << 32) + epoch);
    for (size_t i = items_; i > 1; --i) {
      std::swap(permutation_[i - 1], permutation_[random.Below(i, static_cast<uint32_t>(i))]);
    }
  }

  size_t items_;
  uint64_t seed_;
  uint64_t epoch_ = 0;
  std::vector<uint32_t> permutation_;
};

}  // namespace tritwise
