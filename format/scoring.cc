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
  // In blocks, of which few have a new highest: looking whether one has is six times as fast as looking where it is.
  constexpr size_t kBlock = 64;
  size_t best = 0;
  for (size_t begin = 0; begin < scores.size(); begin += kBlock) {
    const std::span<const float> block = scores.subspan(begin, std::min(kBlock, scores.size() - begin));
    const float highest = scores[best];
    int higher = 0;
    for (const float score : block) higher |= score > highest ? 1 : 0;
    if (higher == 0) continue;
    for (size_t i = 0; i < block.size(); ++i) best = block[i] > scores[best] ? begin + i : best;
  }
  return best;
}

}  // namespace tritwise
