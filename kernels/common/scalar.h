// Arithmetic for scalar code that needs no C++ library: references and the core without an operating system share it.
//
// A bare target may have a compiler with the freestanding headers alone (<bit>, <cstddef>, <cstdint>), and a C
// library whose fma() rounds twice. So smaller and larger are spelled out here, as std::min and std::max have them for
// NaN, and a multiply-add is rounded once on every target, with or without the instruction.
#pragma once

#include <bit>
#include <cstdint>

namespace tritwise::kernels::reference {

template <class T>
constexpr T Smaller(T a, T b) {
  return b < a ? b : a;
}

template <class T>
constexpr T Larger(T a, T b) {
  return a < b ? b : a;
}

template <class T>
constexpr T Clamped(T x, T low, T high) {
  return x < low ? low : high < x ? high : x;
}

inline float Magnitude(float x) { return std::bit_cast<float>(std::bit_cast<uint32_t>(x) & 0x7FFFFFFFu); }

inline bool IsFinite(float x) { return (std::bit_cast<uint32_t>(x) & 0x7F800000u) != 0x7F800000u; }

// Rounded once by IEEE 754; an instruction or the C library's integer code.
inline float SquareRoot(float x) { return __builtin_sqrtf(x); }

// a * b + c, rounded once. The product of two floats is exact in f64; their sum with c is rounded to odd (cut off, its
// last bit set where that lost something), which leaves the second rounding, to f32, nothing to decide twice.
inline float FusedMulAddByDouble(float a, float b, float c) {
  const double product = static_cast<double>(a) * static_cast<double>(b);
  const double addend = static_cast<double>(c);
  double sum = product + addend;
  const double of_addend = sum - product;
  const double lost = (product - (sum - of_addend)) + (addend - of_addend);  // exact; NaN where sum is not finite
  if (lost > 0.0 || lost < 0.0) {
    uint64_t bits = std::bit_cast<uint64_t>(sum);
    if ((bits & 1) == 0) bits = (lost > 0.0) == (sum > 0.0) ? bits + 1 : bits - 1;
    sum = std::bit_cast<double>(bits);
  }
  return static_cast<float>(sum);
}

inline float FusedMulAdd(float a, float b, float c) {
#ifdef __FP_FAST_FMAF
  return __builtin_fmaf(a, b, c);
#else
  return FusedMulAddByDouble(a, b, c);
#endif
}

}  // namespace tritwise::kernels::reference
