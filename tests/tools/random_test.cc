// tritwise random: what is written, that it runs, and what is refused.
#include <catch2/catch.hpp>
#include <cmath>
#include <nlohmann/json.hpp>

#include "format/checksum.h"
#include "format/pack.h"
#include "tests/tools/run_program.h"
#include "tritwise/plan.h"
#include "tritwise/session.h"

namespace tritwise::test {
namespace {

using Json = nlohmann::json;

Outcome RandomModel(const std::string& shape, const std::string& out, std::vector<std::string> more = {}) {
  std::vector<std::string> words = {"random", "--shape", shape, "-o", out};
  words.insert(words.end(), more.begin(), more.end());
  return Tritwise(words);
}

// Of all tensors' bytes and scales; the rest of a file names the version that wrote it.
uint64_t WeightsChecksum(const std::string& path) {
  const ModelFile file = ModelFile::Read(path).value();
  RunningChecksum checksum;
  for (size_t i = 0; i < file.graph().tensors.size(); ++i) {
    const TensorData tensor = file.tensor(static_cast<int32_t>(i));
    checksum.Add(tensor.data);
    checksum.Add(std::as_bytes(tensor.scales));
  }
  return checksum.value();
}

}  // namespace

TEST_CASE("random writes the same weights for the same seed on every machine") {
  const TempDir folder;
  REQUIRE(RandomModel("1m", folder / "a.trit", {"--seed", "1"}).code == 0);
  REQUIRE(RandomModel("1m", folder / "b.trit").code == 0);
  REQUIRE(RandomModel("1m", folder / "c.trit", {"--seed", "2"}).code == 0);
  CHECK(ReadFile(folder / "a.trit") == ReadFile(folder / "b.trit"));
  CHECK(WeightsChecksum(folder / "a.trit") == 0xbc621b5f4b6c17b2);
  CHECK(WeightsChecksum(folder / "a.trit") != WeightsChecksum(folder / "c.trit"));
}

TEST_CASE("random draws -1, 0 and +1 alike and embeddings around 0") {
  const TempDir folder;
  for (const char* layout : {"t2", "t5", "lut"}) {
    REQUIRE(RandomModel("1m", folder / "m.trit", {"--layout", layout, "--head", "f32"}).code == 0);
    const Json json = Json::parse(Tritwise({"inspect", folder / "m.trit", "--json"}).out);
    for (const Json& tensor : json["tensors"]) {
      if (!tensor.contains("share")) continue;
      CHECK(tensor["storage"] == layout);
      for (const char* trit : {"-1", "0", "+1"})
        CHECK(tensor["share"][trit].get<double>() == Approx(1.0 / 3).margin(0.01));
    }
    CHECK(json["ternary"]["weights"] == 4 * (128 * 384 + 128 * 128 + 3 * 128 * 344));
    const double bits = json["ternary"]["bits_a_weight"].get<double>();
    CHECK(bits >= (layout == std::string("t5") ? 1.6 : 2.0));
    CHECK(bits < (layout == std::string("t5") ? 1.75 : 2.05));
  }
  const ModelFile file = ModelFile::Read(folder / "m.trit").value();
  const auto* embedding = reinterpret_cast<const float*>(file.tensor(0).data.data());
  double sum = 0.0;
  double squares = 0.0;
  const size_t n = 2048 * 128;
  for (size_t i = 0; i < n; ++i) {
    sum += embedding[i];
    squares += double{embedding[i]} * embedding[i];
  }
  CHECK(sum / static_cast<double>(n) == Approx(0.0).margin(1e-3));
  CHECK(squares / static_cast<double>(n) == Approx(1.0 / 128).epsilon(0.02));
}

TEST_CASE("random draws the same trits for every layout") {
  const TempDir folder;
  std::vector<std::vector<int8_t>> first;  // of t2
  for (const char* layout : {"t2", "t5", "lut"}) {
    REQUIRE(RandomModel("125m", folder / "m.trit", {"--layout", layout}).code == 0);
    const ModelFile file = ModelFile::Read(folder / "m.trit").value();
    size_t linears = 0;
    for (size_t t = 0; t < file.graph().tensors.size() && linears < 7; ++t) {
      const TensorSpec& spec = file.graph().tensors[t];
      if (!IsTernary(spec.storage)) continue;
      std::vector<int8_t> trits(static_cast<size_t>(spec.rows * spec.cols));
      CHECK(UnpackTernary(
          MakeTernaryGeometry(spec.storage, static_cast<size_t>(spec.rows), static_cast<size_t>(spec.cols)),
          file.tensor(static_cast<int32_t>(t)).data, trits));
      if (first.size() == linears) first.push_back(trits);
      CHECK(trits == first[linears++]);
    }
  }
}

TEST_CASE("what random writes computes finite logits, in every layout and with every head") {
  const TempDir folder;
  for (const char* layout : {"t2", "t5", "lut"}) {
    for (const char* head : {"int8", "f16", "f32"}) {
      REQUIRE(RandomModel("1m", folder / "m.trit", {"--layout", layout, "--head", head}).code == 0);
      const auto model = Model::Load(folder / "m.trit").value();
      PlanOptions options;
      options.threads = 1;
      const auto plan = std::move(Plan::Make(model, options)).value();
      const auto session = std::move(Session::Make(*plan, {})).value();
      const std::vector<int32_t> tokens = {1, 700, 2047, 3, 3};
      double squares = 0.0;
      for (const float logit : plan->Prefill(*session, tokens).value().row(0)) squares += double{logit} * logit;
      CHECK(squares / 2048 > 0.1);
      CHECK(squares / 2048 < 10.0);
    }
  }
}

TEST_CASE("random takes a shape of one's own, of any family") {
  const TempDir folder;
  WriteFile(
      folder / "mine.toml",
      "[data]\nfeatures = 30\nclasses = 7\n[network]\nfamily = \"mlp\"\nhidden = [33]\n[quantise]\nnorm = \"none\"\n");
  REQUIRE(RandomModel(folder / "mine.toml", folder / "mine.trit").code == 0);
  const Json json = Json::parse(Tritwise({"inspect", folder / "mine.trit", "--json"}).out);
  CHECK(json["metadata"]["shape"] == "mine");
  CHECK(json["tensors"][0]["shape"] == Json({33, 30}));
  CHECK(json["output_width"] == 7);
}

TEST_CASE("random refuses what is no shape, with the line and the key") {
  const TempDir folder;
  const std::string out = folder / "m.trit";
  CHECK(RandomModel("2m", out).IsError(2,
                                       "tritwise random: there is no shape \"2m\" (there are 125m | 1m | bitnet-2b4t"));
  const auto refused = [&](const std::string& toml, const std::string& why) {
    WriteFile(folder / "s.toml", toml);
    const Outcome result = RandomModel(folder / "s.toml", out);
    INFO(result.err);
    CHECK(result.IsError(1, "tritwise random: " + folder / "s.toml" + why));
  };
  const std::string data = "[data]\nvocabulary = 10\ncontext = 10\n";
  refused("\n", ": data.vocabulary and data.context");
  refused("x = [", ":1: not valid TOML");
  refused(data + "[network]\nwidht = 8\n", ":5: unknown key network.widht");
  refused(data + "[network]\nheads = \"four\"\n", ":5: network.heads must be an integer");
  refused(data + "[network]\nheads = 7\n", ": network.heads: must divide width");
  refused(data + "[quantise]\nnorm = \"l2\"\n", ":5: quantise.norm must be one of: none | layer | rms");
  refused(data + "[train]\nsteps = 5\n", ":4: unknown key train");
  refused(data + "classes = 3\n", ": data has either");
  CHECK(RandomModel("1m", out, {"--layout", "t3"}).IsError(2, "tritwise random: "));
  CHECK(RandomModel("1m", folder / "none" + "/m.trit").IsError(1, "tritwise random: "));
  CHECK_FALSE(std::filesystem::exists(out));
}

TEST_CASE("run refuses a model without a vocabulary in one line") {
  const TempDir folder;
  REQUIRE(RandomModel("1m", folder / "m.trit").code == 0);
  const Outcome result = Tritwise({"run", folder / "m.trit", "-p", "a"});
  CHECK(result.IsError(1, "tritwise run: "));
  CHECK(result.err.find("no vocabulary") != std::string::npos);
}

}  // namespace tritwise::test
