#include "trainer/median.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <vector>

namespace tritwise {
namespace {

// Magnitudes sort like their bits. The upper ones tell buckets apart: sign (always 0), exponent, 7 of the fraction.
constexpr unsigned kShift = 16;
constexpr size_t kBuckets = 1 << (31 - kShift);

size_t Bucket(float x) {
  uint32_t bits = 0;
  std::memcpy(&bits, &x, sizeof(bits));
  return (bits & 0x7FFFFFFFu) >> kShift;
}

}  // namespace

float MedianMagnitude(std::span<const float> x) {
  const auto count = static_cast<int64_t>(x.size());
  std::vector<uint32_t> sizes(kBuckets, 0);
#pragma omp parallel
  {
    std::vector<uint32_t> own(kBuckets, 0);
#pragma omp for schedule(static) nowait
    for (int64_t i = 0; i < count; ++i) ++own[Bucket(x[static_cast<size_t>(i)])];
#pragma omp critical
    for (size_t b = 0; b < kBuckets; ++b) sizes[b] += own[b];
  }
  // Elements in front of the median in its own bucket.
  size_t rank = (x.size() - 1) / 2;
  size_t bucket = 0;
  while (rank >= sizes[bucket]) rank -= sizes[bucket++];

  std::vector<float> candidates;
#pragma omp parallel
  {
    std::vector<float> own;
#pragma omp for schedule(static) nowait
    for (int64_t i = 0; i < count; ++i) {
      const float value = x[static_cast<size_t>(i)];
      if (Bucket(value) == bucket) own.push_back(std::fabs(value));
    }
#pragma omp critical
    candidates.insert(candidates.end(), own.begin(), own.end());
  }
  const auto middle = candidates.begin() + static_cast<std::ptrdiff_t>(rank);
  std::nth_element(candidates.begin(), middle, candidates.end());
  return *middle;
}

}  // namespace tritwise
