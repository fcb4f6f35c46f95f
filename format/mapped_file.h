// A file mapped read-only into memory; unmapped when the object goes. Or bytes that somebody else keeps.
#pragma once

#include <cstddef>
#include <span>
#include <string>

#include "format/status.h"

namespace tritwise {

class MappedFile {
 public:
  // Errors name the path and the system's reason. An empty file gives an empty span.
  static Result<MappedFile> Open(const std::string& path);
  // Points at `bytes`, which must outlive the object.
  static MappedFile Borrow(std::span<const std::byte> bytes) { return {bytes.data(), bytes.size(), false}; }

  MappedFile(MappedFile&& other) noexcept;
  MappedFile& operator=(MappedFile&& other) noexcept;
  MappedFile(const MappedFile&) = delete;
  MappedFile& operator=(const MappedFile&) = delete;
  ~MappedFile();

  std::span<const std::byte> bytes() const { return {data_, size_}; }

 private:
  MappedFile(const std::byte* data, size_t size, bool mapped) : data_(data), size_(size), mapped_(mapped) {}

  const std::byte* data_ = nullptr;
  size_t size_ = 0;
  bool mapped_ = false;
};

}  // namespace tritwise
