#include "tools/table.h"

#include <algorithm>
#include <cctype>
#include <cstdio>

namespace tritwise {
namespace {

std::string Printable(std::string text) {
  for (char& c : text) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) c = '?';
  }
  return text;
}

bool IsNumber(const std::string& cell) {
  if (cell.empty()) return false;
  const bool sign = (cell[0] == '-' || cell[0] == '+' || cell[0] == '.') && cell.size() > 1;
  return std::isdigit(static_cast<unsigned char>(cell[sign ? 1 : 0])) != 0 &&
         cell.find_first_not_of("0123456789.+-%") == std::string::npos;
}

}  // namespace

void PrintTable(const Table& rows) {
  std::vector<size_t> widths;
  std::vector<bool> right;
  for (size_t r = 0; r < rows.size(); ++r) {
    widths.resize(std::max(widths.size(), rows[r].size()));
    right.resize(widths.size(), false);
    for (size_t c = 0; c < rows[r].size(); ++c) {
      widths[c] = std::max(widths[c], rows[r][c].size());
      if (r != 0 && IsNumber(rows[r][c])) right[c] = true;
    }
  }
  for (const std::vector<std::string>& row : rows) {
    std::string line;
    for (size_t c = 0; c < row.size(); ++c) {
      const std::string padding(widths[c] - row[c].size(), ' ');
      line += (c == 0 ? "" : "  ") + (right[c] ? padding + Printable(row[c]) : Printable(row[c]) + padding);
    }
    line.erase(line.find_last_not_of(' ') + 1);
    std::puts(line.c_str());
  }
}

std::string FormatBytes(uint64_t bytes) {
  static constexpr const char* kUnits[] = {"B", "KiB", "MiB", "GiB", "TiB"};
  auto value = static_cast<double>(bytes);
  size_t unit = 0;
  for (; value >= 1024.0 && unit + 1 < std::size(kUnits); ++unit) value /= 1024.0;
  return FormatNumber(value, unit == 0 ? 0 : 1) + " " + kUnits[unit];
}

std::string FormatNumber(double value, int digits) {
  char text[64];
  std::snprintf(text, sizeof(text), "%.*f", digits, value);
  return text;
}

}  // namespace tritwise
