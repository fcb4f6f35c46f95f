// The boards of targets/, as far as a plan asks about them.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace tritwise {

struct Board {
  std::string_view name;
  double gb_per_s = 0.0;         // that its memory has at most, by its maker
  std::string_view for_a_model;  // memory on the smallest of the kind, as --memory-budget takes it: "1536M"
};

// Those with a memory of their own: of targets/*/board.cmake.
std::vector<Board> Boards();
// "rpi4 | rpi5"
std::string BoardNames();
uint64_t ModelBytes(const Board& board);

}  // namespace tritwise
