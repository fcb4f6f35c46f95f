// Files that were cut, lengthened, hit by a flipped bit, or are no model at all: refused with one line, never a crash.
#include <set>

#include "tests/format/fixture.h"

namespace tritwise {
namespace {

using test::FileBytes;
using test::OpenFile;
using test::TempDir;

// Offsets of the bytes that belong to a segment; all others are header, FlatBuffer or padding.
std::set<size_t> SegmentBytes(const FileBytes& file) {
  std::set<size_t> inside;
  const test::ModelParts parts = test::TakeApart(file);
  const size_t begin = file.size() - parts.payload.size();
  for (const SegmentPlace& s : parts.segments) {
    for (size_t i = 0; i < s.size; ++i) inside.insert(begin + static_cast<size_t>(s.offset) + i);
  }
  return inside;
}

void CheckEveryFlip(const FileBytes& bytes, size_t bits_a_byte) {
  const TempDir folder;
  OpenFile file(folder / "m.trit");
  file.Put(bytes);
  REQUIRE(file.Error() == "");
  const std::set<size_t> segments = SegmentBytes(bytes);
  REQUIRE(segments.size() < bytes.size());
  for (size_t offset = 0; offset < bytes.size(); ++offset) {
    for (size_t i = 0; i < bits_a_byte; ++i) {
      const size_t bit = bits_a_byte == 8 ? i : (offset + i) % 8;
      file.Put(offset, bytes[offset] ^ static_cast<std::byte>(1u << bit));
      INFO("byte " << offset << ", bit " << bit);
      REQUIRE(file.Error() != "");
      REQUIRE((file.Error(false) == "") == segments.contains(offset));
    }
    file.Put(offset, bytes[offset]);
  }
  REQUIRE(file.Error() == "");
}

TEST_CASE("Every single flipped bit of a model is found, in header, FlatBuffer, padding and weights") {
  CheckEveryFlip(test::ModelBytes(test::TinyMlp()), 8);
}

TEST_CASE("A flipped bit in any byte of a decoder with a vocabulary is found") {
  CheckEveryFlip(test::ModelBytes(test::TinyDecoder(), test::TinyVocabulary()), 1);
}

TEST_CASE("A model cut anywhere is refused, with its weights checked or not") {
  const FileBytes bytes = test::ModelBytes(test::TinyDecoder(), test::TinyVocabulary());
  const TempDir folder;
  OpenFile file(folder / "m.trit");
  file.Put(bytes);
  for (size_t size = bytes.size(); size-- > 0;) {
    file.Cut(size);
    INFO("size " << size);
    const std::string error = file.Error(size % 2 == 0);
    REQUIRE(error != "");
    if (size >= 64) REQUIRE_THAT(error, Catch::EndsWith("(truncated?)"));
  }
}

TEST_CASE("A model cut anywhere whose header was made to fit is refused") {
  const FileBytes bytes = test::ModelBytes(test::TinyDecoder(), test::TinyVocabulary());
  const TempDir folder;
  OpenFile file(folder / "m.trit");
  for (size_t size = 64; size < bytes.size(); ++size) {
    FileBytes cut(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(size));
    FileHeader header = test::HeaderOf(cut);
    header.file_bytes = size;
    header.flatbuffer_bytes = std::min<uint64_t>(header.flatbuffer_bytes, size - 64);
    test::PutHeader(cut, header);
    test::Seal(cut);
    file.Put(cut);
    INFO("size " << size);
    REQUIRE(file.Error(false) != "");
  }
}

TEST_CASE("Appended bytes are refused, also where the header counts them") {
  FileBytes bytes = test::ModelBytes(test::TinyMlp());
  const TempDir folder;
  OpenFile file(folder / "m.trit");
  for (int i = 0; i < 130; ++i) {
    bytes.push_back(std::byte{0});
    file.Put(bytes);
    REQUIRE_THAT(file.Error(), Catch::EndsWith("(something was appended?)"));
    FileBytes counted = bytes;
    FileHeader header = test::HeaderOf(counted);
    header.file_bytes = counted.size();
    test::PutHeader(counted, header);
    file.Put(counted);
    REQUIRE_THAT(file.Error(), Catch::EndsWith("bytes behind the last weight segment"));
  }
}

TEST_CASE("A file of something else is refused as no model") {
  const TempDir folder;
  const std::string text = "GGUF" + std::string(200, 'x');
  test::WriteBytes(folder / "m.trit", std::as_bytes(std::span(text)));
  CHECK_THAT(test::ReadError(folder / "m.trit"), Catch::Contains("not a .trit model"));
  test::WriteBytes(folder / "m.trit", FileBytes(4096));
  CHECK_THAT(test::ReadError(folder / "m.trit"), Catch::Contains("not a .trit model"));
}

TEST_CASE("A model whose line ends were translated is refused as no model") {
  FileBytes bytes;
  for (const std::byte byte : test::ModelBytes(test::TinyMlp())) {
    if (byte != std::byte{'\r'}) bytes.push_back(byte);
  }
  const TempDir folder;
  test::WriteBytes(folder / "m.trit", bytes);
  CHECK_THAT(test::ReadError(folder / "m.trit"), Catch::Contains("not a .trit model"));
}

TEST_CASE("An empty file, a missing one and a folder are refused each with its reason") {
  const TempDir folder;
  test::WriteBytes(folder / "m.trit", {});
  CHECK_THAT(test::ReadError(folder / "m.trit"), Catch::EndsWith("the file is empty, not a .trit model"));
  CHECK_THAT(test::ReadError(folder / "none.trit"), Catch::EndsWith("cannot open: No such file or directory"));
  CHECK(ModelFile::Read(folder / "none.trit").status().code() == StatusCode::kNotFound);
  CHECK_THAT(test::ReadError(folder / ""), Catch::EndsWith("not a regular file"));
}

}  // namespace
}  // namespace tritwise
