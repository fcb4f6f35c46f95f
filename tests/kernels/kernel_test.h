// What the kernel tests share: the tables of all instruction sets of this CPU, and comparison of bits.
#pragma once

#include <bit>
#include <catch2/catch.hpp>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <set>
#include <string>
#include <vector>

#include "kernels/kernels.h"
#include "tests/support/random.h"

namespace tritwise::test {

// For lists in loops: for (const size_t width : Sizes{1, 2, 3}).
using Sizes = std::initializer_list<size_t>;

inline std::vector<kernels::Kernels> AllKernels() {
  std::vector<kernels::Kernels> all;
  for (const std::string& target : kernels::SupportedTargets()) {
    Result<kernels::Kernels> table = kernels::ResolveKernels(target);
    REQUIRE(table.ok());
    all.push_back(table.value());
  }
  return all;
}

// A table of every instruction set for every name of an alternative, with what it is: "AVX2 mask".
struct NamedKernels : kernels::Kernels {
  std::string label;
};
inline std::vector<NamedKernels> AllAlternatives() {
  std::set<std::string> names;
  for (const kernels::Alternative& a : kernels::Alternatives()) names.insert(a.name);
  std::vector<NamedKernels> all;
  for (const std::string& target : kernels::SupportedTargets()) {
    for (const std::string& name : names) {
      Result<kernels::Kernels> table = kernels::ResolveKernels(target, name);
      REQUIRE(table.ok());
      all.push_back({table.value(), target + " " + name});
    }
  }
  return all;
}

// Vectors of 32-bit ARM take numbers below the smallest normal one for zero.
inline bool Same(float a, float b) {
#ifdef __arm__
  if (!std::isnormal(a) && !std::isnormal(b) && std::abs(a) < 1.0f && std::abs(b) < 1.0f) return true;
#endif
  return (std::isnan(a) && std::isnan(b)) || std::bit_cast<uint32_t>(a) == std::bit_cast<uint32_t>(b);
}
inline bool Same(int32_t a, int32_t b) { return a == b; }
inline bool Same(int8_t a, int8_t b) { return a == b; }
inline bool Same(uint16_t a, uint16_t b) { return a == b; }

// Fails the test case at the first element that differs. One check for many elements: Catch's macros are
// too slow for each.
template <class T>
void RequireSame(const T* actual, const T* expected, size_t n, const std::string& where) {
  size_t i = 0;
  while (i < n && Same(actual[i], expected[i])) ++i;
  if (i < n) FAIL(where << ": element " << i << " of " << n << " is " << +actual[i] << ", not " << +expected[i]);
}

inline std::vector<float> NormalRow(Random& random, size_t n, float scale = 1.0f) {
  std::vector<float> row(n);
  for (float& x : row) x = random.Normal() * scale;
  return row;
}

inline std::vector<int8_t> CodeRow(Random& random, size_t n, int lowest = -128, int highest = 127) {
  std::vector<int8_t> row(n);
  for (int8_t& q : row) q = static_cast<int8_t>(random.Integer(lowest, highest));
  return row;
}

// Widths that meet every tail, and some that real networks have.
inline std::vector<size_t> Widths() {
  std::vector<size_t> widths;
  for (size_t width = 1; width <= 130; ++width) widths.push_back(width);
  for (const size_t width : Sizes{256, 682, 768, 1000, 2560, 6912}) widths.push_back(width);
  return widths;
}

}  // namespace tritwise::test
