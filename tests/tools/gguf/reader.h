// A reader of GGUF files for the tests, written from the container's description and not from our writer: keys,
// tensors, and the numbers that blocks stand for.
#pragma once

#include <cmath>
#include <cstring>
#include <map>
#include <stdexcept>
#include <string>
#include <variant>
#include <vector>

#include "format/half.h"
#include "tests/tools/run_program.h"

namespace tritwise::test {

struct GgufFile {
  using Value = std::variant<uint64_t, double, bool, std::string, std::vector<std::string>, std::vector<double>>;
  struct Tensor {
    std::vector<uint64_t> shape;  // columns first
    uint32_t type = 0;
    uint64_t offset = 0;  // in the file
  };
  std::string bytes;
  std::map<std::string, Value> keys;
  std::map<std::string, Tensor> tensors;

  template <class T>
  const T& Key(const std::string& key) const {
    return std::get<T>(keys.at(key));
  }
  // All values of a tensor, row after row.
  std::vector<double> Numbers(const std::string& name) const;
};

class GgufReader {
 public:
  explicit GgufReader(const std::string& path) { file_.bytes = ReadFile(path); }

  GgufFile Read() {
    if (Take(4) != "GGUF" || Number<uint32_t>() != 3) throw std::runtime_error("not GGUF 3");
    const auto tensors = Number<uint64_t>();
    const auto keys = Number<uint64_t>();
    for (uint64_t i = 0; i < keys; ++i) {
      const std::string key = Text();
      if (!file_.keys.emplace(key, ReadValue(Number<uint32_t>())).second) throw std::runtime_error("twice: " + key);
    }
    for (uint64_t i = 0; i < tensors; ++i) {
      const std::string name = Text();
      GgufFile::Tensor tensor;
      tensor.shape.resize(Number<uint32_t>());
      for (uint64_t& extent : tensor.shape) extent = Number<uint64_t>();
      tensor.type = Number<uint32_t>();
      tensor.offset = Number<uint64_t>();
      if (tensor.offset % 32 != 0) throw std::runtime_error("not aligned: " + name);
      if (!file_.tensors.emplace(name, tensor).second) throw std::runtime_error("twice: " + name);
    }
    const uint64_t data = (at_ + 31) / 32 * 32;
    for (auto& [name, tensor] : file_.tensors) tensor.offset += data;
    return std::move(file_);
  }

 private:
  std::string Take(uint64_t count) {
    if (count > file_.bytes.size() - at_) throw std::runtime_error("the file ends early");
    at_ += count;
    return file_.bytes.substr(at_ - count, count);
  }
  template <class T>
  T Number() {
    T value;
    std::memcpy(&value, Take(sizeof(T)).data(), sizeof(T));
    return value;
  }
  std::string Text() { return Take(Number<uint64_t>()); }

  GgufFile::Value ReadValue(uint32_t type) {
    switch (type) {
      case 4:
        return uint64_t{Number<uint32_t>()};
      case 6:
        return double{Number<float>()};
      case 7:
        return Number<uint8_t>() != 0;
      case 8:
        return Text();
      case 9:
        break;
      default:
        throw std::runtime_error("a type of value that we do not write");
    }
    const auto element = Number<uint32_t>();
    const auto count = Number<uint64_t>();
    std::vector<std::string> texts;
    std::vector<double> numbers;
    for (uint64_t i = 0; i < count; ++i) {
      if (element == 8) {
        texts.push_back(Text());
      } else {
        numbers.push_back(element == 6 ? double{Number<float>()} : double{static_cast<double>(Number<int32_t>())});
      }
    }
    if (element == 8) return texts;
    return numbers;
  }

  GgufFile file_;
  uint64_t at_ = 0;
};

inline GgufFile ReadGguf(const std::string& path) { return GgufReader(path).Read(); }

// Element `i` of the block at `block`.
inline double GgufElement(uint32_t type, const uint8_t* block, size_t i) {
  const auto half = [&](size_t at) {
    uint16_t bits = 0;
    std::memcpy(&bits, block + at, sizeof(bits));
    return double{FloatFromHalf(bits)};
  };
  // Digit `digit` of a byte that is a fraction in base 3.
  const auto trit = [](unsigned byte, size_t digit) {
    for (; digit > 0; --digit) byte = byte * 3 & 0xFF;
    return static_cast<int>(byte * 3 >> 8) - 1;
  };
  float value = 0.0f;
  switch (type) {
    case 0:
      std::memcpy(&value, block, sizeof(value));
      return double{value};
    case 1:
      return half(0);
    case 2:
      return half(0) * ((i < 16 ? block[2 + i] & 15 : block[2 + i - 16] >> 4) - 8);
    case 8:
      return half(0) * static_cast<int8_t>(block[2 + i]);
    case 34:
      if (i < 160) return half(52) * trit(block[i % 32], i / 32);
      if (i < 240) return half(52) * trit(block[32 + (i - 160) % 16], (i - 160) / 16);
      return half(52) * trit(block[48 + (i - 240) % 4], (i - 240) / 4);
    case 35:
      return half(64) * ((block[i / 128 * 32 + i % 32] >> (2 * (i % 128 / 32)) & 3) - 1);
    default:
      throw std::runtime_error("a type of tensor that we do not write");
  }
}

inline std::vector<double> GgufFile::Numbers(const std::string& name) const {
  const Tensor& tensor = tensors.at(name);
  static const std::map<uint32_t, std::pair<size_t, size_t>> kBlocks = {
      {0, {1, 4}}, {1, {1, 2}}, {2, {32, 18}}, {8, {32, 34}}, {34, {256, 54}}, {35, {256, 66}}};
  const auto [cols, size] = kBlocks.at(tensor.type);
  uint64_t count = 1;
  for (const uint64_t extent : tensor.shape) count *= extent;
  if (tensor.offset + count / cols * size > bytes.size()) throw std::runtime_error("outside the file: " + name);
  std::vector<double> numbers(count);
  const auto* data = reinterpret_cast<const uint8_t*>(bytes.data()) + tensor.offset;
  for (size_t i = 0; i < count; ++i) numbers[i] = GgufElement(tensor.type, data + i / cols * size, i % cols);
  return numbers;
}

}  // namespace tritwise::test
