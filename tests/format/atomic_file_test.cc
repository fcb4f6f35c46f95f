// Files that are written whole or not at all: what is there after success, an early return and a refused write.
#include "format/atomic_file.h"

#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <catch2/catch.hpp>

#include "tests/format/fixture.h"

namespace tritwise {
namespace {

namespace fs = std::filesystem;
using test::TempDir;

std::string Text(const std::string& path) {
  std::string text;
  for (const std::byte byte : test::ReadBytes(path)) text += static_cast<char>(byte);
  return text;
}

size_t Entries(const TempDir& folder) {
  return static_cast<size_t>(std::distance(fs::directory_iterator(folder / ""), fs::directory_iterator()));
}

// While it lives no file can grow beyond `bytes`: what a full disk does, without having to fill one.
class FileSizeLimit {
 public:
  explicit FileSizeLimit(size_t bytes) : handler_(signal(SIGXFSZ, SIG_IGN)) {
    getrlimit(RLIMIT_FSIZE, &old_);
    rlimit limit = old_;
    limit.rlim_cur = static_cast<rlim_t>(bytes);
    if (setrlimit(RLIMIT_FSIZE, &limit) != 0) throw std::runtime_error("setrlimit failed");
  }
  ~FileSizeLimit() {
    setrlimit(RLIMIT_FSIZE, &old_);
    signal(SIGXFSZ, handler_);
  }
  FileSizeLimit(const FileSizeLimit&) = delete;
  FileSizeLimit& operator=(const FileSizeLimit&) = delete;

 private:
  rlimit old_ = {};
  void (*handler_)(int);
};

TEST_CASE("A committed file holds what was written and nothing else is left") {
  const TempDir folder;
  AtomicFile file = test::Must(AtomicFile::Create(folder / "a"));
  REQUIRE(file.WriteText("one ").ok());
  REQUIRE(file.WriteText("two").ok());
  CHECK(file.size() == 7);
  CHECK_FALSE(fs::exists(folder / "a"));
  REQUIRE(file.Commit().ok());
  CHECK(Text(folder / "a") == "one two");
  CHECK(Entries(folder) == 1);
}

TEST_CASE("A file that is not committed leaves the old one and nothing beside it") {
  const TempDir folder;
  REQUIRE(WriteFileAtomically(folder / "a", "old").ok());
  {
    AtomicFile file = test::Must(AtomicFile::Create(folder / "a"));
    REQUIRE(file.WriteText("new").ok());
    CHECK(Entries(folder) == 2);
    CHECK(Text(folder / "a") == "old");
  }
  CHECK(Entries(folder) == 1);
  CHECK(Text(folder / "a") == "old");
}

TEST_CASE("A committed file replaces the old one") {
  const TempDir folder;
  REQUIRE(WriteFileAtomically(folder / "a", "a longer old text").ok());
  REQUIRE(WriteFileAtomically(folder / "a", "new").ok());
  CHECK(Text(folder / "a") == "new");
  CHECK(Entries(folder) == 1);
}

TEST_CASE("Padding fills up with zeros to the alignment, also beyond one buffer of them") {
  const TempDir folder;
  AtomicFile file = test::Must(AtomicFile::Create(folder / "a"));
  REQUIRE(file.Pad(64).ok());
  CHECK(file.size() == 0);
  REQUIRE(file.WriteText("x").ok());
  REQUIRE(file.Pad(64).ok());
  CHECK(file.size() == 64);
  REQUIRE(file.Pad(64).ok());
  CHECK(file.size() == 64);
  REQUIRE(file.Pad(1000).ok());
  REQUIRE(file.Commit().ok());
  CHECK(Text(folder / "a") == "x" + std::string(999, '\0'));
}

TEST_CASE("What was written may be replaced before the file is committed, and writing goes on at the end") {
  const TempDir folder;
  AtomicFile file = test::Must(AtomicFile::Create(folder / "a"));
  REQUIRE(file.WriteText("some words").ok());
  REQUIRE(file.Overwrite(5, std::as_bytes(std::span("WORDS", 5))).ok());
  REQUIRE(file.WriteText(" more").ok());
  CHECK(file.size() == 15);
  REQUIRE(file.Commit().ok());
  CHECK(Text(folder / "a") == "some WORDS more");
}

TEST_CASE("A moved file still commits once and cleans up once") {
  const TempDir folder;
  AtomicFile first = test::Must(AtomicFile::Create(folder / "a"));
  REQUIRE(first.WriteText("text").ok());
  AtomicFile second = std::move(first);
  REQUIRE(second.Commit().ok());
  CHECK(Text(folder / "a") == "text");
}

TEST_CASE("A write that the disk refuses is an error, and the old file stays") {
  const TempDir folder;
  REQUIRE(WriteFileAtomically(folder / "a", "old").ok());
  Status status;
  {
    const FileSizeLimit limit(4096);
    status = WriteFileAtomically(folder / "a", std::string(10000, 'x'));
  }
  REQUIRE(status.code() == StatusCode::kIo);
  CHECK_THAT(status.message(), Catch::StartsWith(folder / "a: cannot write: "));
  CHECK_THAT(status.message(), Catch::EndsWith("(the file that was there is unchanged)"));
  CHECK(Text(folder / "a") == "old");
  CHECK(Entries(folder) == 1);
}

TEST_CASE("A model that the disk refuses leaves the old model") {
  const TempDir folder;
  test::WriteRandomModel(folder / "m.trit", test::TinyMlp());
  const test::FileBytes old = test::ReadBytes(folder / "m.trit");
  const Graph graph = test::MakeMlp();
  const test::RandomWeights weights = test::MakeRandomWeights(graph);
  for (const size_t bytes : {size_t{0}, size_t{64}, size_t{1500}, old.size()}) {
    Status status;
    {
      const FileSizeLimit limit(bytes);
      status = WriteModel(folder / "m.trit", {graph, {}, "", {}}, weights.views());
    }
    CHECK(status.code() == StatusCode::kIo);
    CHECK(test::ReadBytes(folder / "m.trit") == old);
    CHECK(Entries(folder) == 1);
  }
}

TEST_CASE("A folder that is not there is an error that names the path") {
  const TempDir folder;
  const Status status = AtomicFile::Create(folder / "no/a").status();
  CHECK(status.code() == StatusCode::kIo);
  CHECK(std::string(status.message()) == (folder / "no/a") + ": cannot write: No such file or directory");
}

TEST_CASE("A path that is a folder is an error and stays one") {
  const TempDir folder;
  fs::create_directories(folder / "a/b");
  const Status status = WriteFileAtomically(folder / "a", "text");
  CHECK(status.code() == StatusCode::kIo);
  CHECK(fs::exists(folder / "a/b"));
  CHECK(Entries(folder) == 1);
}

TEST_CASE("A path without a folder is written into the current one") {
  const TempDir folder;
  const fs::path before = fs::current_path();
  fs::current_path(folder / "");
  const Status status = WriteFileAtomically("plain", "text");
  fs::current_path(before);
  CHECK(status.ok());
  CHECK(Text(folder / "plain") == "text");
}

}  // namespace
}  // namespace tritwise
