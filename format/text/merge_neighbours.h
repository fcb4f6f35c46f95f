// The loop of byte-pair encoding, whatever decides which pair comes first: symbols in a list, candidates in a
// heap, the greatest joined again and again.
#pragma once

#include <algorithm>
#include <cstdint>
#include <limits>
#include <optional>
#include <vector>

namespace tritwise {

inline constexpr uint32_t kNoSymbol = std::numeric_limits<uint32_t>::max();

// Symbol has `previous` and `next`, indices or kNoSymbol at the ends, and begins as a list in order. Candidate
// has `left`, the index of a symbol that may be joined with the next one, and an order. `heap` is working memory.
//   find(left, right) -> std::optional<Candidate>: what these two would make
//   join(candidate, left, right) -> bool: makes `left` both of them and `right` nothing; false where the
//     candidate is stale, because one of the two has become something else since it was found
template <class Symbol, class Candidate, class Find, class Join>
void MergeNeighbours(std::vector<Symbol>& symbols, std::vector<Candidate>& heap, Find find, Join join) {
  const auto add = [&](uint32_t left) {
    if (left == kNoSymbol || symbols[left].next == kNoSymbol) return false;
    const std::optional<Candidate> candidate = find(left, symbols[left].next);
    if (candidate) heap.push_back(*candidate);
    return candidate.has_value();
  };
  heap.clear();
  for (uint32_t i = 0; i < symbols.size(); ++i) add(i);
  std::make_heap(heap.begin(), heap.end());
  while (!heap.empty()) {
    std::pop_heap(heap.begin(), heap.end());
    const Candidate best = heap.back();
    heap.pop_back();
    Symbol& left = symbols[best.left];
    if (left.next == kNoSymbol || !join(best, left, symbols[left.next])) continue;
    left.next = symbols[left.next].next;
    if (left.next != kNoSymbol) symbols[left.next].previous = best.left;
    for (const uint32_t again : {left.previous, best.left}) {
      if (add(again)) std::push_heap(heap.begin(), heap.end());
    }
  }
}

}  // namespace tritwise
