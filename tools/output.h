// How the command writes: tables for people, one JSON object for programs.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

namespace tritwise {

// Keys in the order in which they were set.
using Json = nlohmann::ordered_json;

// The object and a newline on standard output. What is not UTF-8 (a name in a file) becomes U+FFFD.
void PrintJson(const Json& object);

// Columns as wide as their widest cell; numbers (cells that begin with a digit, sign or point) to the right.
// The first row is the heading. Control characters are shown as '?'.
void PrintTable(const std::vector<std::vector<std::string>>& rows);

// "3.4 MiB"
std::string FormatBytes(uint64_t bytes);
// With `digits` behind the point.
std::string FormatNumber(double value, int digits);

}  // namespace tritwise
