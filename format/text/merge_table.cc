#include "format/text/merge_table.h"

#include <algorithm>

namespace tritwise {

Result<MergeTable> MergeTable::Make(std::span<const Merge> merges, size_t pieces) {
  if (merges.size() >= kNone) return Status::Error(StatusCode::kInvalidArgument, "vocabulary: too many merges");
  MergeTable table;
  table.begin_.assign(pieces + 1, 0);
  for (const Merge& merge : merges) ++table.begin_[static_cast<size_t>(merge.left) + 1];
  for (size_t i = 0; i < pieces; ++i) table.begin_[i + 1] += table.begin_[i];

  std::vector<uint32_t> next(table.begin_.begin(), table.begin_.end() - 1);
  table.entries_.resize(merges.size());
  for (uint32_t rank = 0; rank < merges.size(); ++rank) {
    table.entries_[next[static_cast<size_t>(merges[rank].left)]++] = {merges[rank].right, rank};
  }
  for (size_t left = 0; left < pieces; ++left) {
    const std::span<Entry> entries =
        std::span(table.entries_).subspan(table.begin_[left], table.begin_[left + 1] - table.begin_[left]);
    std::sort(entries.begin(), entries.end(), [](const Entry& a, const Entry& b) { return a.right < b.right; });
    const auto same = std::adjacent_find(entries.begin(), entries.end(),
                                         [](const Entry& a, const Entry& b) { return a.right == b.right; });
    if (same != entries.end()) {
      return Status::Error(StatusCode::kInvalidArgument, "vocabulary: merges %u and %u join the same pieces",
                           std::min(same->rank, (same + 1)->rank), std::max(same->rank, (same + 1)->rank));
    }
  }
  return table;
}

uint32_t MergeTable::Rank(int32_t left, int32_t right) const {
  const auto begin = entries_.begin() + begin_[static_cast<size_t>(left)];
  const auto end = entries_.begin() + begin_[static_cast<size_t>(left) + 1];
  const auto found = std::lower_bound(begin, end, right, [](const Entry& e, int32_t r) { return e.right < r; });
  return found == end || found->right != right ? kNone : found->rank;
}

}  // namespace tritwise
