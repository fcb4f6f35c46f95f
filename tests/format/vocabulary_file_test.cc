// A byte-level vocabulary in a .trit file: it comes back as it was written, and damage or lies are refused.
#include "model_generated.h"
#include "tests/format/fixture.h"
#include "tests/support/random.h"

namespace tritwise {
namespace {

using test::FileBytes;
using test::ModelParts;
using test::TempDir;

constexpr int64_t kPieces = 260;

Graph ByteLevelGraph() {
  DecoderConfig config;
  config.width = 8;
  config.layers = 1;
  config.heads = 2;
  config.feed_forward = 8;
  return test::MustBuild(BuildFamily(config, {InputKind::kTokens, kPieces, kPieces, 8}, {}));
}

Vocabulary ByteLevel() {
  Vocabulary v;
  v.kind = VocabularyKind::kByteLevel;
  for (int byte = 0; byte < 256; ++byte) v.pieces.emplace_back(1, static_cast<char>(byte));
  v.types.assign(256, PieceType::kBytes);
  const std::pair<const char*, PieceType> more[] = {{"ab", PieceType::kBytes},
                                                    {"<end>", PieceType::kControl},
                                                    {"  ", PieceType::kAddedNormalised},
                                                    {"", PieceType::kUnused}};
  for (const auto& [piece, type] : more) {
    v.pieces.emplace_back(piece);
    v.types.push_back(type);
  }
  v.end_id = 257;
  v.split = SplitPattern::kDigitTriples;
  v.nfc = true;
  v.whole_words_first = true;
  v.merges = {{'a', 'b'}};
  return v;
}

// The line that refuses a good file after `change`, without the path.
template <class Change>
std::string ChangedVocabulary(Change change) {
  ModelParts parts = test::TakeApart(test::ModelBytes(ByteLevelGraph(), ByteLevel()));
  change(parts.description.vocabulary);
  const TempDir folder;
  test::WriteBytes(folder / "m.trit", parts.Join());
  const std::string line = test::ReadError(folder / "m.trit");
  return line.empty() ? "accepted" : line.substr((folder / "m.trit").size() + 2);
}

void CheckVocabulary(const std::string& path) {
  const ModelFile model = test::Must(ModelFile::Read(path));
  const Vocabulary& read = model.description().vocabulary;
  const Vocabulary expected = ByteLevel();
  CHECK(read.kind == expected.kind);
  CHECK(read.pieces == expected.pieces);
  CHECK(read.types == expected.types);
  CHECK(read.scores.empty());
  CHECK(read.end_id == 257);
  CHECK(read.split == expected.split);
  CHECK(read.nfc);
  CHECK(read.whole_words_first);
  CHECK(read.merges == expected.merges);
}

TEST_CASE("A byte-level vocabulary comes back from a file as it was written") {
  const TempDir folder;
  test::WriteRandomModel(folder / "m.trit", ByteLevelGraph(), ByteLevel());
  CheckVocabulary(folder / "m.trit");
}

// Written once and never again, as v1-tiny.trit (golden_test.cc): TRITWISE_WRITE_GOLDEN=<path> format_test "..."
TEST_CASE("The golden file with a byte-level vocabulary is written", "[.]") {
  if (const char* path = std::getenv("TRITWISE_WRITE_GOLDEN"))
    test::WriteRandomModel(path, ByteLevelGraph(), ByteLevel());
}

TEST_CASE("The golden file with a byte-level vocabulary has the vocabulary that it was written with") {
  CheckVocabulary(TRITWISE_GOLDEN_DIR "/v1-byte-level.trit");
}

TEST_CASE("Enum values of a later byte-level vocabulary are refused") {
  CHECK(ChangedVocabulary([](Vocabulary&) {}) == "accepted");
  CHECK(ChangedVocabulary([](Vocabulary& v) { v.kind = static_cast<VocabularyKind>(2); }) ==
        "kind of vocabulary 2 is unknown to this build");
  CHECK(ChangedVocabulary([](Vocabulary& v) { v.split = static_cast<SplitPattern>(3); }) ==
        "split pattern 3 is unknown to this build");
  CHECK(ChangedVocabulary([](Vocabulary& v) { v.types[0] = static_cast<PieceType>(8); }) ==
        "piece type 8 is unknown to this build");
}

TEST_CASE("Byte-level vocabularies of a file that contradict themselves are refused") {
  CHECK(ChangedVocabulary([](Vocabulary& v) { v.types.pop_back(); }) == "the vocabulary contradicts itself");
  CHECK(ChangedVocabulary([](Vocabulary& v) { v.scores.push_back(0.0f); }) == "the vocabulary contradicts itself");
  CHECK(ChangedVocabulary([](Vocabulary& v) { v.end_id = 260; }) == "the vocabulary contradicts itself");
  CHECK(ChangedVocabulary([](Vocabulary& v) { v.pieces.pop_back(); }) ==
        "the vocabulary has 259 pieces, the network 260 ids");
  CHECK(ChangedVocabulary([](Vocabulary& v) { v.add_space_prefix = true; }) ==
        "the byte-level vocabulary has scores or a space prefix");
  CHECK(ChangedVocabulary([](Vocabulary& v) { v.types[3] = PieceType::kNormal; }) ==
        "the byte-level vocabulary has a piece of another kind");
  const std::string merges = "the byte-level vocabulary merges pieces that do not exist";
  CHECK(ChangedVocabulary([](Vocabulary& v) { v.merges[0].left = -1; }) == merges);
  CHECK(ChangedVocabulary([](Vocabulary& v) { v.merges[0].right = 260; }) == merges);
  CHECK(ChangedVocabulary([](Vocabulary& v) { v.merges[0].left = 257; }) == merges);
}

TEST_CASE("A sentencepiece vocabulary with parts of a byte-level one is refused") {
  const auto changed = [](auto change) {
    ModelParts parts = test::TakeApart(test::ModelBytes(test::TinyDecoder(), test::TinyVocabulary()));
    change(parts.description.vocabulary);
    const TempDir folder;
    test::WriteBytes(folder / "m.trit", parts.Join());
    return test::ReadError(folder / "m.trit");
  };
  CHECK_THAT(changed([](Vocabulary& v) { v.merges = {{2, 3}}; }), Catch::EndsWith("fields of a byte-level one too"));
  CHECK_THAT(changed([](Vocabulary& v) { v.nfc = true; }), Catch::EndsWith("fields of a byte-level one too"));
  CHECK_THAT(changed([](Vocabulary& v) { v.types[2] = PieceType::kBytes; }),
             Catch::EndsWith("has a piece of another kind"));
}

TEST_CASE("Merges that are not pairs are refused") {
  FileBytes flatbuffer = SerialiseDescription({ByteLevelGraph(), ByteLevel(), "p", {}});
  const auto* merges = fb::GetModel(flatbuffer.data())->vocabulary()->merges();
  const auto at = reinterpret_cast<const std::byte*>(merges) - flatbuffer.data();
  flatbuffer[static_cast<size_t>(at)] = std::byte{1};
  const Status status = ParseDescription(flatbuffer, "f").status();
  CHECK(std::string(status.message()) == "f: the vocabulary's merges are not pairs");
}

TEST_CASE("Mutants of a byte-level vocabulary are refused or make a tokenizer that is safe for any text") {
  const FileBytes good = SerialiseDescription({ByteLevelGraph(), ByteLevel(), "p", {}});
  int accepted = 0;
  for (uint64_t i = 0; i < 3000; ++i) {
    test::Random random(i + 5);
    INFO("mutant " << i);
    FileBytes bytes = good;
    for (int change = random.Integer(1, 3); change > 0; --change) {
      bytes[static_cast<size_t>(random.Bits() % bytes.size())] = static_cast<std::byte>(random.Integer(0, 255));
    }
    Result<ModelDescription> description = ParseDescription(bytes, "m");
    if (!description.ok()) continue;
    Result<Tokenizer> tokenizer = Tokenizer::Make(description.value().vocabulary);
    if (!tokenizer.ok()) continue;
    ++accepted;
    const std::vector<int32_t> ids = tokenizer.value().Encode("ab  <end> caf\u00E9 \xFF", {.parse_special = true});
    CHECK(!tokenizer.value().Decode(ids).empty());
  }
  CHECK(accepted > 100);
}

}  // namespace
}  // namespace tritwise
