// Images and labels in IDX files, the format of MNIST and its relatives, plain or gzipped.
//
// An IDX file is: two zero bytes, the type of the elements (8: unsigned bytes), the number of dimensions,
// each dimension as a big-endian 32-bit number, then the elements. Only unsigned bytes in the two shapes
// below: that is what such datasets are. Stands alone, because the command on a board reads test sets too.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <vector>

namespace tritwise {

struct IdxImages {
  size_t count = 0;
  size_t rows = 0;
  size_t cols = 0;
  std::vector<uint8_t> pixels;  // [count, rows, cols], 0 to 255
};

struct IdxDataset {
  IdxImages images;
  std::vector<uint8_t> labels;  // [images.count]
};

// Gzipped files are told by their first bytes, not by their name. Throw Error for a file that is missing, not
// IDX, of the wrong dimensions, empty, truncated or longer than it says, or gzipped in a build without zlib.
IdxImages ReadIdxImages(const std::filesystem::path& path);
std::vector<uint8_t> ReadIdxLabels(const std::filesystem::path& path);

// Both; Error if there are not as many labels as images.
IdxDataset ReadIdxDataset(const std::filesystem::path& images_path, const std::filesystem::path& labels_path);

}  // namespace tritwise
