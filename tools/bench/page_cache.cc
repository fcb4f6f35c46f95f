#include "tools/bench/page_cache.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <vector>

#include "format/mapped_file.h"
#include "trainer/error_status.h"

namespace tritwise {

double DropFromMemory(const std::string& path) {
  const int descriptor = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) throw Error(path + ": cannot open: " + std::strerror(errno));
  fsync(descriptor);  // pages that are not on the disk yet are not forgotten
  posix_fadvise(descriptor, 0, 0, POSIX_FADV_DONTNEED);
  close(descriptor);

  const MappedFile file = ValueOrThrow(MappedFile::Open(path));
  const auto page = static_cast<size_t>(sysconf(_SC_PAGESIZE));
  std::vector<unsigned char> resident((file.bytes().size() + page - 1) / page);
  void* data = const_cast<std::byte*>(file.bytes().data());
  if (resident.empty()) return 0.0;
  if (mincore(data, file.bytes().size(), resident.data()) != 0) return 1.0;
  const auto count =
      std::count_if(resident.begin(), resident.end(), [](unsigned char flags) { return (flags & 1) != 0; });
  return static_cast<double>(count) / static_cast<double>(resident.size());
}

}  // namespace tritwise
