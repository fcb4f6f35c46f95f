// Finds pieces that stand in a text literally, such as control pieces and runs of spaces: the leftmost, and of
// several that begin there the longest.
//
// A step costs at most the longest piece, which is limited, so a whole text takes linear time. Not for the
// thousands of ordinary pieces.
#pragma once

#include <bitset>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <utility>
#include <vector>

namespace tritwise {

class AddedTokens {
 public:
  static constexpr size_t kMaxBytes = 256;  // of a piece

  // `piece` must outlive this, be neither empty nor longer than kMaxBytes, and be added once.
  void Add(std::string_view piece, int32_t id);

  struct Match {
    size_t begin = 0;
    size_t size_bytes = 0;  // 0: none from here on
    int32_t id = -1;
  };
  // Only after Sort.
  Match Find(std::string_view text, size_t from) const;
  void Sort();

  // Calls between(text) for what stands between the pieces, and piece(id) for each, in the order of the text.
  template <class Between, class Piece>
  void Cut(std::string_view text, Between between, Piece piece) const {
    size_t at = 0;
    for (Match match = Find(text, 0); match.size_bytes != 0; match = Find(text, at)) {
      if (match.begin > at) between(text.substr(at, match.begin - at));
      piece(match.id);
      at = match.begin + match.size_bytes;
    }
    if (at < text.size()) between(text.substr(at));
  }

 private:
  std::vector<std::pair<std::string_view, int32_t>> pieces_;  // sorted by their bytes
  std::bitset<256> first_bytes_;
};

}  // namespace tritwise
