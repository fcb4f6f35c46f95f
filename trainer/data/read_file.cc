#include "trainer/data/read_file.h"

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>
#include <vector>

#include "trainer/error.h"

namespace tritwise {

std::string ReadFile(const std::filesystem::path& path) {
  std::error_code error;
  const auto status = std::filesystem::status(path, error);
  if (status.type() == std::filesystem::file_type::not_found) throw Error(path.string() + ": no such file");
  if (error) throw Error(path.string() + ": cannot read: " + error.message());
  if (!is_regular_file(status) && !is_fifo(status)) throw Error(path.string() + ": not a file");

  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::fopen(path.c_str(), "rb"), &std::fclose);
  if (file == nullptr) throw Error(path.string() + ": cannot read: " + std::strerror(errno));
  std::string contents;
  if (is_regular_file(status)) {
    if (const auto size = std::filesystem::file_size(path, error); !error) contents.reserve(size);
  }
  std::vector<char> block(size_t{1} << 16);
  while (const size_t count = std::fread(block.data(), 1, block.size(), file.get())) {
    contents.append(block.data(), count);
  }
  if (std::ferror(file.get())) throw Error(path.string() + ": cannot read: " + std::strerror(errno));
  return contents;
}

}  // namespace tritwise
