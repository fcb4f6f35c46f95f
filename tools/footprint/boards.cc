#include "tools/footprint/boards.h"

#include <cstdlib>

namespace tritwise {

std::string BoardNames() {
  std::string all;
  for (const Board& board : Boards()) all += (all.empty() ? "" : " | ") + std::string(board.name);
  return all;
}

// "640M" or "3G", as targets/*/board.cmake has them.
uint64_t ModelBytes(const Board& board) {
  const std::string text(board.for_a_model);
  return std::strtoull(text.c_str(), nullptr, 10) << (text.back() == 'G' ? 30 : 20);
}

}  // namespace tritwise
