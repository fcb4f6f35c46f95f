#include "tools/bench/load/percentiles.h"

#include <algorithm>
#include <cmath>

namespace tritwise {

void Percentiles::Add(double value) {
  values_.push_back(static_cast<float>(value));
  sorted_ = false;
  sum_ += value;
}

double Percentiles::mean() const { return values_.empty() ? 0.0 : sum_ / static_cast<double>(values_.size()); }

double Percentiles::At(double share) const {
  if (values_.empty()) return 0.0;
  if (!sorted_) std::sort(values_.begin(), values_.end());
  sorted_ = true;
  const auto rank = static_cast<size_t>(std::ceil(share * static_cast<double>(values_.size())));
  return static_cast<double>(values_[std::clamp<size_t>(rank, 1, values_.size()) - 1]);
}

Json Percentiles::AsJson() const {
  if (values_.empty()) return nullptr;
  return {{"count", count()}, {"mean", mean()},  {"p50", At(0.5)},
          {"p90", At(0.9)},   {"p99", At(0.99)}, {"max", At(1.0)}};
}

}  // namespace tritwise
