#include "tools/bench/load/text_check.h"

#include <algorithm>

namespace tritwise {

bool TextCheck::Agrees(size_t prompt, const std::vector<int32_t>& ids, bool whole) {
  const auto found = texts_.find(prompt);
  if (found == texts_.end()) {
    if (texts_.size() < kMostPrompts) texts_[prompt] = {ids, whole};
    return true;
  }
  Text& known = found->second;
  ++compared_;
  const size_t both = std::min(known.ids.size(), ids.size());
  if (!std::equal(ids.begin(), ids.begin() + static_cast<std::ptrdiff_t>(both), known.ids.begin())) return false;
  if (known.whole && ids.size() > known.ids.size()) return false;
  if (whole && ids.size() < known.ids.size()) return false;
  if (ids.size() > known.ids.size()) known.ids = ids;
  known.whole = known.whole || whole;
  return true;
}

}  // namespace tritwise
