// Writes a file so that its path holds either the old bytes or all of the new ones, never a part.
//
// Bytes go to a temporary file beside the path; Commit flushes it to the disk, renames it over the path
// and flushes the folder. Whoever does not reach Commit (an error, an early return, a full disk) leaves
// the old file as it was and no temporary file behind.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

#include "format/status.h"

namespace tritwise {

class AtomicFile {
 public:
  static Result<AtomicFile> Create(const std::string& path);

  AtomicFile(AtomicFile&& other) noexcept;
  AtomicFile& operator=(AtomicFile&&) = delete;
  ~AtomicFile();

  Status Write(std::span<const std::byte> bytes);
  Status WriteText(std::string_view text);
  // Zero bytes up to the next multiple of `alignment`.
  Status Pad(size_t alignment);
  // Puts `bytes` in place of ones that were written before, for what is known only at the end.
  Status Overwrite(uint64_t offset, std::span<const std::byte> bytes);
  // Bytes written so far.
  size_t size() const { return size_; }

  Status Commit();

 private:
  AtomicFile(std::string path, std::string temporary, int descriptor);
  Status CannotWrite() const;  // because of errno

  std::string path_;
  std::string temporary_;
  int descriptor_ = -1;
  size_t size_ = 0;
};

// The whole of a small file at once.
Status WriteFileAtomically(const std::string& path, std::string_view text);

}  // namespace tritwise
