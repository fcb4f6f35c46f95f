// Mapping files read-only, and what is no file to map.
#include "format/mapped_file.h"

#include <sys/stat.h>

#include <catch2/catch.hpp>

#include "tests/format/fixture.h"

namespace tritwise {
namespace {

using test::TempDir;

test::FileBytes Bytes(size_t size) {
  test::FileBytes bytes(size);
  for (size_t i = 0; i < size; ++i) bytes[i] = static_cast<std::byte>(i & 0xFF);
  return bytes;
}

TEST_CASE("A mapped file shows its bytes, whatever its size") {
  const TempDir folder;
  for (const size_t size : {1u, 4095u, 4096u, 4097u, 100000u}) {
    const test::FileBytes bytes = Bytes(size);
    test::WriteBytes(folder / "a", bytes);
    const MappedFile file = test::Must(MappedFile::Open(folder / "a"));
    CHECK(std::equal(bytes.begin(), bytes.end(), file.bytes().begin(), file.bytes().end()));
  }
}

TEST_CASE("An empty file is an empty span") {
  const TempDir folder;
  test::WriteBytes(folder / "a", {});
  CHECK(test::Must(MappedFile::Open(folder / "a")).bytes().empty());
}

TEST_CASE("A mapping outlives the file's name and moves with its object") {
  const TempDir folder;
  test::WriteBytes(folder / "a", Bytes(5000));
  test::WriteBytes(folder / "b", Bytes(10));
  MappedFile first = test::Must(MappedFile::Open(folder / "a"));
  std::filesystem::remove(folder / "a");
  const std::byte* const data = first.bytes().data();
  MappedFile second = std::move(first);
  CHECK(second.bytes().data() == data);
  MappedFile third = test::Must(MappedFile::Open(folder / "b"));
  third = std::move(second);
  CHECK(third.bytes().size() == 5000);
  CHECK(third.bytes()[4999] == static_cast<std::byte>(4999 & 0xFF));
}

TEST_CASE("A file that is not there is not found") {
  const TempDir folder;
  const Status status = MappedFile::Open(folder / "a").status();
  CHECK(status.code() == StatusCode::kNotFound);
  CHECK(std::string(status.message()) == (folder / "a") + ": cannot open: No such file or directory");
}

TEST_CASE("A folder is not a file") {
  const TempDir folder;
  const Status status = MappedFile::Open(folder / "").status();
  CHECK(status.code() == StatusCode::kIo);
  CHECK(std::string(status.message()) == (folder / "") + ": cannot read: not a regular file");
}

TEST_CASE("A pipe is refused instead of waited for") {
  const TempDir folder;
  REQUIRE(mkfifo((folder / "pipe").c_str(), 0600) == 0);
  const Status status = MappedFile::Open(folder / "pipe").status();
  CHECK(status.code() == StatusCode::kIo);
  CHECK(std::string(status.message()) == (folder / "pipe") + ": cannot read: not a regular file");
}

}  // namespace
}  // namespace tritwise
