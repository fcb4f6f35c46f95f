#include "tritwise/sampler.h"

#include <algorithm>
#include <cfloat>
#include <cmath>

#include "format/scoring.h"
#include "runtime/exponential.h"

namespace tritwise {
namespace {

// So that sorting has a total order and differences are numbers.
float Finite(float logit) {
  if (std::isnan(logit)) return -FLT_MAX;
  return std::clamp(logit, -FLT_MAX, FLT_MAX);
}

}  // namespace

Result<Sampler> Sampler::Make(const SamplerOptions& options, int64_t width) {
  const auto bad = [](const char* what) { return Status::Error(StatusCode::kInvalidArgument, "%s", what); };
  if (!(options.temperature >= 0.0f && std::isfinite(options.temperature))) {
    return bad("temperature: must be a number of at least 0");
  }
  if (options.top_k < 0) return bad("top_k: must be at least 0 (0: all)");
  if (!(options.top_p > 0.0f && options.top_p <= 1.0f)) return bad("top_p: must be above 0 and at most 1");
  Sampler sampler(options);
  if (options.temperature > 0.0f) sampler.candidates_.resize(static_cast<size_t>(width));
  return sampler;
}

int32_t Sampler::Sample(std::span<const float> logits) {
  if (candidates_.empty()) return static_cast<int32_t>(HighestScore(logits));
  const double temperature = options_.temperature;
  for (size_t i = 0; i < candidates_.size(); ++i) {
    candidates_[i] = {static_cast<double>(Finite(logits[i])) / temperature, static_cast<int32_t>(i)};
  }
  std::span<Candidate> kept = KeepTopK(candidates_);
  double highest = kept[0].weight;
  for (const Candidate& c : kept) highest = std::max(highest, c.weight);
  for (Candidate& c : kept) c.weight = runtime::ExpOfNegative(c.weight - highest);
  kept = KeepTopP(kept);

  double total = 0.0;
  for (const Candidate& c : kept) total += c.weight;
  double left = NextUniform() * total;
  for (const Candidate& c : kept) {
    left -= c.weight;
    if (left < 0.0) return c.id;
  }
  return kept.back().id;  // rounding only
}

double Sampler::NextUniform() {
  // SplitMix64 (Steele, Lea, Flood: Fast splittable pseudorandom number generators, 2014).
  state_ += 0x9E3779B97F4A7C15u;
  uint64_t z = state_;
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
  z ^= z >> 31;
  return static_cast<double>(z >> 11) * 0x1p-53;
}

void Sampler::SortLikeliestFirst(std::span<Candidate> candidates) {
  std::sort(candidates.begin(), candidates.end(), [](const Candidate& a, const Candidate& b) {
    return a.weight != b.weight ? a.weight > b.weight : a.id < b.id;
  });
}

std::span<Sampler::Candidate> Sampler::KeepTopK(std::span<Candidate> candidates) const {
  const auto k = static_cast<size_t>(options_.top_k);
  if (k == 0 || k >= candidates.size()) return candidates;
  const auto likelier = [](const Candidate& a, const Candidate& b) {
    return a.weight != b.weight ? a.weight > b.weight : a.id < b.id;
  };
  std::nth_element(candidates.begin(), candidates.begin() + static_cast<std::ptrdiff_t>(k), candidates.end(), likelier);
  const std::span<Candidate> kept = candidates.first(k);
  SortLikeliestFirst(kept);
  return kept;
}

std::span<Sampler::Candidate> Sampler::KeepTopP(std::span<Candidate> candidates) const {
  const double p = options_.top_p;
  if (p >= 1.0) return candidates;
  double total = 0.0;
  for (const Candidate& c : candidates) total += c.weight;
  // What is this unlikely sums to less than 1 - p in all, so it is never among the set; most of a vocabulary
  // need not be sorted. The likeliest always stays.
  const double least = total * (1.0 - p) / static_cast<double>(candidates.size());
  const auto likely_end =
      std::partition(candidates.begin(), candidates.end(), [&](const Candidate& c) { return c.weight >= least; });
  const std::span<Candidate> likely(candidates.begin(), likely_end);
  SortLikeliestFirst(likely);
  double sum = 0.0;
  for (size_t i = 0; i < likely.size(); ++i) {
    sum += likely[i].weight;
    if (sum >= p * total) return likely.first(i + 1);
  }
  return likely;
}

}  // namespace tritwise
