// The page of a load test (`tritwise bench --connect --report`): its figures, and curves of speed, times and memory.
#pragma once

#include <string>

namespace tritwise {

// `json`: the result as `bench --connect --json` prints it, of version 1. Throws Error.
void WriteLoadReport(const std::string& path, const std::string& json);

}  // namespace tritwise
