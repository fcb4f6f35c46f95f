#include "tools/report/series.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace tritwise {

std::vector<double> Smooth(std::span<const double> values, double window, size_t restart) {
  const size_t count = values.size();
  const auto half = static_cast<size_t>(std::max(window, 1.0) / 2.0);
  // Sums and numbers of the finite values before each index.
  std::vector<double> sums(count + 1, 0.0);
  std::vector<double> counts(count + 1, 0.0);
  for (size_t i = 0; i < count; ++i) {
    const bool finite = std::isfinite(values[i]);
    sums[i + 1] = sums[i] + (finite ? values[i] : 0.0);
    counts[i + 1] = counts[i] + (finite ? 1.0 : 0.0);
  }
  std::vector<double> smooth(count);
  for (size_t i = 0; i < count; ++i) {
    const size_t first = i < restart || restart >= count ? 0 : restart;
    const size_t last = i < restart && restart < count ? restart : count;
    const size_t begin = i - std::min(half, i - first);
    const size_t end = std::min(i + half + 1, last);
    smooth[i] = (sums[end] - sums[begin]) / (counts[end] - counts[begin]);
  }
  return smooth;
}

double SmoothingWindow(size_t steps) { return std::max(5.0, static_cast<double>(steps) / 60.0); }

std::vector<size_t> Thin(std::span<const double> values, size_t most) {
  std::vector<size_t> indices;
  if (values.size() <= most) {
    indices.resize(values.size());
    std::iota(indices.begin(), indices.end(), size_t{0});
    return indices;
  }
  const size_t stretches = std::max<size_t>(most / 2, 1);
  indices.push_back(0);
  for (size_t stretch = 0; stretch < stretches; ++stretch) {
    const size_t begin = stretch * values.size() / stretches;
    const size_t end = (stretch + 1) * values.size() / stretches;
    size_t lowest = begin;
    size_t highest = begin;
    for (size_t i = begin; i < end; ++i) {
      // Written so that any number replaces one that is not finite.
      if (std::isfinite(values[i]) && !(values[lowest] <= values[i])) lowest = i;
      if (std::isfinite(values[i]) && !(values[highest] >= values[i])) highest = i;
    }
    indices.push_back(std::min(lowest, highest));
    indices.push_back(std::max(lowest, highest));
  }
  indices.push_back(values.size() - 1);
  indices.erase(std::unique(indices.begin(), indices.end()), indices.end());
  return indices;
}

}  // namespace tritwise
