#include "tools/bench/measure.h"

#include <algorithm>
#include <chrono>

namespace tritwise {

double SecondsNow() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

double Median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

Rate RateOf(double amount, const std::vector<double>& seconds) {
  const auto [least, most] = std::minmax_element(seconds.begin(), seconds.end());
  return {amount / Median(seconds), amount / *least, amount / *most, amount, seconds.size()};
}

Rate Measure(const Effort& effort, double amount, const std::function<void()>& prepare,
             const std::function<void()>& work) {
  std::vector<double> seconds;
  double total = 0.0;
  for (size_t i = 0; i <= effort.most && (seconds.size() < effort.least || total < effort.seconds); ++i) {
    prepare();
    const double start = SecondsNow();
    work();
    const double took = SecondsNow() - start;
    total += took;
    if (i != 0) seconds.push_back(took);
  }
  return RateOf(amount, seconds);
}

}  // namespace tritwise
