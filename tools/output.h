// How the command writes: tables for people (table.h), one JSON object for programs.
#pragma once

#include <nlohmann/json.hpp>

#include "tools/table.h"

namespace tritwise {

// Keys in the order in which they were set.
using Json = nlohmann::ordered_json;

// The object and a newline on standard output. What is not UTF-8 (a name in a file) becomes U+FFFD.
void PrintJson(const Json& object);

}  // namespace tritwise
