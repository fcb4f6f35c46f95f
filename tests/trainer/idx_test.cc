#include "trainer/data/idx.h"

#include <zlib.h>

#include <array>
#include <catch2/catch.hpp>
#include <fstream>
#include <functional>
#include <iterator>
#include <string>

#include "tests/support/temp_dir.h"
#include "trainer/error.h"

namespace tritwise {
namespace {

using test::TempDir;

const std::filesystem::path kFashion = "/usr/share/datasets/fashion-mnist";

std::string Header(char type, const std::vector<uint32_t>& dimensions) {
  std::string header = {0, 0, type, static_cast<char>(dimensions.size())};
  for (const uint32_t dimension : dimensions) {
    for (const int shift : {24, 16, 8, 0}) header.push_back(static_cast<char>((dimension >> shift) & 0xFF));
  }
  return header;
}

// Two images of 2 x 3 pixels: 0, 1, ..., 11.
std::string Images() { return Header(8, {2, 2, 3}) + std::string("\0\1\2\3\4\5\6\7\10\11\12\13", 12); }

std::string Gzip(const std::string& bytes) {
  const TempDir folder;
  const std::string path = (folder.path() / "a.gz").string();
  const gzFile file = gzopen(path.c_str(), "wb");
  gzwrite(file, bytes.data(), static_cast<unsigned>(bytes.size()));
  gzclose(file);
  std::ifstream stream(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), {}};
}

// The message, without the path in front.
std::string MessageBehindPath(const std::function<void()>& read) {
  try {
    read();
  } catch (const Error& error) {
    const std::string message = error.what();
    return message.substr(message.find(": ") + 2);
  }
  return "accepted";
}

std::string ImagesRefusal(std::string_view bytes) {
  const TempDir folder;
  const auto path = folder.Write("a", bytes);
  return MessageBehindPath([&] { ReadIdxImages(path); });
}

std::string LabelsRefusal(std::string_view bytes) {
  const TempDir folder;
  const auto path = folder.Write("a", bytes);
  return MessageBehindPath([&] { ReadIdxLabels(path); });
}

TEST_CASE("Images have their dimensions and pixels") {
  const TempDir folder;
  for (const std::string& bytes : {Images(), Gzip(Images())}) {
    const IdxImages images = ReadIdxImages(folder.Write("images", bytes));
    CHECK(images.count == 2);
    CHECK(images.rows == 2);
    CHECK(images.cols == 3);
    CHECK(images.pixels == std::vector<uint8_t>{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11});
  }
}

TEST_CASE("Labels are read") {
  const TempDir folder;
  CHECK(ReadIdxLabels(folder.Write("labels", Header(8, {3}) + "\7\1\5")) == std::vector<uint8_t>{7, 1, 5});
}

TEST_CASE("Fashion-MNIST is read whole") {
  const IdxDataset train =
      ReadIdxDataset(kFashion / "train-images-idx3-ubyte.gz", kFashion / "train-labels-idx1-ubyte.gz");
  CHECK(train.images.count == 60000);
  CHECK(train.images.rows == 28);
  CHECK(train.images.cols == 28);
  CHECK(train.images.pixels.size() == 60000 * 28 * 28);
  const IdxDataset test =
      ReadIdxDataset(kFashion / "t10k-images-idx3-ubyte.gz", kFashion / "t10k-labels-idx1-ubyte.gz");
  CHECK(test.images.count == 10000);

  // Ten classes, each as often as the others.
  for (const auto& [labels, count] : {std::pair(train.labels, 6000), std::pair(test.labels, 1000)}) {
    std::array<int, 256> histogram{};
    for (const uint8_t label : labels) ++histogram[label];
    for (size_t label = 0; label < 256; ++label) CHECK(histogram[label] == (label < 10 ? count : 0));
  }
  CHECK(train.labels[0] == 9);
  CHECK(test.labels[0] == 9);
}

TEST_CASE("A file that is missing or is none is refused") {
  const TempDir folder;
  CHECK(MessageBehindPath([&] { ReadIdxImages(folder.path() / "gone"); }) == "no such file");
  CHECK(MessageBehindPath([&] { ReadIdxImages(folder.path()); }) == "not a file");
}

TEST_CASE("A file that is not IDX is refused") {
  CHECK(ImagesRefusal("") == "not an IDX file");
  CHECK(ImagesRefusal("PNG and more of that") == "not an IDX file");
  CHECK(ImagesRefusal(std::string_view("\0\0\10", 3)) == "not an IDX file");
  CHECK(ImagesRefusal(std::string_view("\0\0\10\0", 4)) == "not an IDX file");
  CHECK(ImagesRefusal(Header(0x0D, {2, 2, 3})) == "elements are not unsigned bytes, the only type supported");
}

TEST_CASE("Labels in place of images and images in place of labels are refused") {
  CHECK(ImagesRefusal(Header(8, {3}) + "abc") == "has 1 dimensions, but images have 3");
  CHECK(LabelsRefusal(Images()) == "has 3 dimensions, but labels have 1");
}

TEST_CASE("A truncated file is refused whether plain or gzipped") {
  const std::string images = Images();
  CHECK(ImagesRefusal(images.substr(0, images.size() - 1)) == "truncated: 11 of 12 elements");
  CHECK(ImagesRefusal(images.substr(0, 10)) == "truncated within its header");
  CHECK(ImagesRefusal(Gzip(images.substr(0, images.size() - 1))) == "truncated: 11 of 12 elements");
  const std::string gzipped = Gzip(images);
  for (size_t size = 2; size < gzipped.size(); ++size) {
    INFO("size: " << size);
    CHECK(ImagesRefusal(std::string_view(gzipped).substr(0, size)) != "accepted");
  }
}

TEST_CASE("Damaged gzipped data is refused") {
  std::string gzipped = Gzip(Images());
  gzipped[gzipped.size() - 6] ^= 1;  // the checksum
  CHECK(ImagesRefusal(gzipped).starts_with("cannot unpack: "));
}

TEST_CASE("Trailing bytes are refused") {
  CHECK(ImagesRefusal(Images() + "x") == "longer than the 12 elements that its header names");
  CHECK(ImagesRefusal(Gzip(Images() + "x")) == "longer than the 12 elements that its header names");
}

TEST_CASE("Impossible dimensions are refused without taking memory for them") {
  CHECK(ImagesRefusal(Header(8, {2, 0, 3})) == "empty: a dimension is 0");
  CHECK(LabelsRefusal(Header(8, {0})) == "empty: a dimension is 0");
  CHECK(ImagesRefusal(Header(8, {0xFFFFFFFF, 0xFFFFFFFF, 0xFFFFFFFF})) == "its dimensions are too large");
  CHECK(ImagesRefusal(Header(8, {0xFFFFFFFF, 0xFFFF, 1})) == "truncated: 0 of 281470681677825 elements");
}

TEST_CASE("Images and labels that differ in number are refused") {
  const TempDir folder;
  const auto images = folder.Write("images", Images());
  const auto labels = folder.Write("labels", Header(8, {3}) + "\1\2\3");
  CHECK(MessageBehindPath([&] { ReadIdxDataset(images, labels); }) ==
        "3 labels, but " + images.string() + " has 2 images");
}

}  // namespace
}  // namespace tritwise
