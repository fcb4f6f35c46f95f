// tritwise flatten: the source holds what the file holds, and what cannot run without a system is refused by name.
// (That the source computes what the runtime does: tests/e2e/bare.sh.)
#include <catch2/catch.hpp>
#include <cstdlib>

#include "tests/support/random_model.h"
#include "tests/tools/run_program.h"

namespace tritwise::test {
namespace {

Outcome Flatten(const std::string& model, const std::string& out, std::vector<std::string> more = {}) {
  std::vector<std::string> words = {"flatten", model, "-o", out};
  words.insert(words.end(), more.begin(), more.end());
  return Tritwise(words);
}

// The numbers between the braces behind "NAME[...] = ".
std::vector<double> ArrayOf(const std::string& source, const std::string& name) {
  const size_t begin = source.find(name + "[");
  REQUIRE(begin != std::string::npos);
  const char* at = source.c_str() + source.find('{', begin) + 1;
  std::vector<double> values;
  for (;;) {
    char* end = nullptr;
    const double value = std::strtod(at, &end);
    if (end == at) return values;
    values.push_back(value);
    at = end;
    while (*at == 'f' || *at == ',' || *at == '\n') ++at;
  }
}

}  // namespace

TEST_CASE("flatten writes every tensor as the file holds it") {
  const TempDir folder;
  WriteRandomModel(folder / "m.trit", MakeMlp());
  const Outcome outcome = Flatten(folder / "m.trit", folder / "out");
  REQUIRE(outcome.code == 0);
  const std::string source = ReadFile(folder / "out/weights.cc");
  const ModelFile file = ModelFile::Read(folder / "m.trit").value();
  REQUIRE(file.graph().tensors.size() == 6);
  for (int32_t i = 0; i < 6; ++i) {
    const TensorData data = file.tensor(i);
    const std::vector<double> values = ArrayOf(source, "kTensor" + std::to_string(i));
    if (file.graph().tensors[static_cast<size_t>(i)].storage == Storage::kF32) {
      REQUIRE(values.size() * sizeof(float) == data.data.size());
      const auto* expected = reinterpret_cast<const float*>(data.data.data());
      for (size_t k = 0; k < values.size(); ++k) REQUIRE(values[k] == static_cast<double>(expected[k]));
      continue;
    }
    REQUIRE(values.size() == data.data.size());
    for (size_t k = 0; k < values.size(); ++k) REQUIRE(values[k] == std::to_integer<int>(data.data[k]));
    CHECK(ArrayOf(source, "kScales" + std::to_string(i)) ==
          std::vector<double>(data.scales.begin(), data.scales.end()));
  }
}

TEST_CASE("flatten places the values of a row over each other") {
  const TempDir folder;
  // 50 floats, rounded, 70 floats: the widest neighbours are 33 floats, 33 codes and 70 floats.
  WriteRandomModel(folder / "m.trit", MakeMlp());
  REQUIRE(Flatten(folder / "m.trit", folder / "out").code == 0);
  const std::string header = ReadFile(folder / "out/network.h");
  const std::string begin = "kArenaBytes = ";
  const size_t bytes = std::strtoull(header.c_str() + header.find(begin) + begin.size(), nullptr, 10);
  CHECK(bytes >= 70 * sizeof(float) + 56);
  CHECK(bytes <= 2 * 70 * sizeof(float));
  CHECK(header.find("kInputs = 50;") != std::string::npos);
  CHECK(header.find("kOutputs = 10;") != std::string::npos);
}

TEST_CASE("flatten puts a network into the namespace that it is given") {
  const TempDir folder;
  WriteRandomModel(folder / "m.trit", MakeMlp());
  REQUIRE(Flatten(folder / "m.trit", folder / "out", {"--name", "wake_word"}).code == 0);
  for (const char* file : {"out/network.h", "out/network.cc", "out/weights.h", "out/weights.cc"}) {
    const std::string source = ReadFile(folder / file);
    CHECK(source.find("namespace tritwise::wake_word {\n") != std::string::npos);
    CHECK(source.find("tritwise::network") == std::string::npos);
  }
}

TEST_CASE("flatten refuses an operation that needs a system, and names it") {
  const TempDir folder;
  WriteTextModel(folder / "text.trit", false);
  const Outcome outcome = Flatten(folder / "text.trit", folder / "out");
  CHECK(outcome.IsError(1, "tritwise flatten: " + (folder / "text.trit") + ": operation embedding: embedding is not "));
  CHECK_FALSE(std::filesystem::exists(folder / "out"));
}

TEST_CASE("flatten refuses a damaged file and bad arguments in one line") {
  const TempDir folder;
  WriteRandomModel(folder / "m.trit", MakeMlp());
  std::string bytes = ReadFile(folder / "m.trit");
  bytes[bytes.size() - 10] = static_cast<char>(bytes[bytes.size() - 10] ^ 1);
  WriteFile(folder / "damaged.trit", bytes);
  WriteFile(folder / "file", "");
  CHECK(Flatten(folder / "damaged.trit", folder / "out").IsError(1, "tritwise flatten: "));
  CHECK(Flatten(folder / "none.trit", folder / "out").IsError(1, "tritwise flatten: "));
  CHECK(Flatten(folder / "m.trit", folder / "file").IsError(1, "tritwise flatten: "));
  CHECK(Flatten(folder / "m.trit", folder / "out", {"--images", folder / "file"}).IsError(1, "tritwise flatten: "));
  CHECK(Flatten(folder / "m.trit", folder / "out", {"--samples", "3"}).IsError(2, "tritwise flatten: "));
  CHECK(Flatten(folder / "m.trit", folder / "out", {"--name", "a b"}).IsError(2, "tritwise flatten: "));
  CHECK(Tritwise({"flatten", folder / "m.trit"}).IsError(2, "tritwise flatten: "));
  CHECK_FALSE(std::filesystem::exists(folder / "out"));
}

}  // namespace tritwise::test
