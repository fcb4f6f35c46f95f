// The arithmetic that every scalar reference is written in: the 16 logical lanes, one multiply-add, exp.
//
// A float sum has no meaning until its order is fixed. Here it is: element i is added to lane i % 16,
// in ascending order of i; the number of elements is rounded up to a multiple of 16 with zeros that take
// part like any other; then lane l takes lane l + 8, then l + 4, l + 2, l + 1. A vector of any width up to
// 16 floats can follow that order, which is why it is this one.
//
// `fused` is a property of the target: whether a * b + c is rounded once (FMA, NEON, RVV) or twice
// (SSE). It is a parameter so that the reference is exact for both. Not fast, and not meant to be.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>

#include "format/half.h"
#include "kernels/common/scalar.h"

namespace tritwise::kernels::reference {

inline constexpr size_t kLanes = 16;

constexpr size_t RoundUpToLanes(size_t n) { return (n + kLanes - 1) / kLanes * kLanes; }

inline float MulAdd(bool fused, float a, float b, float c) { return fused ? FusedMulAdd(a, b, c) : a * b + c; }

// The fixed tree over 16 lanes.
inline float CombineLanes(const float (&lanes)[kLanes]) {
  float sum[kLanes];
  for (size_t l = 0; l < kLanes; ++l) sum[l] = lanes[l];
  for (size_t half = kLanes / 2; half != 0; half /= 2) {
    for (size_t l = 0; l < half; ++l) sum[l] += sum[l + half];
  }
  return sum[0];
}

// Sum of x(i) for i below n; `x` is anything that float comes out of.
template <class X>
float SumOf(size_t n, X x) {
  float lanes[kLanes] = {};
  for (size_t i = 0; i < RoundUpToLanes(n); ++i) lanes[i % kLanes] += i < n ? x(i) : 0.0f;
  return CombineLanes(lanes);
}

// Sum of x[0..n).
inline float Sum(const float* x, size_t n) {
  return SumOf(n, [x](size_t i) { return x[i]; });
}

// Sum of a[i] * b[i]; `a` and `b` are anything that float comes out of.
template <class A, class B>
float Dot(bool fused, size_t n, A a, B b) {
  float lanes[kLanes] = {};
  for (size_t i = 0; i < RoundUpToLanes(n); ++i) {
    float& lane = lanes[i % kLanes];
    lane = MulAdd(fused, i < n ? a(i) : 0.0f, i < n ? b(i) : 0.0f, lane);
  }
  return CombineLanes(lanes);
}

// To the nearest integer, ties to even, for |x| < 2^22: above 1.5 * 2^23 a float has no fraction bits.
inline float RoundSmall(float x) { return (x + 12582912.0f) - 12582912.0f; }

// exp(x), within about one unit in the last place; 0 for x <= -104 (so also for -inf), inf above 88.73,
// subnormal results rounded once. x = n ln 2 + r with |r| <= ln 2 / 2, exp(r) = 1 + r + r^2 (1/2! + r/3! + ... +
// r^5/7!), then times 2^n in two factors so that neither overflows.
inline float Exp(bool fused, float x) {
  if (x != x) return x;
  x = Smaller(Larger(x, -104.0f), 89.0f);
  const float n = RoundSmall(x * 1.44269504f);
  float r = MulAdd(fused, n, -0.693359375f, x);  // 355/512: few bits, so the product is exact
  r = MulAdd(fused, n, 2.12194440e-4f, r);       // 355/512 - ln 2
  float p = 1.0f / 5040.0f;
  constexpr float kInverseFactorials[] = {1.0f / 720.0f, 1.0f / 120.0f, 1.0f / 24.0f, 1.0f / 6.0f, 0.5f};
  for (const float inverse_factorial : kInverseFactorials) p = MulAdd(fused, p, r, inverse_factorial);
  const float y = 1.0f + MulAdd(fused, p, r * r, r);
  const int32_t exponent = static_cast<int32_t>(n);
  const int32_t half = exponent >> 1;
  const float first = std::bit_cast<float>((half + 127) << 23);
  const float second = std::bit_cast<float>((exponent - half + 127) << 23);
  return (y * first) * second;
}

inline float Silu(bool fused, float x) { return x / (1.0f + Exp(fused, -x)); }

}  // namespace tritwise::kernels::reference
