// exp(x) for x <= 0 from additions and multiplications alone: the same bits on every machine.
#pragma once

#include <bit>
#include <cstdint>

namespace tritwise::runtime {

// Relative error below 1e-15; 0 below -708, where the result would be subnormal.
inline double ExpOfNegative(double x) {
  if (!(x > -708.0)) return 0.0;
  constexpr double kLog2E = 1.4426950408889634;
  // ln 2 in two parts, the first with zeros at its end, so that n * kLn2High is exact.
  constexpr double kLn2High = 6.93147180369123816490e-01;
  constexpr double kLn2Low = 1.90821492927058770002e-10;
  const auto n = static_cast<int64_t>(x * kLog2E - 0.5);  // nearest integer: x is not positive
  const auto whole = static_cast<double>(n);
  const double r = (x - whole * kLn2High) - whole * kLn2Low;  // |r| < 0.35
  double sum = 1.0;
  for (int k = 13; k >= 1; --k) sum = 1.0 + sum * r / k;
  return sum * std::bit_cast<double>(static_cast<uint64_t>(n + 1023) << 52);
}

}  // namespace tritwise::runtime
