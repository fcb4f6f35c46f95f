#include "tools/gguf/blocks.h"

#include <cmath>

#include "format/half.h"
#include "tools/gguf/bytes.h"
#include "trainer/error.h"

namespace tritwise {
namespace {

constexpr GgufTypeFacts kTypes[] = {
    {GgufType::kTq1_0, "tq1_0", 256, 54, 36}, {GgufType::kTq2_0, "tq2_0", 256, 66, 37},
    {GgufType::kQ4_0, "q4_0", 32, 18, 2},     {GgufType::kQ8_0, "q8_0", 32, 34, 7},
    {GgufType::kF16, "f16", 1, 2, 1},         {GgufType::kF32, "f32", 1, 4, 0},
};

// Small ones lose digits, of which nothing is left to see in a product.
uint16_t HalfOrThrow(float value, const char* what) {
  const uint16_t half = HalfFromFloat(value);
  if (!std::isfinite(FloatFromHalf(half))) throw Error(std::string(what) + " is too large for f16");
  return half;
}

uint8_t Trit(int8_t code) { return static_cast<uint8_t>(code + 1); }

// Four trits a byte, 32 bytes for 128 columns: column j + 32 f at bits 2f of byte j.
void Tq2(const int8_t* codes, std::vector<std::byte>* bytes) {
  for (size_t half = 0; half < 256; half += 128) {
    for (size_t j = 0; j < 32; ++j) {
      unsigned byte = 0;
      for (unsigned f = 0; f < 4; ++f) byte |= unsigned{Trit(codes[half + j + 32 * f])} << (2 * f);
      Put(static_cast<uint8_t>(byte), bytes);
    }
  }
}

// `count` bytes of `trits` trits each, column j + count f; a byte is a fraction in base 3, its first trit the largest.
void BaseThree(const int8_t* codes, size_t count, size_t trits, std::vector<std::byte>* bytes) {
  for (size_t j = 0; j < count; ++j) {
    unsigned value = 0;
    for (size_t f = 0; f < 5; ++f) value = value * 3 + (f < trits ? Trit(codes[j + count * f]) : 0u);
    Put(static_cast<uint8_t>((value * 256 + 242) / 243), bytes);
  }
}

void EncodeBlock(GgufType type, const int8_t* codes, uint16_t scale, std::vector<std::byte>* bytes) {
  switch (type) {
    case GgufType::kTq2_0:
      Tq2(codes, bytes);
      return Put(scale, bytes);
    case GgufType::kTq1_0:
      BaseThree(codes, 32, 5, bytes);
      BaseThree(codes + 160, 16, 5, bytes);
      BaseThree(codes + 240, 4, 4, bytes);
      return Put(scale, bytes);
    case GgufType::kQ4_0:
      Put(scale, bytes);
      for (size_t j = 0; j < 16; ++j) {
        Put(static_cast<uint8_t>((codes[j] + 8) | ((codes[j + 16] + 8) << 4)), bytes);
      }
      return;
    default:  // q8_0
      Put(scale, bytes);
      for (size_t j = 0; j < 32; ++j) Put(codes[j], bytes);
  }
}

bool IsPlainNumber(GgufType type) { return type == GgufType::kF16 || type == GgufType::kF32; }

}  // namespace

const GgufTypeFacts& FactsOf(GgufType type) {
  for (const GgufTypeFacts& facts : kTypes) {
    if (facts.type == type) return facts;
  }
  throw Error("unknown GGUF type");
}

GgufType GgufTypeNamed(std::string_view name) {
  for (const GgufTypeFacts& facts : kTypes) {
    if (facts.name == name) return facts.type;
  }
  throw Error("unknown GGUF type " + std::string(name));
}

std::vector<std::string> TernaryGgufTypes() {
  std::vector<std::string> names;
  for (const GgufTypeFacts& facts : kTypes) {
    if (facts.type != GgufType::kF32) names.emplace_back(facts.name);
  }
  return names;
}

size_t GgufRowBytes(GgufType type, size_t cols) {
  const GgufTypeFacts& facts = FactsOf(type);
  return cols / facts.block_cols * facts.block_bytes;
}

void EncodeRow(GgufType type, const CodeRow& row, std::vector<std::byte>* bytes) {
  if (IsPlainNumber(type)) {
    std::vector<float> values(row.codes.size());
    for (size_t i = 0; i < values.size(); ++i) {
      values[i] = static_cast<float>(row.codes[i]) * row.scales[i / kGgufScaleCols];
    }
    return EncodeRow(type, values, bytes);
  }
  const size_t cols = FactsOf(type).block_cols;
  for (size_t col = 0; col < row.codes.size(); col += cols) {
    EncodeBlock(type, &row.codes[col], HalfOrThrow(row.scales[col / kGgufScaleCols], "a scale"), bytes);
  }
}

void EncodeRow(GgufType type, std::span<const float> row, std::vector<std::byte>* bytes) {
  for (const float value : row) {
    if (type == GgufType::kF32) {
      Put(value, bytes);
    } else {
      Put(HalfOrThrow(value, "a value"), bytes);
    }
  }
}

}  // namespace tritwise
