// Files with right checksums that lie: enum values, shapes, segments and FlatBuffers that no writer of ours makes.
#include <functional>

#include "flatbuffers/flatbuffers.h"
#include "model_generated.h"
#include "tests/format/fixture.h"

namespace tritwise {
namespace {

using test::AttrsOf;
using test::FileBytes;
using test::ModelParts;
using test::TempDir;

std::string Refusal(const FileBytes& file) {
  const TempDir folder;
  test::WriteBytes(folder / "m.trit", file);
  const std::string line = test::ReadError(folder / "m.trit", false);
  CHECK(test::ReadError(folder / "m.trit", true) == line);
  return line.empty() ? "accepted" : line.substr((folder / "m.trit").size() + 2);
}

// The line that refuses a good decoder after `change`, without the path.
std::string Changed(const std::function<void(ModelParts&)>& change) {
  ModelParts parts = test::TakeApart(test::ModelBytes(test::TinyDecoder(), test::TinyVocabulary()));
  change(parts);
  return Refusal(parts.Join());
}

TEST_CASE("A model taken apart and put together is accepted") {
  CHECK(Changed([](ModelParts&) {}) == "accepted");
}

TEST_CASE("Enum values of a later version are refused where they stand") {
  CHECK_THAT(Changed([](ModelParts& p) { p.description.graph.input = static_cast<InputKind>(2); }),
             Catch::EndsWith("unknown kind of input"));
  for (const int value : {8, 255}) {
    CHECK_THAT(Changed([&](ModelParts& p) { p.description.graph.tensors[1].storage = static_cast<Storage>(value); }),
               Catch::EndsWith("unknown storage"));
  }
  CHECK_THAT(Changed([](ModelParts& p) { p.description.graph.tensors[1].scale = static_cast<ScaleKind>(4); }),
             Catch::EndsWith("unknown kind of scale"));
  CHECK_THAT(
      Changed([](ModelParts& p) { AttrsOf<NormAttrs>(p.description.graph, "norm").kind = static_cast<NormKind>(3); }),
      Catch::EndsWith("unknown kind of norm"));
  CHECK_THAT(Changed([](ModelParts& p) {
               AttrsOf<GatedActivationAttrs>(p.description.graph, "blocks.0.feed_forward.gate").kind =
                   static_cast<ActivationKind>(3);
             }),
             Catch::EndsWith("unknown activation"));
  CHECK_THAT(Changed([](ModelParts& p) { p.description.vocabulary.types[3] = static_cast<PieceType>(8); }),
             Catch::EndsWith("piece type 8 is unknown to this build"));
}

TEST_CASE("Shapes of the file whose products wrap around are refused") {
  const auto shape = [](int64_t rows, int64_t cols) {
    return Changed([&](ModelParts& p) {
      for (TensorSpec& t : p.description.graph.tensors) {
        if (t.name == "blocks.0.attention.out.weight") {
          t.rows = rows;
          t.cols = cols;
        }
      }
    });
  };
  const std::string refusal = "tensor blocks.0.attention.out.weight: shape out of range";
  CHECK(shape(int64_t{1} << 62, 8) == refusal);
  CHECK(shape(int64_t{1} << 32, int64_t{1} << 32) == refusal);
  CHECK(shape((int64_t{1} << 31) - 1, (int64_t{1} << 31) - 1) == refusal);
  CHECK(shape(-8, -8) == refusal);
  CHECK(shape(8, INT64_MIN) == refusal);
  CHECK(shape(0, 8) == refusal);
}

TEST_CASE("A file whose groups of columns are not whole chunks, or belong to nothing, is refused") {
  const auto group = [](Storage storage, ScaleKind scale, int64_t columns) {
    return Changed([&](ModelParts& p) {
      TensorSpec& t = p.description.graph.tensors[0];
      t.storage = storage;
      t.scale = scale;
      t.group = columns;
    });
  };
  const std::string refusal = "tensor embedding.weight: its groups of columns are not whole chunks of its storage";
  for (const int64_t columns : {int64_t{0}, int64_t{1}, int64_t{255}, int64_t{320}, int64_t{UINT32_MAX}}) {
    CHECK(group(Storage::kT2, ScaleKind::kGroup, columns) == refusal);
  }
  CHECK(group(Storage::kT5, ScaleKind::kGroup, 256) == refusal);
  CHECK(group(Storage::kT5, ScaleKind::kGroup, 320 << 20) == refusal);
  CHECK(group(Storage::kI8, ScaleKind::kRow, 64) ==
        "tensor embedding.weight: a group of columns without a scale for it");
  const std::string size = "tensor embedding.weight: its segment has not the size of its shape";
  CHECK(group(Storage::kT2, ScaleKind::kGroup, 256) == size);
  CHECK(group(Storage::kI4, ScaleKind::kNone, 0) == size);
  CHECK(group(Storage::kI6, ScaleKind::kNone, 0) == size);
}

TEST_CASE("A wider input than its table is refused, and so is a vocabulary of another size") {
  CHECK_THAT(Changed([](ModelParts& p) { p.description.graph.input_width = 7; }),
             Catch::EndsWith("its table does not fit the input or the output"));
  CHECK(Changed([](ModelParts& p) { p.description.vocabulary.pieces.pop_back(); }) ==
        "the vocabulary has 5 pieces, the network 6 ids");
}

// ---- segments

TEST_CASE("A tensor whose segment does not exist or has another size is refused") {
  const std::string refusal = "tensor embedding.weight: its segment has not the size of its shape";
  const auto data = [](uint32_t index) { return [=](ModelParts& p) { p.tensors[0].data = index; }; };
  const auto scales = [](uint32_t index) { return [=](ModelParts& p) { p.tensors[0].scales = index; }; };
  CHECK(Changed(data(1)) == refusal);
  CHECK(Changed(data(10000)) == refusal);
  CHECK(Changed(data(UINT32_MAX)) == refusal);
  CHECK(Changed(scales(0)) == refusal);
  CHECK(Changed(scales(UINT32_MAX)) == refusal);
  CHECK(Changed([](ModelParts& p) {
          p.segments.clear();
          p.payload.clear();
        }) == refusal);
}

TEST_CASE("A segment outside the file is refused, also where offset and size wrap around") {
  const size_t last = test::TakeApart(test::ModelBytes(test::TinyDecoder())).segments.size() - 1;
  const std::string refusal = "weight segment " + std::to_string(last) + " lies outside the file";
  const auto with = [&](uint64_t offset, uint64_t size) {
    return Changed([&](ModelParts& p) {
      p.segments[last].offset = offset;
      p.segments[last].size = size;
    });
  };
  CHECK(with(uint64_t{1} << 20, 4) == refusal);
  CHECK(with(UINT64_MAX, 1) == refusal);
  CHECK(with(UINT64_MAX - 63, 128) == refusal);
  CHECK(with(0, UINT64_MAX) == refusal);
  CHECK(with(64, UINT64_MAX - 63) == refusal);
  CHECK(Changed([&](ModelParts& p) { ++p.segments[last].size; }) == refusal);
}

TEST_CASE("Segments that overlap, change places, leave a gap or are not aligned are refused") {
  const std::string refusal = "weight segment 1 is not where the one before it ends";
  CHECK(Changed([](ModelParts& p) { p.segments[1].offset = p.segments[0].offset; }) == refusal);
  CHECK(Changed([](ModelParts& p) { p.segments[1].offset += 64; }) == refusal);
  CHECK(Changed([](ModelParts& p) { p.segments[1].offset += 4; }) == refusal);
  CHECK(Changed([](ModelParts& p) { p.segments[1].offset -= 4; }) == refusal);
  CHECK(Changed([](ModelParts& p) {
          std::swap(p.segments[1], p.segments[2]);
          std::swap(p.tensors[0].scales, p.tensors[1].data);
        }) == refusal);
  CHECK(Changed([](ModelParts& p) { p.segments[0].size += 64; }) == refusal);
  CHECK(Changed([](ModelParts& p) { p.segments[0].offset = 64; }) ==
        "weight segment 0 is not where the one before it ends");
}

TEST_CASE("Bytes between segments are zero and none are behind the last") {
  CHECK(Changed([](ModelParts& p) { p.payload[static_cast<size_t>(p.segments[0].size)] = std::byte{1}; }) ==
        "padding before weight segment 1 is not zero");
  CHECK(Changed([](ModelParts& p) { p.payload[63] = std::byte{1}; }) == "padding before weight segment 1 is not zero");
  CHECK(Changed([](ModelParts& p) { p.payload.push_back(std::byte{0}); }) == "bytes behind the last weight segment");
  CHECK(Changed([](ModelParts& p) { p.payload.clear(); }) == "ends before its weights");
  CHECK(Changed([](ModelParts& p) { p.payload.resize(64); }) == "weight segment 1 lies outside the file");
}

TEST_CASE("A wrong checksum of a segment is refused only where segments are verified") {
  ModelParts parts = test::TakeApart(test::ModelBytes(test::TinyMlp()));
  parts.segments[2].checksum ^= 1;
  const TempDir folder;
  test::WriteBytes(folder / "m.trit", parts.Join());
  CHECK(test::ReadError(folder / "m.trit", false) == "");
  CHECK_THAT(test::ReadError(folder / "m.trit", true),
             Catch::Contains("weights are damaged (checksum of segment 2 at byte"));
}

// ---- FlatBuffers

FileBytes GoodFlatBuffer() {
  const FileBytes file = test::ModelBytes(test::TinyDecoder(), test::TinyVocabulary());
  const auto end = static_cast<std::ptrdiff_t>(64 + test::HeaderOf(file).flatbuffer_bytes);
  return {file.begin() + 64, file.begin() + end};
}

std::string ParseRefusal(const FileBytes& flatbuffer) {
  const Result<ModelDescription> description = ParseDescription(flatbuffer, "f");
  return description.ok() ? "accepted" : description.status().message();
}

// Where a field of a table lies in the FlatBuffer.
template <class Table>
size_t FieldOffset(const FileBytes& flatbuffer, const Table* table, flatbuffers::voffset_t field) {
  const uint8_t* address = reinterpret_cast<const flatbuffers::Table*>(table)->GetAddressOf(field);
  return static_cast<size_t>(reinterpret_cast<const std::byte*>(address) - flatbuffer.data());
}

TEST_CASE("An operation of an unknown kind, or of none, is refused") {
  for (const int kind : {0, 9, 255}) {
    FileBytes flatbuffer = GoodFlatBuffer();
    const fb::Op* op = fb::GetModel(flatbuffer.data())->ops()->Get(4);
    flatbuffer[FieldOffset(flatbuffer, op, fb::Op::VT_ATTRS_TYPE)] = static_cast<std::byte>(kind);
    const Status status = ParseDescription(flatbuffer, "f").status();
    CHECK(status.code() == StatusCode::kUnsupported);
    CHECK(std::string(status.message()) ==
          "f: operation 4 (blocks.0.attention.out) is of a kind this build does not know");
  }
}

TEST_CASE("Bytes that are no FlatBuffer of a model are refused") {
  const std::string refusal = "f: the graph is not a valid FlatBuffer";
  CHECK(ParseRefusal({}) == refusal);
  for (const size_t size : {1u, 4u, 8u, 15u, 16u, 1000u}) {
    CHECK(ParseRefusal(FileBytes(size)) == refusal);
    CHECK(ParseRefusal(FileBytes(size, std::byte{0xFF})) == refusal);
  }
  FileBytes identifier = GoodFlatBuffer();
  identifier[4] ^= std::byte{0x20};
  CHECK(ParseRefusal(identifier) == refusal);
}

TEST_CASE("A required table that is missing is refused") {
  FileBytes flatbuffer = GoodFlatBuffer();
  const auto* model = reinterpret_cast<const flatbuffers::Table*>(fb::GetModel(flatbuffer.data()));
  const auto* vtable = reinterpret_cast<const std::byte*>(model->GetVTable());
  for (const auto field :
       {fb::Model::VT_TENSORS, fb::Model::VT_VALUE_WIDTHS, fb::Model::VT_OPS, fb::Model::VT_SEGMENTS}) {
    FileBytes without = flatbuffer;
    const auto entry = static_cast<size_t>(vtable - flatbuffer.data()) + field;
    without[entry] = without[entry + 1] = std::byte{0};
    CHECK(ParseRefusal(without) == "f: the graph is not a valid FlatBuffer");
  }
}

TEST_CASE("A vector of 64-bit numbers that is not aligned is refused") {
  FileBytes flatbuffer = GoodFlatBuffer();
  const fb::Model* model = fb::GetModel(flatbuffer.data());
  const size_t field = FieldOffset(flatbuffer, model, fb::Model::VT_VALUE_WIDTHS);
  int tried = 0;
  for (size_t at = (field + 8) / 4 * 4; at + 12 < flatbuffer.size(); at += 4) {
    uint32_t length;
    std::memcpy(&length, flatbuffer.data() + at, sizeof(length));
    if ((at + 4) % 8 == 0 || length == 0 || length > 3 || at + 4 + 8 * length > flatbuffer.size()) continue;
    FileBytes moved = flatbuffer;
    const auto offset = static_cast<uint32_t>(at - field);
    std::memcpy(moved.data() + field, &offset, sizeof(offset));
    CHECK(ParseRefusal(moved) == "f: the graph is not a valid FlatBuffer");
    ++tried;
  }
  CHECK(tried > 0);
}

TEST_CASE("A small FlatBuffer that unfolds to gigabytes is refused") {
  flatbuffers::FlatBufferBuilder b;
  const std::vector<flatbuffers::Offset<flatbuffers::String>> pieces(50000, b.CreateString(std::string(100000, 'x')));
  const auto vocabulary = fb::CreateVocabulary(b, b.CreateVector(pieces), b.CreateVector(std::vector<float>{}),
                                               b.CreateVector(std::vector<uint8_t>{}));
  const auto tensors = b.CreateVector(std::vector<flatbuffers::Offset<fb::Tensor>>{});
  const auto widths = b.CreateVector(std::vector<uint64_t>{});
  const auto ops = b.CreateVector(std::vector<flatbuffers::Offset<fb::Op>>{});
  const auto segments = b.CreateVectorOfStructs(std::vector<fb::Segment>{});
  fb::FinishModelBuffer(
      b, fb::CreateModel(b, 0, 0, fb::InputKind::Tokens, 50000, 1, tensors, widths, ops, 0, segments, vocabulary));
  const auto bytes = std::as_bytes(std::span(b.GetBufferPointer(), b.GetSize()));
  CHECK(ParseRefusal({bytes.begin(), bytes.end()}) == "f: the graph is not a valid FlatBuffer");
}

}  // namespace
}  // namespace tritwise
