// tritwise eval and inspect, as a user meets them.
#include <catch2/catch.hpp>
#include <cmath>
#include <nlohmann/json.hpp>

#include "format/names.h"
#include "format/scoring.h"
#include "tests/support/random_model.h"
#include "tests/tools/run_program.h"
#include "tritwise/plan.h"
#include "tritwise/session.h"

namespace tritwise::test {
namespace {

using Json = nlohmann::json;

struct MeasureFiles : TempDir {
  MeasureFiles() {
    WriteTextModel(text, true);
    WriteRandomModel(mlp, MakeMlp({{20}, ActivationKind::kRelu, true}, 12, 3));
  }

  std::string text = *this / "text.trit";
  std::string mlp = *this / "mlp.trit";
};

Json ParseOne(const Outcome& result) {
  INFO(result.err);
  REQUIRE(result.code == 0);
  return Json::parse(result.out);  // throws where anything follows the object
}

std::string SomeText(size_t bytes) {
  std::string text;
  for (size_t i = 0; text.size() < bytes; ++i) text += "the " + std::to_string(i * i) + " foxes, ";
  return text;
}

// The mean loss by definition: each window by itself, token by token.
double LossByDefinition(const std::string& path, const std::string& text, size_t* tokens) {
  auto model = Model::Load(path).value();
  PlanOptions options;
  options.threads = 1;
  auto plan = std::move(Plan::Make(model, options)).value();
  auto session = std::move(Session::Make(*plan, {})).value();
  const std::vector<int32_t> ids = model->tokenizer()->Encode(text);
  double sum = 0.0;
  for (const ScoringWindow& window : ScoringWindows(ids.size(), static_cast<size_t>(model->graph().context))) {
    session->Reset();
    for (size_t i = window.begin; i < window.begin + window.rows; ++i) {
      const auto output = plan->Prefill(*session, std::span(ids).subspan(i, 1));
      sum += NegativeLogLikelihood(output.value().row(0), static_cast<size_t>(ids[i + 1]));
    }
  }
  *tokens = ids.size() - 1;
  return sum / static_cast<double>(*tokens);
}

// An IDX file of unsigned bytes.
std::string Idx(const std::vector<uint32_t>& dimensions, const std::string& bytes) {
  std::string file = {0, 0, 8, static_cast<char>(dimensions.size())};
  for (const uint32_t d : dimensions) {
    for (int shift = 24; shift >= 0; shift -= 8) file += static_cast<char>(d >> shift);
  }
  return file + bytes;
}

}  // namespace

TEST_CASE("eval measures the loss by its definition, windows sharing batches") {
  const MeasureFiles files;
  const std::string text = SomeText(2500);
  WriteFile(files / "held-out.txt", text);
  size_t tokens = 0;
  const double expected = LossByDefinition(files.text, text, &tokens);
  const Json json = ParseOne(Tritwise({"eval", files.text, "--perplexity", files / "held-out.txt", "--json"}));
  CHECK(json["tokens"].get<size_t>() == tokens);
  CHECK(json["loss"].get<double>() == Approx(expected).epsilon(1e-12));
  CHECK(json["perplexity"].get<double>() == Approx(std::exp(expected)));
}

TEST_CASE("eval refuses what it cannot measure") {
  const MeasureFiles files;
  WriteFile(files / "empty.txt", "");
  CHECK(Tritwise({"eval", files.text, "--perplexity", files / "empty.txt"})
            .IsError(1, "tritwise eval: " + files / "empty.txt"));
  CHECK(Tritwise({"eval", files.text, "--perplexity", files / "none.txt"}).IsError(1, "tritwise eval: "));
  CHECK(Tritwise({"eval", files.text, "--perplexity", files.path().string()}).IsError(1, "tritwise eval: "));
  CHECK(Tritwise({"eval", files.mlp, "--perplexity", files / "empty.txt"}).IsError(1, "tritwise eval: "));
  CHECK(Tritwise({"run", files.mlp, "-p", "a"}).IsError(1, "tritwise run: "));
  CHECK(Tritwise({"eval", files.text, "--images", "a", "--labels", "b"}).IsError(1, "tritwise eval: "));
}

#ifdef TRITWISE_TEST_WITH_IDX
TEST_CASE("eval counts the images whose highest score is their label") {
  const MeasureFiles files;
  std::string pixels;
  for (int i = 0; i < 400 * 12; ++i) pixels += static_cast<char>(i * 37 % 256);
  const auto model = Model::Load(files.mlp).value();
  PlanOptions options;
  options.max_rows = 1;
  options.threads = 1;
  const auto plan = std::move(Plan::Make(model, options)).value();
  std::string labels;
  size_t right = 0;
  for (size_t i = 0; i < 400; ++i) {
    std::vector<float> features;
    for (size_t p = 0; p < 12; ++p)
      features.push_back(static_cast<float>(static_cast<uint8_t>(pixels[i * 12 + p])) / 255.0f);
    const BatchRow row;
    const size_t best = HighestScore(plan->Forward({std::span(&row, 1), features}).value().row(0));
    labels += static_cast<char>(i % 3);
    right += best == i % 3 ? 1 : 0;
  }
  WriteFile(files / "images", Idx({400, 3, 4}, pixels));
  WriteFile(files / "labels", Idx({400}, labels));
  const Json json =
      ParseOne(Tritwise({"eval", files.mlp, "--images", files / "images", "--labels", files / "labels", "--json"}));
  CHECK(json["items"].get<size_t>() == 400);
  CHECK(json["accuracy"].get<double>() == Approx(static_cast<double>(right) / 400.0));

  WriteFile(files / "small", Idx({400, 2, 4}, pixels.substr(0, 3200)));
  CHECK(Tritwise({"eval", files.mlp, "--images", files / "small", "--labels", files / "labels"})
            .IsError(1, "tritwise eval: "));
}
#endif

TEST_CASE("inspect shows tensors, bits a weight and the share of each trit") {
  const MeasureFiles files;
  const Json json = ParseOne(Tritwise({"inspect", files.text, "--json", "--plan", "--memory"}));
  const auto file = ModelFile::Read(files.text).value().graph();
  REQUIRE(json["tensors"].size() == file.tensors.size());
  REQUIRE(json["ops"].size() == file.ops.size());
  REQUIRE(json["plan"]["ops"].size() == file.ops.size());
  uint64_t bytes = 0;
  for (const Json& tensor : json["tensors"]) {
    bytes += tensor["data_bytes"].get<uint64_t>() + tensor["scale_bytes"].get<uint64_t>();
    if (tensor["storage"] != "t2") continue;
    CHECK(tensor["bits_a_weight"].get<double>() >= 2.0);
    CHECK(tensor["bits_a_weight"].get<double>() < 2.6);
    const Json& share = tensor["share"];
    CHECK(share["-1"].get<double>() + share["0"].get<double>() + share["+1"].get<double>() == Approx(1.0));
  }
  CHECK(json["memory"]["weights_bytes"].get<uint64_t>() == bytes);
  CHECK(json["memory"]["arena_bytes"] == json["plan"]["arena_bytes"]);

  for (const std::vector<std::string>& flags : std::vector<std::vector<std::string>>{{}, {"--plan"}, {"--memory"}}) {
    std::vector<std::string> words = {"inspect", files.mlp};
    words.insert(words.end(), flags.begin(), flags.end());
    const Outcome result = Tritwise(words);
    CHECK(result.code == 0);
    CHECK_FALSE(result.out.empty());
  }
}

TEST_CASE("inspect and bench take embeddings and heads of every storage") {
  const TempDir folder;
  const std::string path = (folder.path() / "model.trit").string();
  for (const Storage storage : kGroupedStorages) {
    INFO(NameOf(storage));
    WriteRandomModel(path, MakeGroupedDecoder(storage));
    const Json json = ParseOne(Tritwise({"inspect", path, "--json", "--memory"}));
    const Json& table = json["tensors"][0];
    CHECK(table["storage"] == std::string(NameOf(storage)));
    CHECK(table.contains("share") == IsTernary(storage));
    CHECK(table["scale"] == (IsTernary(storage) ? "group" : "none"));
    CHECK(table["scale_bytes"] == (IsTernary(storage) ? 150 * 2 * 4 : 0));
    CHECK(json["memory"]["embedding_head_bytes"] == table["data_bytes"]);
    CHECK(Tritwise({"inspect", path}).code == 0);
    CHECK(Tritwise({"bench", path, "--quick", "--only", "model", "--threads", "2", "--json"}).code == 0);
  }
}

TEST_CASE("inspect refuses int6 and int4 matrices whose padding is not zero") {
  const TempDir folder;
  const std::string path = (folder.path() / "model.trit").string();
  for (const Storage storage : {Storage::kI6, Storage::kI4}) {
    const Graph graph = MakeGroupedDecoder(storage);
    RandomWeights weights = MakeRandomWeights(graph);
    weights.data[0].back() ^= std::byte{1};  // row 159 of 150
    REQUIRE(WriteModel(path, {graph, {}, "test", {}}, weights.views()).ok());
    CHECK(Tritwise({"inspect", path}).IsError(1, "tritwise inspect: tensor embedding.weight has padding"));
    CHECK(Tritwise({"bench", path, "--quick", "--only", "model", "--json"}).code == 0);
  }
}

}  // namespace tritwise::test
