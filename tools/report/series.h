// Curves for drawing: smoothed, and thinned out to what a screen can show.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

namespace tritwise {

// The mean of about `window` values around each, fewer at the ends; centred, so that the curve does not lag.
// Values before and after index `restart` (none where that is not inside) are not mixed: a jump there stays a
// jump. Values that are not finite do not count; where none does, the mean is not a number.
std::vector<double> Smooth(std::span<const double> values, double window, size_t restart);

// Steps that smoothing averages over, of a run of `steps`.
double SmoothingWindow(size_t steps);

// Indices, ascending, at most about `most`: the first and the last, and of equal stretches between them the
// lowest and the highest value, so that a single spike stays to be seen. All where there are no more.
std::vector<size_t> Thin(std::span<const double> values, size_t most);

}  // namespace tritwise
