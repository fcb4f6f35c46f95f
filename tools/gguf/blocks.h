// Rows of matrices in the block formats of GGUF files: codes with one f16 scale for each block of 32 or 256 columns.
//
// Only what our matrices need: codes that are there already are put into their place, nothing is rounded but scales (to
// f16). Byte maps: docs/gguf.md.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace tritwise {

// Numbers are GGUF's own.
enum class GgufType : uint32_t { kF32 = 0, kF16 = 1, kQ4_0 = 2, kQ8_0 = 8, kTq1_0 = 34, kTq2_0 = 35 };

struct GgufTypeFacts {
  GgufType type;
  std::string_view name;
  size_t block_cols;
  size_t block_bytes;
  uint32_t file_type;  // general.file_type of a file whose matrices are mostly this
};

const GgufTypeFacts& FactsOf(GgufType type);
// Throws Error where there is none of that name.
GgufType GgufTypeNamed(std::string_view name);
// Those that a ternary matrix can be written in, the densest first.
std::vector<std::string> TernaryGgufTypes();

size_t GgufRowBytes(GgufType type, size_t cols);

// A row of codes for EncodeRow: value = code * scale, a scale for each 32 columns.
inline constexpr size_t kGgufScaleCols = 32;
struct CodeRow {
  std::span<const int8_t> codes;
  std::span<const float> scales;
};

// Appends the row to `bytes`. Columns are a multiple of the type's block. Ternary types take codes of -1 to 1 only,
// q4_0 of -8 to 7; f16 and f32 take the products. Throws Error where f16 cannot hold a scale or a product.
void EncodeRow(GgufType type, const CodeRow& row, std::vector<std::byte>* bytes);
// The same of plain numbers: f16 or f32.
void EncodeRow(GgufType type, std::span<const float> row, std::vector<std::byte>* bytes);

}  // namespace tritwise
