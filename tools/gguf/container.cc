#include "tools/gguf/container.h"

#include <limits>

#include "tools/gguf/bytes.h"
#include "trainer/error_status.h"

namespace tritwise {
namespace {

constexpr uint32_t kVersion = 3;

// Types of values.
constexpr uint32_t kUint32 = 4;
constexpr uint32_t kInt32 = 5;
constexpr uint32_t kFloat32 = 6;
constexpr uint32_t kBool = 7;
constexpr uint32_t kString = 8;
constexpr uint32_t kArray = 9;

void PutText(std::string_view text, std::vector<std::byte>* bytes) {
  Put(uint64_t{text.size()}, bytes);
  const auto raw = std::as_bytes(std::span(text.data(), text.size()));
  bytes->insert(bytes->end(), raw.begin(), raw.end());
}

}  // namespace

void GgufMetadata::Key(std::string_view key, uint32_t type) {
  ++count_;
  PutText(key, &bytes_);
  Put(type, &bytes_);
}

void GgufMetadata::Array(std::string_view key, uint32_t element_type, size_t count) {
  Key(key, kArray);
  Put(element_type, &bytes_);
  Put(uint64_t{count}, &bytes_);
}

void GgufMetadata::Text(std::string_view key, std::string_view value) {
  Key(key, kString);
  PutText(value, &bytes_);
}

void GgufMetadata::Uint(std::string_view key, uint64_t value) {
  if (value > std::numeric_limits<uint32_t>::max()) throw Error(std::string(key) + ": too large for GGUF");
  Key(key, kUint32);
  Put(static_cast<uint32_t>(value), &bytes_);
}

void GgufMetadata::Float(std::string_view key, float value) {
  Key(key, kFloat32);
  Put(value, &bytes_);
}

void GgufMetadata::Bool(std::string_view key, bool value) {
  Key(key, kBool);
  Put(static_cast<uint8_t>(value), &bytes_);
}

void GgufMetadata::Texts(std::string_view key, std::span<const std::string> values) {
  Array(key, kString, values.size());
  for (const std::string& value : values) PutText(value, &bytes_);
}

void GgufMetadata::Floats(std::string_view key, std::span<const float> values) {
  Array(key, kFloat32, values.size());
  for (const float value : values) Put(value, &bytes_);
}

void GgufMetadata::Ints(std::string_view key, std::span<const int32_t> values) {
  Array(key, kInt32, values.size());
  for (const int32_t value : values) Put(value, &bytes_);
}

void WriteGgufHead(AtomicFile& file, const GgufMetadata& metadata, std::span<const GgufTensor> tensors) {
  std::vector<std::byte> head;
  for (const char letter : {'G', 'G', 'U', 'F'}) Put(letter, &head);
  Put(kVersion, &head);
  Put(uint64_t{tensors.size()}, &head);
  Put(metadata.count(), &head);
  head.insert(head.end(), metadata.bytes().begin(), metadata.bytes().end());
  uint64_t offset = 0;
  for (const GgufTensor& tensor : tensors) {
    PutText(tensor.name, &head);
    Put(tensor.rows == 0 ? uint32_t{1} : uint32_t{2}, &head);
    Put(tensor.cols, &head);
    if (tensor.rows != 0) Put(tensor.rows, &head);
    Put(tensor.type, &head);
    Put(offset, &head);
    offset += (tensor.size_bytes() + kGgufAlignment - 1) / kGgufAlignment * kGgufAlignment;
  }
  ThrowIfError(file.Write(head));
  ThrowIfError(file.Pad(kGgufAlignment));
}

}  // namespace tritwise
