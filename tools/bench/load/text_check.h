// Whether equal requests get equal texts: without chance, or from the same seed, they do, to the bit.
#pragma once

#include <cstddef>
#include <cstdint>
#include <unordered_map>
#include <vector>

namespace tritwise {

class TextCheck {
 public:
  // Prompts whose text is kept; of later ones nothing is said.
  static constexpr size_t kMostPrompts = 4096;

  // A text that this prompt got, `whole` or cut off somewhere. False where it contradicts one before it: they differ,
  // or it is longer than a whole one, or a whole one shorter.
  bool Agrees(size_t prompt, const std::vector<int32_t>& ids, bool whole);
  // Texts that had another to be compared with.
  size_t compared() const { return compared_; }

 private:
  struct Text {
    std::vector<int32_t> ids;  // the longest
    bool whole = false;
  };

  std::unordered_map<size_t, Text> texts_;
  size_t compared_ = 0;
};

}  // namespace tritwise
