#include "trainer/data/idx.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>
#include <string>

#ifdef TRITWISE_WITH_ZLIB
#include <zlib.h>
#endif

#include "trainer/error.h"

namespace tritwise {
namespace {

// The uncompressed bytes of a file, in order.
class Source {
 public:
  explicit Source(const std::filesystem::path& path) : name_(path.string()) {
    std::error_code error;
    const auto status = std::filesystem::status(path, error);
    if (status.type() == std::filesystem::file_type::not_found) throw Error(name_ + ": no such file");
    if (error) throw Error(name_ + ": cannot read: " + error.message());
    if (!is_regular_file(status)) throw Error(name_ + ": not a file");
    file_.reset(std::fopen(path.c_str(), "rb"));
    if (file_ == nullptr) throw Error(name_ + ": cannot read: " + std::strerror(errno));

    std::array<uint8_t, 2> magic{};
    const bool is_gzip = ReadPlain(magic.data(), 2) == 2 && magic[0] == 0x1F && magic[1] == 0x8B;
    if (is_gzip) {
      OpenGzip(path);
    } else {
      std::rewind(file_.get());
    }
  }

  const std::string& name() const { return name_; }

  // As many of `size` bytes as there are.
  size_t Read(uint8_t* bytes, size_t size) {
#ifdef TRITWISE_WITH_ZLIB
    if (gzip_ != nullptr) return ReadGzip(bytes, size);
#endif
    return ReadPlain(bytes, size);
  }

 private:
  size_t ReadPlain(uint8_t* bytes, size_t size) {
    const size_t count = std::fread(bytes, 1, size, file_.get());
    if (std::ferror(file_.get())) throw Error(name_ + ": cannot read: " + std::strerror(errno));
    return count;
  }

#ifdef TRITWISE_WITH_ZLIB
  void OpenGzip(const std::filesystem::path& path) {
    file_.reset();
    gzip_.reset(gzopen(path.c_str(), "rb"));
    if (gzip_ == nullptr) throw Error(name_ + ": cannot read: " + std::strerror(errno));
  }

  size_t ReadGzip(uint8_t* bytes, size_t size) {
    const int count = gzread(gzip_.get(), bytes, static_cast<unsigned>(size));
    int code = Z_OK;
    const char* reason = gzerror(gzip_.get(), &code);
    if (code == Z_BUF_ERROR) throw Error(name_ + ": truncated: the gzipped data ends early");
    if (count < 0) throw Error(name_ + ": cannot unpack: " + reason);
    return static_cast<size_t>(count);
  }

  std::unique_ptr<gzFile_s, int (*)(gzFile)> gzip_{nullptr, &gzclose};
#else
  void OpenGzip(const std::filesystem::path&) {
    throw Error(name_ + ": gzipped, and this build has no zlib; unpack it first (gunzip)");
  }
#endif

  std::string name_;
  std::unique_ptr<std::FILE, int (*)(std::FILE*)> file_{nullptr, &std::fclose};
};

// Dimensions of the elements that follow; `what` and `wanted` say what the file should have been.
std::vector<size_t> ReadDimensions(Source& source, size_t wanted, const char* what) {
  std::array<uint8_t, 4> head{};
  if (source.Read(head.data(), 4) != 4 || head[0] != 0 || head[1] != 0 || head[3] == 0) {
    throw Error(source.name() + ": not an IDX file");
  }
  if (head[2] != 0x08) throw Error(source.name() + ": elements are not unsigned bytes, the only type supported");
  if (head[3] != wanted) {
    throw Error(source.name() + ": has " + std::to_string(head[3]) + " dimensions, but " + what + " have " +
                std::to_string(wanted));
  }
  std::vector<size_t> dimensions;
  for (size_t i = 0; i < wanted; ++i) {
    std::array<uint8_t, 4> number{};
    if (source.Read(number.data(), 4) != 4) throw Error(source.name() + ": truncated within its header");
    const uint32_t value =
        (uint32_t{number[0]} << 24) | (uint32_t{number[1]} << 16) | (uint32_t{number[2]} << 8) | uint32_t{number[3]};
    if (value == 0) throw Error(source.name() + ": empty: a dimension is 0");
    dimensions.push_back(value);
  }
  return dimensions;
}

// The elements up to the end of the file. Memory grows with what is there, not with what the header claims.
std::vector<uint8_t> ReadElements(Source& source, const std::vector<size_t>& dimensions) {
  constexpr size_t kBlockBytes = size_t{1} << 20;
  size_t size = 1;
  for (const size_t dimension : dimensions) {
    if (__builtin_mul_overflow(size, dimension, &size)) throw Error(source.name() + ": its dimensions are too large");
  }
  std::vector<uint8_t> elements;
  while (elements.size() < size) {
    const size_t before = elements.size();
    const size_t block = std::min(kBlockBytes, size - before);
    elements.resize(before + block);
    const size_t count = source.Read(elements.data() + before, block);
    if (count < block) {
      throw Error(source.name() + ": truncated: " + std::to_string(before + count) + " of " + std::to_string(size) +
                  " elements");
    }
  }
  uint8_t extra = 0;
  if (source.Read(&extra, 1) != 0) {
    throw Error(source.name() + ": longer than the " + std::to_string(size) + " elements that its header names");
  }
  return elements;
}

}  // namespace

IdxImages ReadIdxImages(const std::filesystem::path& path) {
  Source source(path);
  const std::vector<size_t> dimensions = ReadDimensions(source, 3, "images");
  return {dimensions[0], dimensions[1], dimensions[2], ReadElements(source, dimensions)};
}

std::vector<uint8_t> ReadIdxLabels(const std::filesystem::path& path) {
  Source source(path);
  return ReadElements(source, ReadDimensions(source, 1, "labels"));
}

IdxDataset ReadIdxDataset(const std::filesystem::path& images_path, const std::filesystem::path& labels_path) {
  IdxDataset dataset{ReadIdxImages(images_path), ReadIdxLabels(labels_path)};
  if (dataset.labels.size() != dataset.images.count) {
    throw Error(labels_path.string() + ": " + std::to_string(dataset.labels.size()) + " labels, but " +
                images_path.string() + " has " + std::to_string(dataset.images.count) + " images");
  }
  return dataset;
}

}  // namespace tritwise
