// Picks the next token from a row of logits.
//
// Temperature divides the logits, then top-k keeps the k highest, then top-p keeps the smallest set of
// the likeliest whose probabilities (of those kept so far) sum to at least p, then one is drawn. Equal
// logits are ordered by id, lower first. Everything is double arithmetic in a fixed order with an
// exponential of our own, and the random numbers are SplitMix64: the same seed and logits give the same
// tokens on every machine. Logits that are not numbers count as the lowest. Not a place for penalties,
// grammars or stop strings.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "tritwise/status.h"

namespace tritwise {

struct SamplerOptions {
  float temperature = 0.0f;  // 0: always the highest logit, and nothing below matters
  int32_t top_k = 0;         // 0: all
  float top_p = 1.0f;        // above 0, up to 1
  uint64_t seed = 0;
};

class Sampler {
 public:
  // For rows of `width` logits; all memory is taken here. kInvalidArgument names the option that is out
  // of range.
  static Result<Sampler> Make(const SamplerOptions& options, int64_t width);

  // Index into `logits`, which has `width` entries.
  int32_t Sample(std::span<const float> logits);

  // Memory that Make takes, in bytes.
  static uint64_t Bytes(const SamplerOptions& options, int64_t width) {
    return options.temperature == 0.0f ? 0 : static_cast<uint64_t>(width) * sizeof(Candidate);
  }

  // Begins again with the seed.
  void Reset() { state_ = options_.seed; }

  const SamplerOptions& options() const { return options_; }

 private:
  struct Candidate {
    double weight = 0.0;  // the logit over the temperature, then exp of its distance to the highest
    int32_t id = 0;
  };

  explicit Sampler(const SamplerOptions& options) : options_(options), state_(options.seed) {}

  double NextUniform();  // in [0, 1), multiples of 2^-53
  static void SortLikeliestFirst(std::span<Candidate> candidates);
  std::span<Candidate> KeepTopK(std::span<Candidate> candidates) const;
  std::span<Candidate> KeepTopP(std::span<Candidate> candidates) const;

  SamplerOptions options_;
  uint64_t state_ = 0;
  std::vector<Candidate> candidates_;  // `width` entries; none where the temperature is 0
};

}  // namespace tritwise
