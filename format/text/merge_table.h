// The merges of a byte-level vocabulary, found by the pair that they join.
//
// Sorted, not hashed: the merges of a crafted file cannot make looking one up slow. The merges of one left piece
// lie together, few hundred at most in a real vocabulary.
#pragma once

#include <cstdint>
#include <limits>
#include <span>
#include <vector>

#include "format/status.h"
#include "format/vocabulary.h"

namespace tritwise {

class MergeTable {
 public:
  static constexpr uint32_t kNone = std::numeric_limits<uint32_t>::max();

  // Ids of `merges` must be below `pieces`. Fails where a pair stands there twice.
  static Result<MergeTable> Make(std::span<const Merge> merges, size_t pieces);

  // Place of the pair in the list of merges: the lower, the earlier. kNone: it is not there.
  uint32_t Rank(int32_t left, int32_t right) const;

 private:
  struct Entry {
    int32_t right;
    uint32_t rank;
  };
  std::vector<uint32_t> begin_;  // of each left piece's entries; one more at the end
  std::vector<Entry> entries_;   // by left, then right
};

}  // namespace tritwise
