// Thousands of random changes to good files, with the checksums made right again, so that they reach the FlatBuffers
// verifier and the semantic check. Nothing may crash, and what is accepted must be a graph that executors can trust.
#include <cstring>

#include "tests/format/fixture.h"
#include "tests/support/random.h"

namespace tritwise {
namespace {

using test::FileBytes;
using test::OpenFile;
using test::Random;
using test::TempDir;

size_t Below(Random& random, size_t n) { return static_cast<size_t>(random.Bits() % n); }

// One change that keeps the size: bits, bytes, 32-bit words of an extreme or a small value, or a word copied from
// elsewhere (offsets and lengths that are right in another place).
void Mutate(std::span<std::byte> bytes, Random& random) {
  const size_t word = Below(random, bytes.size() / 4) * 4;
  uint32_t value = 0;
  std::memcpy(&value, bytes.data() + word, sizeof(value));
  switch (random.Integer(0, 6)) {
    case 0:
      bytes[Below(random, bytes.size())] ^= static_cast<std::byte>(1u << random.Integer(0, 7));
      return;
    case 1:
      bytes[Below(random, bytes.size())] = static_cast<std::byte>(random.Integer(0, 255));
      return;
    case 2:
      value += static_cast<uint32_t>(random.Integer(-9, 9));
      break;
    case 3: {
      static constexpr uint32_t kExtremes[] = {0, 1, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF, 0x7F800000, 0x40000000, 65536};
      value = kExtremes[Below(random, std::size(kExtremes))];
      break;
    }
    case 4:
      std::memcpy(&value, bytes.data() + Below(random, bytes.size() / 4) * 4, sizeof(value));
      break;
    case 5:
      value = static_cast<uint32_t>(Below(random, bytes.size()));
      break;
    default:
      value = static_cast<uint32_t>(random.Bits());
      break;
  }
  std::memcpy(bytes.data() + word, &value, sizeof(value));
}

struct Counts {
  int accepted = 0;
  int refused = 0;
};

void ReadMutant(OpenFile& file, const FileBytes& mutant, Counts& counts) {
  file.Put(mutant);
  const Result<ModelFile> model = ModelFile::Read(file.path(), {.verify_segments = false});
  if (!model.ok()) {
    ++counts.refused;
    REQUIRE(model.status().message()[0] != '\0');
    return;
  }
  ++counts.accepted;
  const Graph& graph = model.value().graph();
  REQUIRE(VerifyGraph(graph, "m").ok());
  REQUIRE(VerifyVocabulary(model.value().description().vocabulary, graph, "m").ok());
  unsigned sum = 0;  // every byte can be read
  for (size_t i = 0; i < graph.tensors.size(); ++i) {
    const TensorData tensor = model.value().tensor(static_cast<int32_t>(i));
    REQUIRE(tensor.data.size() == DataBytes(graph.tensors[i]));
    REQUIRE(tensor.scales.size() == ScaleCount(graph.tensors[i]));
    for (const std::byte byte : tensor.data) sum += std::to_integer<unsigned>(byte);
    for (const std::byte byte : std::as_bytes(tensor.scales)) sum += std::to_integer<unsigned>(byte);
  }
  REQUIRE(sum > 0);
}

// `mutants` files, each with one to four changes to the FlatBuffer.
Counts MutateFlatBuffers(const FileBytes& good, int mutants, uint64_t seed) {
  const TempDir folder;
  OpenFile file(folder / "m.trit");
  Counts counts;
  for (int i = 0; i < mutants; ++i) {
    Random random(seed * 1000003 + static_cast<uint64_t>(i));
    INFO("seed " << seed << ", mutant " << i);
    FileBytes mutant = good;
    for (int change = random.Integer(1, 4); change > 0; --change) Mutate(test::FlatBufferOf(mutant), random);
    test::Seal(mutant);
    ReadMutant(file, mutant, counts);
  }
  return counts;
}

TEST_CASE("Mutants of an mlp's FlatBuffer are refused or make sense") {
  const Counts counts = MutateFlatBuffers(test::ModelBytes(test::TinyMlp()), 4000, 1);
  CHECK(counts.accepted > 100);  // else the mutants say nothing about what is accepted
  CHECK(counts.refused > 1000);
}

TEST_CASE("Mutants of a decoder's FlatBuffer are refused or make sense") {
  const Counts counts = MutateFlatBuffers(test::ModelBytes(test::TinyDecoder(), test::TinyVocabulary()), 4000, 2);
  CHECK(counts.accepted > 100);
  CHECK(counts.refused > 1000);
}

TEST_CASE("Mutants of the header are refused or make sense") {
  const FileBytes good = test::ModelBytes(test::TinyMlp());
  const TempDir folder;
  OpenFile file(folder / "m.trit");
  Counts counts;
  for (uint64_t i = 0; i < 1500; ++i) {
    Random random(i);
    INFO("mutant " << i);
    FileBytes mutant = good;
    Mutate(std::span(mutant).first(56), random);
    test::PutHeader(mutant, test::HeaderOf(mutant));
    ReadMutant(file, mutant, counts);
  }
  CHECK(counts.refused > 1000);
}

TEST_CASE("Mutants of a checkpoint's description are refused or make sense") {
  const FileBytes good = SerialiseDescription({test::TinyDecoder(), test::TinyVocabulary(), "p", {{"key", "value"}}});
  int accepted = 0;
  for (uint64_t i = 0; i < 3000; ++i) {
    Random random(i + 77);
    INFO("mutant " << i);
    FileBytes bytes = good;
    for (int change = random.Integer(1, 3); change > 0; --change) Mutate(bytes, random);
    const Result<ModelDescription> description = ParseDescription(bytes, "m");
    if (!description.ok()) continue;
    ++accepted;
    REQUIRE(VerifyGraph(description.value().graph, "m").ok());
  }
  CHECK(accepted > 100);
}

}  // namespace
}  // namespace tritwise
