#include "trainer/peak.h"

#include <omp.h>

#include <algorithm>
#include <functional>
#include <vector>

#include "trainer/aligned_buffer.h"
#include "trainer/matmul.h"
#include "trainer/profile.h"

namespace tritwise {
namespace {

constexpr size_t kSize = 512;
constexpr int kProducts = 40;
constexpr int kRounds = 5;

// The best of a few rounds, all threads working at once.
double Measure(int threads, ComputeType type, const std::function<void(Matmul&, float* operands, float* c)>& multiply) {
  double best = 0.0;
  std::vector<double> seconds(static_cast<size_t>(threads));
#pragma omp parallel num_threads(threads)
  {
    Matmul matmul(type);
    AlignedBuffer<float> a, c;
    std::fill_n(a.Reserve(kSize * kSize), kSize * kSize, 0.0f);
    c.Reserve(kSize * kSize);
    multiply(matmul, a.data(), c.data());
    for (int round = 0; round < kRounds; ++round) {
#pragma omp barrier
      const Stopwatch watch;
      for (int i = 0; i < kProducts; ++i) multiply(matmul, a.data(), c.data());
      seconds[static_cast<size_t>(omp_get_thread_num())] = watch.Seconds();
#pragma omp barrier
#pragma omp master
      {
        const double slowest = *std::max_element(seconds.begin(), seconds.end());
        const double flops = 2.0 * double{kSize} * kSize * kSize * kProducts * threads;
        best = std::max(best, flops / slowest);
      }
    }
  }
  return best;
}

}  // namespace

ProductPeak MeasureProductPeak(ComputeType type, int threads) {
  ProductPeak peak;
  peak.products = Measure(threads, type, [](Matmul& matmul, float* operands, float* c) {
    matmul.Run(kSize, kSize, kSize, {operands, kSize, false}, {operands, kSize, true}, c, kSize, false);
  });
  if (!HasInt8Products()) return peak;
  peak.int8 = Measure(threads, type, [](Matmul& matmul, float* operands, float* c) {
    const auto* codes = reinterpret_cast<const int8_t*>(operands);
    matmul.RunInt8(kSize, kSize, kSize, codes, codes, c);
  });
  return peak;
}

}  // namespace tritwise
