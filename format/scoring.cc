#include "format/scoring.h"

#include <algorithm>
#include <cmath>

namespace tritwise {

std::vector<ScoringWindow> ScoringWindows(size_t tokens, size_t context) {
  context = std::max<size_t>(context, 1);
  std::vector<ScoringWindow> windows;
  for (size_t begin = 0; begin + 1 < tokens; begin += context) {
    windows.push_back({begin, std::min(context, tokens - 1 - begin)});
  }
  return windows;
}

double NegativeLogLikelihood(std::span<const float> scores, size_t target) {
  const double highest = *std::max_element(scores.begin(), scores.end());
  double sum = 0.0;
  for (const float score : scores) sum += std::exp(static_cast<double>(score) - highest);
  return highest + std::log(sum) - static_cast<double>(scores[target]);
}

size_t HighestScore(std::span<const float> scores) {
  return static_cast<size_t>(std::max_element(scores.begin(), scores.end()) - scores.begin());
}

}  // namespace tritwise
