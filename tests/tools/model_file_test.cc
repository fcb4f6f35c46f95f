// Damaged model files: the command refuses each in one line and with exit code 1.
//
// The library is tried with every truncation and every flipped bit (cheap, in this process); the command,
// which costs a process each, with every truncation and with bits all over the file. No file has padding
// between its parts that could be flipped unseen: padding must be zero, and is checked.
#include <catch2/catch.hpp>

#include "format/checksum.h"
#include "format/header.h"
#include "tests/support/random_model.h"
#include "tests/tools/run_program.h"
#include "tritwise/plan.h"

namespace tritwise::test {
namespace {

// A model of about two kilobytes.
struct SmallModel {
  SmallModel() {
    WriteRandomModel(path, MakeMlp({{6}, ActivationKind::kRelu, true}, 5, 3));
    bytes = ReadFile(path);
  }

  Status LoadWith(const std::string& changed) const {
    WriteFile(path, changed);
    return Model::Load(path).status();
  }

  TempDir folder;
  std::string path = (folder.path() / "small.trit").string();
  std::string bytes;
};

bool Refuses(const std::string& path) {
  return Tritwise({"inspect", path}).IsError(1, "tritwise inspect: " + path + ": ");
}

FileHeader HeaderOf(const std::string& bytes) {
  FileHeader header;
  std::memcpy(&header, bytes.data(), sizeof(header));
  return header;
}

size_t DescriptionBegin(const FileHeader& header) { return static_cast<size_t>(header.flatbuffer_offset); }

// With checksums of description and header that fit.
std::string Resealed(std::string bytes, FileHeader header) {
  const std::span<const char> description(bytes.data() + DescriptionBegin(header),
                                          static_cast<size_t>(header.flatbuffer_bytes));
  header.flatbuffer_checksum = Checksum(std::as_bytes(description));
  header.header_checksum = HeaderChecksum(header);
  std::memcpy(bytes.data(), &header, sizeof(header));
  return bytes;
}

std::string FlipBit(std::string bytes, size_t bit) {
  bytes[bit / 8] = static_cast<char>(bytes[bit / 8] ^ (1 << bit % 8));
  return bytes;
}

}  // namespace

TEST_CASE("a model file that is missing, a folder or empty is refused") {
  const SmallModel model;
  CHECK(Refuses((model.folder.path() / "missing.trit").string()));
  CHECK(Refuses(model.folder.path().string()));
  WriteFile(model.path, "");
  CHECK(Refuses(model.path));
}

TEST_CASE("a model file truncated at any byte is refused") {
  const SmallModel model;
  for (size_t size = 0; size < model.bytes.size(); ++size) {
    INFO(size);
    REQUIRE_FALSE(model.LoadWith(model.bytes.substr(0, size)).ok());
    if (size % TRITWISE_TEST_EVERY == 0) REQUIRE(Refuses(model.path));
  }
}

TEST_CASE("a model file with any bit flipped is refused") {
  const SmallModel model;
  for (size_t bit = 0; bit < 8 * model.bytes.size(); ++bit) {
    INFO(bit);
    REQUIRE_FALSE(model.LoadWith(FlipBit(model.bytes, bit)).ok());
    const size_t every = bit < 8 * sizeof(FileHeader) ? 5 : 61;
    if (bit % (every * TRITWISE_TEST_EVERY) == 0) REQUIRE(Refuses(model.path));
  }
}

TEST_CASE("every command refuses a damaged file") {
  const SmallModel model;
  WriteFile(model.path, FlipBit(model.bytes, 8 * model.bytes.size() - 1));
  for (const std::vector<std::string>& words : std::vector<std::vector<std::string>>{
           {"run", model.path, "-p", "a"}, {"eval", model.path, "--perplexity", model.path}, {"bench", model.path}}) {
    CHECK(Tritwise(words).IsError(1, "tritwise " + words[0] + ": " + model.path + ": "));
  }
}

TEST_CASE("weights are not checked where the user says so, everything else is") {
  const SmallModel model;
  WriteFile(model.path, FlipBit(model.bytes, 8 * model.bytes.size() - 1));
  CHECK(Tritwise({"bench", model.path, "--no-verify", "--quick", "--json"}).code == 0);
  WriteFile(model.path, FlipBit(model.bytes, 8 * (sizeof(FileHeader) + 20)));
  CHECK(Tritwise({"bench", model.path, "--no-verify"}).IsError(1, "tritwise bench: " + model.path + ": "));
}

TEST_CASE("another program's file is refused") {
  const SmallModel model;
  WriteFile(model.path, "GGUF" + model.bytes.substr(4));
  CHECK(Refuses(model.path));
  CHECK(Tritwise({"inspect", model.path}).err.find("not a .trit model") != std::string::npos);
}

TEST_CASE("a file of a newer version is refused by its number") {
  const SmallModel model;
  FileHeader header = HeaderOf(model.bytes);
  header.version = kFormatVersion + 1;
  WriteFile(model.path, Resealed(model.bytes, header));
  CHECK(Refuses(model.path));
  CHECK(Tritwise({"inspect", model.path}).err.find("newer") != std::string::npos);
}

TEST_CASE("an operation that this build does not know is refused by name") {
  const SmallModel model;
  const FileHeader header = HeaderOf(model.bytes);
  // The kind of each operation is a byte somewhere in the description: one of them is hit.
  bool found = false;
  for (size_t i = 0; i < header.flatbuffer_bytes && !found; ++i) {
    std::string changed = model.bytes;
    changed[DescriptionBegin(header) + i] = 120;
    const Status status = model.LoadWith(Resealed(changed, header));
    found = status.code() == StatusCode::kUnsupported;
  }
  REQUIRE(found);
  CHECK(Refuses(model.path));
  CHECK(Tritwise({"inspect", model.path}).err.find("does not know") != std::string::npos);
}

TEST_CASE("a description altered anywhere, its checksums right, is refused or safe to run") {
  const SmallModel model;
  const FileHeader header = HeaderOf(model.bytes);
  size_t loaded = 0;
  for (size_t i = 0; i < header.flatbuffer_bytes; ++i) {
    for (const int mask : {0x01, 0x04, 0x80, 0xFF}) {
      std::string changed = model.bytes;
      char& byte = changed[DescriptionBegin(header) + i];
      byte = static_cast<char>(byte ^ mask);
      WriteFile(model.path, Resealed(changed, header));
      const auto result = Model::Load(model.path, {false});
      if (!result.ok()) continue;
      PlanOptions options;
      options.max_rows = 2;
      options.threads = 1;
      const auto plan = Plan::Make(result.value(), options);
      if (!plan.ok()) continue;
      const std::vector<BatchRow> rows(2);
      const std::vector<float> features(10, 0.5f);
      loaded += plan.value()->Forward({rows, features}).ok() ? 1 : 0;
    }
  }
  CHECK(loaded > 0);  // names, metadata and constants may be anything
}

}  // namespace tritwise::test
