// The number formats of weights in safetensors files: f32, f16 and bf16, to and from f32.
#pragma once

#include <bit>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <vector>

#include "format/half.h"

namespace tritwise {

constexpr float FloatFromBfloat16(uint16_t bits) { return std::bit_cast<float>(uint32_t{bits} << 16); }

// To nearest even; NaN stays NaN.
constexpr uint16_t Bfloat16FromFloat(float value) {
  const auto bits = std::bit_cast<uint32_t>(value);
  if ((bits & 0x7FFFFFFFu) > 0x7F800000u) return static_cast<uint16_t>((bits >> 16) | 0x40u);
  return static_cast<uint16_t>((bits + 0x7FFFu + ((bits >> 16) & 1u)) >> 16);
}

inline bool IsFloatFormat(const std::string& dtype) { return dtype == "F32" || dtype == "F16" || dtype == "BF16"; }

// `dtype` is one of the three, and `bytes` hold out.size() numbers of it.
inline void ReadNumbers(const std::string& dtype, std::span<const std::byte> bytes, std::span<float> out) {
  if (dtype == "F32") {
    std::memcpy(out.data(), bytes.data(), out.size_bytes());
    return;
  }
  for (size_t i = 0; i < out.size(); ++i) {
    uint16_t bits = 0;
    std::memcpy(&bits, bytes.data() + 2 * i, sizeof(bits));
    out[i] = dtype == "F16" ? FloatFromHalf(bits) : FloatFromBfloat16(bits);
  }
}

// `dtype` is one of the three.
inline std::vector<std::byte> WriteNumbers(const std::string& dtype, std::span<const float> values) {
  std::vector<std::byte> bytes(values.size() * (dtype == "F32" ? 4 : 2));
  if (dtype == "F32") {
    std::memcpy(bytes.data(), values.data(), bytes.size());
    return bytes;
  }
  for (size_t i = 0; i < values.size(); ++i) {
    const uint16_t bits = dtype == "F16" ? HalfFromFloat(values[i]) : Bfloat16FromFloat(values[i]);
    std::memcpy(bytes.data() + 2 * i, &bits, sizeof(bits));
  }
  return bytes;
}

}  // namespace tritwise
