// The result of a load test as JSON for programs and as tables for people. What each key means: docs/serving.md.
#pragma once

#include <string>
#include <vector>

#include "tools/bench/load/load_run.h"
#include "tools/table.h"

namespace tritwise {

Json LoadJson(const LoadOptions& options, const LoadResult& result);
// `json`: what LoadJson gave.
std::vector<Table> LoadTables(const Json& json);
// One line: how far it is.
std::string LoadProgressLine(const LoadOptions& options, const LoadProgress& progress);

}  // namespace tritwise
