// A footprint as tables for people.
#pragma once

#include <vector>

#include "tools/footprint/document.h"
#include "tools/table.h"

namespace tritwise {

// Name and note, and the tables, on standard output.
void PrintFootprint(const Footprint& footprint);

// Bytes by part, contexts, boards, and what was measured of it, each where there is any. At most 100 columns wide.
std::vector<Table> FootprintTables(const Footprint& footprint);

}  // namespace tritwise
