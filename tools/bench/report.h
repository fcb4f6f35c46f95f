// The results of bench as tables for people and as JSON. What each key means: docs/speed.md.
#pragma once

#include <string>
#include <vector>

#include "tools/bench/kernel_speed.h"
#include "tools/bench/limits.h"
#include "tools/bench/model_speed.h"
#include "tools/output.h"

namespace tritwise {

using Tables = std::vector<std::vector<std::vector<std::string>>>;

// Each with an empty line behind it.
void PrintTables(const Tables& tables);

Tables LimitTables(const Limits& limits);
Tables KernelTables(const std::vector<KernelSpeed>& speeds);
Tables ModelTables(const ModelSpeed& speed);

// What has been measured of them, into the object "machine"; the single figures are those of `threads`.
void AddLimitsJson(Limits& limits, size_t threads, Json& machine);
Json KernelsJson(const std::vector<KernelSpeed>& speeds, const char* target);
// machine.kernels, load, first_token, prefill, decode, memory.
void AddModelJson(const ModelSpeed& speed, Json& object);

}  // namespace tritwise
