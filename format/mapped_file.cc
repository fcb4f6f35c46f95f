#include "format/mapped_file.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

namespace tritwise {

Result<MappedFile> MappedFile::Open(const std::string& path) {
  // O_NONBLOCK: a pipe is refused below instead of waited for. Regular files do not know the difference.
  const int descriptor = open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (descriptor < 0) {
    const StatusCode code = errno == ENOENT ? StatusCode::kNotFound : StatusCode::kIo;
    return Status::Error(code, "%s: cannot open: %s", path.c_str(), std::strerror(errno));
  }
  struct stat info = {};
  if (fstat(descriptor, &info) != 0 || !S_ISREG(info.st_mode)) {
    const int error = S_ISREG(info.st_mode) ? errno : 0;
    close(descriptor);
    return Status::Error(StatusCode::kIo, "%s: cannot read: %s", path.c_str(),
                         error != 0 ? std::strerror(error) : "not a regular file");
  }
  const auto size = static_cast<size_t>(info.st_size);
  if (size == 0) {
    close(descriptor);
    return MappedFile(nullptr, 0, false);
  }
  void* data = mmap(nullptr, size, PROT_READ, MAP_PRIVATE, descriptor, 0);
  const int error = errno;
  close(descriptor);
  if (data == MAP_FAILED) {
    return Status::Error(StatusCode::kIo, "%s: cannot map %zu bytes: %s", path.c_str(), size, std::strerror(error));
  }
  return MappedFile(static_cast<const std::byte*>(data), size, true);
}

MappedFile::MappedFile(MappedFile&& other) noexcept
    : data_(std::exchange(other.data_, nullptr)),
      size_(std::exchange(other.size_, 0)),
      mapped_(std::exchange(other.mapped_, false)) {}

MappedFile& MappedFile::operator=(MappedFile&& other) noexcept {
  std::swap(data_, other.data_);
  std::swap(size_, other.size_);
  std::swap(mapped_, other.mapped_);
  return *this;
}

MappedFile::~MappedFile() {
  if (mapped_) munmap(const_cast<std::byte*>(data_), size_);
}

}  // namespace tritwise
