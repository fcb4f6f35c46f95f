#include "format/atomic_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

namespace tritwise {
namespace {

std::string FolderOf(const std::string& path) {
  const size_t slash = path.rfind('/');
  if (slash == std::string::npos) return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

}  // namespace

Result<AtomicFile> AtomicFile::Create(const std::string& path) {
  std::string temporary = path + ".part." + std::to_string(getpid());
  const int descriptor = open(temporary.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
  if (descriptor < 0) {
    return Status::Error(StatusCode::kIo, "%s: cannot write: %s", path.c_str(), std::strerror(errno));
  }
  return AtomicFile(path, std::move(temporary), descriptor);
}

AtomicFile::AtomicFile(std::string path, std::string temporary, int descriptor)
    : path_(std::move(path)), temporary_(std::move(temporary)), descriptor_(descriptor) {}

AtomicFile::AtomicFile(AtomicFile&& other) noexcept
    : path_(std::move(other.path_)),
      temporary_(std::move(other.temporary_)),
      descriptor_(std::exchange(other.descriptor_, -1)),
      size_(other.size_) {}

AtomicFile::~AtomicFile() {
  if (descriptor_ < 0) return;
  close(descriptor_);
  unlink(temporary_.c_str());
}

Status AtomicFile::CannotWrite() const {
  return Status::Error(StatusCode::kIo, "%s: cannot write: %s (the file that was there is unchanged)", path_.c_str(),
                       std::strerror(errno));
}

Status AtomicFile::Overwrite(uint64_t offset, std::span<const std::byte> bytes) {
  while (!bytes.empty()) {
    const ssize_t written = pwrite(descriptor_, bytes.data(), bytes.size(), static_cast<off_t>(offset));
    if (written < 0) {
      if (errno == EINTR) continue;
      return CannotWrite();
    }
    bytes = bytes.subspan(static_cast<size_t>(written));
    offset += static_cast<size_t>(written);
  }
  return Status();
}

Status AtomicFile::Write(std::span<const std::byte> bytes) {
  while (!bytes.empty()) {
    const ssize_t written = write(descriptor_, bytes.data(), bytes.size());
    if (written < 0) {
      if (errno == EINTR) continue;
      return CannotWrite();
    }
    bytes = bytes.subspan(static_cast<size_t>(written));
    size_ += static_cast<size_t>(written);
  }
  return Status();
}

Status AtomicFile::WriteText(std::string_view text) {
  return Write(std::as_bytes(std::span(text.data(), text.size())));
}

Status AtomicFile::Pad(size_t alignment) {
  static constexpr std::byte kZeros[64] = {};
  size_t missing = (alignment - size_ % alignment) % alignment;
  while (missing > 0) {
    const size_t now = std::min(missing, sizeof(kZeros));
    TRITWISE_RETURN_IF_ERROR(Write(std::span(kZeros, now)));
    missing -= now;
  }
  return Status();
}

Status AtomicFile::Commit() {
  const int descriptor = std::exchange(descriptor_, -1);
  const bool flushed = fsync(descriptor) == 0;
  const int flush_error = errno;
  const bool closed = close(descriptor) == 0;
  if (!flushed || !closed || rename(temporary_.c_str(), path_.c_str()) != 0) {
    const int error = flushed ? errno : flush_error;
    unlink(temporary_.c_str());
    return Status::Error(StatusCode::kIo, "%s: cannot write: %s (the file that was there is unchanged)", path_.c_str(),
                         std::strerror(error));
  }
  // The rename itself reaches the disk with the folder; where a file system cannot flush folders, the
  // file is whole all the same.
  const int folder = open(FolderOf(path_).c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (folder >= 0) {
    fsync(folder);
    close(folder);
  }
  return Status();
}

Status WriteFileAtomically(const std::string& path, std::string_view text) {
  TRITWISE_ASSIGN_OR_RETURN(AtomicFile file, AtomicFile::Create(path));
  TRITWISE_RETURN_IF_ERROR(file.WriteText(text));
  return file.Commit();
}

}  // namespace tritwise
