// Checkpoints and the safetensors layout they are written in.
#include "trainer/checkpoint.h"

#include <catch2/catch.hpp>
#include <cstring>
#include <nlohmann/json.hpp>

#include "tests/trainer/small_run.h"
#include "trainer/error_status.h"
#include "trainer/safetensors.h"

namespace tritwise::test {
namespace {

using Catch::Contains;

Checkpoint SmallCheckpoint() {
  Checkpoint c;
  c.recipe = SmallRun(300).recipe;
  c.threads = 3;
  c.description.graph =
      ValueOrThrow(BuildFamily(c.recipe.network, {InputKind::kTokens, 12, 12, 8}, c.recipe.linear_options()));
  const ParameterLayout layout(c.description.graph);
  c.state.step = 7;
  c.state.optimiser_steps = 3;
  c.state.data_position = (uint64_t{1} << 40) + 5;
  c.state.weights = InitialParameters(c.description.graph, layout, 4);
  c.state.first_moment = InitialParameters(c.description.graph, layout, 5);
  c.state.second_moment = InitialParameters(c.description.graph, layout, 6);
  return c;
}

TEST_CASE("a checkpoint reads back as it was written") {
  const TempDir dir;
  const std::string path = (dir.path() / "c.safetensors").string();
  const Checkpoint c = SmallCheckpoint();
  WriteCheckpoint(path, c);
  const Checkpoint again = ReadCheckpoint(path);
  CHECK(again.state.step == 7);
  CHECK(ReadCheckpointStep(path) == 7);
  CHECK(again.state.optimiser_steps == 3);
  CHECK(again.state.data_position == (uint64_t{1} << 40) + 5);
  CHECK(again.threads == 3);
  CHECK(again.state.weights == c.state.weights);
  CHECK(again.state.first_moment == c.state.first_moment);
  CHECK(again.state.second_moment == c.state.second_moment);
  CHECK(FirstDifference(again.recipe, c.recipe).empty());
  CHECK(SerialiseDescription(again.description) == SerialiseDescription(c.description));
}

TEST_CASE("a checkpoint is a safetensors file that another reader understands") {
  const TempDir dir;
  const std::string path = (dir.path() / "c.safetensors").string();
  const Checkpoint c = SmallCheckpoint();
  WriteCheckpoint(path, c);
  const std::string bytes = FileBytes(path);
  uint64_t header_bytes = 0;
  std::memcpy(&header_bytes, bytes.data(), 8);
  CHECK((8 + header_bytes) % 64 == 0);
  const auto header = nlohmann::json::parse(bytes.substr(8, header_bytes));
  const auto& tensor = header.at("embedding.weight");
  CHECK(tensor.at("dtype") == "F32");
  CHECK(tensor.at("shape") == nlohmann::json({12, 32}));
  const size_t begin = 8 + header_bytes + tensor.at("data_offsets").at(0).get<size_t>();
  CHECK(std::memcmp(bytes.data() + begin, c.state.weights.data(), 12 * 32 * sizeof(float)) == 0);
}

TEST_CASE("a safetensors file that is no checkpoint is refused") {
  const TempDir dir;
  const std::string path = (dir.path() / "c.safetensors").string();
  WriteSafetensors(path, {{"format", "pt"}}, {});
  CHECK_THROWS_WITH(ReadCheckpoint(path), Contains("not a checkpoint of tritwise"));
  CHECK_THROWS_WITH(ReadCheckpointStep(path), Contains("not a checkpoint of tritwise"));
}

TEST_CASE("files that are not safetensors are refused in one line") {
  const TempDir dir;
  const std::string huge(8, '\xFF');
  for (const std::string& bytes :
       {std::string(), std::string("abc"), huge + "{}", std::string("\x02\0\0\0\0\0\0\0[]", 10),
        std::string("\x05\0\0\0\0\0\0\0{\"a\":", 13)}) {
    CHECK_THROWS_AS(SafetensorsFile(dir.Write("bad.safetensors", bytes).string()), Error);
  }
  CHECK_THROWS_WITH(SafetensorsFile((dir.path() / "none").string()), Contains("cannot open"));
}

TEST_CASE("a tensor whose offsets do not fit its shape or the file is refused") {
  const TempDir dir;
  for (const char* header :
       {R"({"a":{"dtype":"F32","shape":[2],"data_offsets":[0,4]}})",
        R"({"a":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}})",
        R"({"a":{"dtype":"F32","shape":[-1],"data_offsets":[0,4]}})",
        R"({"a":{"dtype":"F32","shape":[4611686018427387905],"data_offsets":[0,4]}})",
        R"({"a":{"dtype":"X9","shape":[1],"data_offsets":[0,4]}})",
        R"({"a":{"dtype":"F32","shape":[1],"data_offsets":[4,0]}})", R"({"a":{"shape":[1],"data_offsets":[0,4]}})"}) {
    const uint64_t size = std::strlen(header);
    std::string bytes(reinterpret_cast<const char*>(&size), 8);
    bytes += header;
    bytes += "1234";
    CHECK_THROWS_AS(SafetensorsFile(dir.Write("bad.safetensors", bytes).string()), Error);
  }
}

}  // namespace
}  // namespace tritwise::test
