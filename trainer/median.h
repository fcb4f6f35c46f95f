// The median magnitude of many floats, exactly, in two readings by all threads.
#pragma once

#include <span>

namespace tritwise {

// The lower median of |x| of an even count. Not empty, all finite.
float MedianMagnitude(std::span<const float> x);

}  // namespace tritwise
