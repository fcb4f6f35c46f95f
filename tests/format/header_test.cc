// The first 64 bytes of a file: each field that can be wrong, with the header's own checksum right.
#include "format/header.h"

#include <catch2/catch.hpp>
#include <functional>

#include "tests/format/fixture.h"

namespace tritwise {
namespace {

test::FileBytes GoodFile() { return test::Assemble(std::vector<std::byte>(80, std::byte{7}), {}); }

// The line that refuses a good file whose header was changed and sealed again.
std::string Changed(const std::function<void(FileHeader&)>& change) {
  test::FileBytes file = GoodFile();
  FileHeader header = test::HeaderOf(file);
  change(header);
  test::PutHeader(file, header);
  return ReadHeader(file, "f").status().message();
}

TEST_CASE("The fields of the header lie where FORMAT.md says") {
  CHECK(offsetof(FileHeader, magic) == 0);
  CHECK(offsetof(FileHeader, version) == 8);
  CHECK(offsetof(FileHeader, header_bytes) == 12);
  CHECK(offsetof(FileHeader, file_bytes) == 16);
  CHECK(offsetof(FileHeader, flatbuffer_offset) == 24);
  CHECK(offsetof(FileHeader, flatbuffer_bytes) == 32);
  CHECK(offsetof(FileHeader, flatbuffer_checksum) == 40);
  CHECK(offsetof(FileHeader, reserved) == 48);
  CHECK(offsetof(FileHeader, header_checksum) == 56);
}

TEST_CASE("Segments begin at the next multiple of 64") {
  CHECK(AlignSegment(0) == 0);
  CHECK(AlignSegment(1) == 64);
  CHECK(AlignSegment(64) == 64);
  CHECK(AlignSegment(65) == 128);
}

TEST_CASE("A good header is read with all its fields") {
  const Result<FileHeader> header = ReadHeader(GoodFile(), "f");
  REQUIRE(header.ok());
  CHECK(header.value().version == kFormatVersion);
  CHECK(header.value().file_bytes == 144);
  CHECK(header.value().flatbuffer_bytes == 80);
}

TEST_CASE("Fewer bytes than a header are refused") {
  CHECK(std::string(ReadHeader({}, "f").status().message()) == "f: the file is empty, not a .trit model");
  const test::FileBytes file = GoodFile();
  CHECK(std::string(ReadHeader(std::span(file).first(63), "f").status().message()) ==
        "f: 63 bytes are too few for a .trit model (header: 64)");
}

TEST_CASE("Another magic is refused as no model") {
  const std::string refusal = "f: not a .trit model (the first bytes are not its magic)";
  for (size_t i = 0; i < 8; ++i) {
    CHECK(Changed([i](FileHeader& h) { h.magic[i] ^= 0x20; }) == refusal);
  }
}

TEST_CASE("A newer version is refused as such, version 0 as a contradiction") {
  CHECK(Changed([](FileHeader& h) { h.version = kFormatVersion + 1; }) ==
        "f: format version 2 is newer than 1, the newest this build reads");
  test::FileBytes file = GoodFile();
  file[8] = std::byte{9};  // the checksum of a newer header may be defined otherwise, so it is not asked first
  CHECK(ReadHeader(file, "f").status().code() == StatusCode::kUnsupported);
  CHECK(Changed([](FileHeader& h) { h.version = 0; }) == "f: the header contradicts itself");
}

TEST_CASE("A header size, offset or reserved field of other value is refused") {
  const std::string refusal = "f: the header contradicts itself";
  CHECK(Changed([](FileHeader& h) { h.header_bytes = 128; }) == refusal);
  CHECK(Changed([](FileHeader& h) { h.flatbuffer_offset = 72; }) == refusal);
  CHECK(Changed([](FileHeader& h) { h.reserved = 1; }) == refusal);
}

TEST_CASE("A file of another size than its header says is refused") {
  CHECK(Changed([](FileHeader& h) { ++h.file_bytes; }) == "f: has 144 bytes, its header says 145 (truncated?)");
  CHECK(Changed([](FileHeader& h) { --h.file_bytes; }) ==
        "f: has 144 bytes, its header says 143 (something was appended?)");
}

TEST_CASE("A FlatBuffer larger than the file is refused") {
  const std::string refusal = "f: the FlatBuffer does not fit into the file";
  CHECK(Changed([](FileHeader& h) { h.flatbuffer_bytes = 81; }) == refusal);
  CHECK(Changed([](FileHeader& h) { h.flatbuffer_bytes = UINT64_MAX; }) == refusal);
  CHECK(Changed([](FileHeader& h) { h.flatbuffer_bytes = UINT64_MAX - 63; }) == refusal);
}

TEST_CASE("A wrong checksum of header or FlatBuffer is refused") {
  test::FileBytes file = GoodFile();
  file[56] ^= std::byte{1};
  CHECK(std::string(ReadHeader(file, "f").status().message()) == "f: the header is damaged (checksum differs)");
  CHECK(Changed([](FileHeader& h) { h.flatbuffer_checksum ^= 1; }) ==
        "f: the graph is damaged (checksum of the FlatBuffer differs)");
}

}  // namespace
}  // namespace tritwise
