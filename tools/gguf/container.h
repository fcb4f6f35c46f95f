// The GGUF container, version 3: little-endian, keys with values, then a table of tensors, then their bytes, each at
// a multiple of 32. Written in one pass: what the table says is known before any tensor is made.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "format/atomic_file.h"
#include "tools/gguf/blocks.h"

namespace tritwise {

inline constexpr size_t kGgufAlignment = 32;

class GgufMetadata {
 public:
  void Text(std::string_view key, std::string_view value);
  void Uint(std::string_view key, uint64_t value);  // stored in 32 bits
  void Float(std::string_view key, float value);
  void Bool(std::string_view key, bool value);
  void Texts(std::string_view key, std::span<const std::string> values);
  void Floats(std::string_view key, std::span<const float> values);
  void Ints(std::string_view key, std::span<const int32_t> values);

  uint64_t count() const { return count_; }
  std::span<const std::byte> bytes() const { return bytes_; }

 private:
  void Key(std::string_view key, uint32_t type);
  void Array(std::string_view key, uint32_t element_type, size_t count);
  uint64_t count_ = 0;
  std::vector<std::byte> bytes_;
};

// `rows` 0: a vector of `cols` elements.
struct GgufTensor {
  std::string name;
  GgufType type = GgufType::kF32;
  uint64_t cols = 0;
  uint64_t rows = 0;

  uint64_t size_bytes() const { return (rows == 0 ? 1 : rows) * GgufRowBytes(type, cols); }
};

// Everything before the first tensor's bytes, whose offsets are of tensors that follow each other, padded.
void WriteGgufHead(AtomicFile& file, const GgufMetadata& metadata, std::span<const GgufTensor> tensors);

}  // namespace tritwise
