#include "format/text/added_tokens.h"

#include <algorithm>

namespace tritwise {

void AddedTokens::Add(std::string_view piece, int32_t id) {
  pieces_.emplace_back(piece, id);
  first_bytes_.set(static_cast<uint8_t>(piece[0]));
}

void AddedTokens::Sort() { std::sort(pieces_.begin(), pieces_.end()); }

AddedTokens::Match AddedTokens::Find(std::string_view text, size_t from) const {
  if (pieces_.empty()) return {};
  for (size_t begin = from; begin < text.size(); ++begin) {
    if (!first_bytes_[static_cast<uint8_t>(text[begin])]) continue;
    // The pieces that agree with the text so far are neighbours; one that ends here is the first of them.
    Match match;
    auto low = pieces_.begin();
    auto high = pieces_.end();
    for (size_t at = 0; low != high; ++at) {
      if (low->first.size() == at) {
        match = {begin, at, low->second};
        ++low;
      }
      if (low == high || begin + at == text.size()) break;
      const auto byte = static_cast<uint8_t>(text[begin + at]);
      const auto byte_of = [at](const auto& piece) { return static_cast<uint8_t>(piece.first[at]); };
      low = std::partition_point(low, high, [&](const auto& piece) { return byte_of(piece) < byte; });
      high = std::partition_point(low, high, [&](const auto& piece) { return byte_of(piece) == byte; });
    }
    if (match.size_bytes != 0) return match;
  }
  return {};
}

}  // namespace tritwise
