// What was measured many times, and how it is spread.
#pragma once

#include <cstddef>
#include <vector>

#include "tools/output.h"

namespace tritwise {

class Percentiles {
 public:
  void Add(double value);
  size_t count() const { return values_.size(); }
  double mean() const;
  // The least value that `share` of all are not above (nearest rank); of none 0. `share`: 0 to 1.
  double At(double share) const;

  // {"count", "mean", "p50", "p90", "p99", "max"}; null where nothing was measured.
  Json AsJson() const;

 private:
  mutable std::vector<float> values_;  // sorted up to the last change
  mutable bool sorted_ = true;
  double sum_ = 0.0;
};

}  // namespace tritwise
