// How fast this machine reads its memory: what decoding is bound by.
#pragma once

#include <cstddef>

#include "format/status.h"
#include "tools/bench/measure.h"

namespace tritwise::minimal {

// Bytes a second with so many threads, of the fastest of the ways to read. Fails where there is no memory for the
// buffer, or where what was read does not add up.
Result<Rate> MeasureReading(size_t threads);

}  // namespace tritwise::minimal
