// Tables for people, and numbers as they stand in them.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace tritwise {

using Table = std::vector<std::vector<std::string>>;

// Columns as wide as their widest cell; numbers (cells that begin with a digit, sign or point) to the right.
// The first row is the heading. Control characters are shown as '?'.
void PrintTable(const Table& rows);

// "3.4 MiB"
std::string FormatBytes(uint64_t bytes);
// With `digits` behind the point.
std::string FormatNumber(double value, int digits);

}  // namespace tritwise
