// What this machine can do at most: bytes read from memory and products of bytes, for the benchmark to hold the other
// kernels against. No network uses them. Definition: kernels/limits/reference.h.
#pragma once

#include <cstddef>
#include <cstdint>

namespace tritwise::kernels {

// Which of them is fastest depends on the machine.
enum class ReadManner : uint8_t {
  kPlain,     // one load after the other
  kPrefetch,  // with a prefetch some KiB ahead
  kStreams,   // four stretches side by side
};

// Sum of the 64-bit words of bytes[size], modulo 2^64, with as little work beside the loads as there can be. size is a
// multiple of 8.
using ReadSumFn = uint64_t (*)(const uint8_t* bytes, size_t size, ReadManner manner);

// Every round multiplies each of kDotCodes rows of codes with each of kDotRows rows of activations; rounds take turns
// among kDotTurns sets of activations, so that no product can be kept from one round to the next.
inline constexpr size_t kDotRowBytes = 64;
inline constexpr size_t kDotCodes = 4;
inline constexpr size_t kDotRows = 6;
inline constexpr size_t kDotTurns = 8;
inline constexpr size_t kDotRoundProducts = kDotRowBytes * kDotCodes * kDotRows;

// Sum of all products, modulo 2^32: codes[kDotCodes][64], each 0..3, and q[kDotTurns][kDotRows][64]. Independent chains
// of the instruction that the ternary kernels multiply with; operands come from registers and the first-level cache.
using DotPeakFn = uint32_t (*)(const uint8_t* codes, const int8_t* q, size_t rounds);

}  // namespace tritwise::kernels
