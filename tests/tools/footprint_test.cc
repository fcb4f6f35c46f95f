// Footprints: what is planned against what is really written and taken, storing a model anew, boards, energy.
#include "tools/footprint/document.h"

#include <catch2/catch.hpp>
#include <set>

#include "tests/support/random_model.h"
#include "tests/tools/run_program.h"
#include "tools/bench/energy.h"
#include "tools/footprint/recode.h"
#include "tools/footprint/source.h"
#include "trainer/error.h"
#include "tritwise/plan.h"
#include "tritwise/session.h"

namespace tritwise::test {
namespace {

using Catch::Contains;

constexpr Storage kLinears[] = {Storage::kF16, Storage::kI8, Storage::kT2, Storage::kT5, Storage::kLut};
constexpr Storage kHeads[] = {Storage::kF32, Storage::kF16, Storage::kI8, Storage::kI6,
                              Storage::kI4,  Storage::kT2,  Storage::kT5};
constexpr Storage kCaches[] = {Storage::kF32, Storage::kF16, Storage::kI8};

struct PlannedFiles : TempDir {
  PlannedFiles() {
    DecoderOptions options;
    options.config.tied_head = false;
    options.linear.quantiser.norm = NormKind::kRms;
    WriteRandomModel(text, MakeDecoder(options));
    WriteRandomModel(mlp, MakeMlp());
  }

  std::string text = *this / "text.trit";
  std::string mlp = *this / "mlp.trit";
};

ModelFile Read(const std::string& path) { return std::move(ModelFile::Read(path)).value(); }

std::vector<float> Logits(const std::string& path, std::optional<Storage> cache = {}) {
  const auto model = Model::Load(path).value();
  PlanOptions options;
  options.threads = 1;
  options.cache = cache;
  const auto plan = std::move(Plan::Make(model, options)).value();
  const auto session = std::move(Session::Make(*plan, {})).value();
  const std::vector<int32_t> prompt = {3, 1, 4, 1, 5, 9, 2, 6};
  const OutputRows output = plan->Prefill(*session, prompt).value();
  return {output.row(0).begin(), output.row(0).end()};
}

}  // namespace

TEST_CASE("the planned size of a file is that of the file, for all linears and heads") {
  const PlannedFiles files;
  for (const std::string& path : {files.text, files.mlp}) {
    const ModelFile base = Read(path);
    for (const Storage linears : kLinears) {
      for (const Storage head : kHeads) {
        const Variant variant{linears, head, Storage::kF16};
        INFO(NameOf(variant));
        WriteVariant(base, variant, files / "v.trit");
        const Planned planned = PlanVariant(base.description(), variant, {{0}, 1, 0});
        CHECK(planned.file == std::filesystem::file_size(files / "v.trit"));
        const ModelFile written = Read(files / "v.trit");
        CHECK(planned.memory.weights() + planned.description == written.bytes().size());
      }
    }
  }
}

TEST_CASE("the planned cache and buffers are those that are allocated") {
  const PlannedFiles files;
  const ModelFile base = Read(files.text);
  for (const Storage linears : kLinears) {
    for (const Storage cache : kCaches) {
      const Variant variant{linears, Storage::kI8, cache};
      INFO(NameOf(variant));
      const Planned planned = PlanVariant(base.description(), variant, {{17, 96}, 2, 1000});
      WriteVariant(base, variant, files / "v.trit");
      PlanOptions options;
      options.threads = 2;
      options.cache = cache;
      options.max_outputs = 1;
      const auto plan = std::move(Plan::Make(Model::Load(files / "v.trit").value(), options)).value();
      CHECK(planned.memory.arena == plan->memory().arena);
      for (const PlannedContext& c : planned.contexts) {
        CHECK(c.cache == Session::Make(*plan, {c.context, {}}).value()->cache_bytes());
        CHECK(c.peak == planned.file + c.cache + planned.memory.arena + 1000);
      }
    }
  }
}

TEST_CASE("trits and scales are the same in every layout, so the logits are too") {
  const PlannedFiles files;
  const ModelFile base = Read(files.text);
  const std::vector<float> logits = Logits(files.text);
  for (const Storage layout : {Storage::kT2, Storage::kT5, Storage::kLut}) {
    WriteVariant(base, {layout, Storage::kI8, Storage::kF16}, files / "v.trit");
    CHECK(Logits(files / "v.trit") == logits);
    WriteVariant(Read(files / "v.trit"), {Storage::kT2, Storage::kI8, Storage::kF16}, files / "back.trit");
    CHECK(ReadFile(files / "back.trit") == ReadFile(files.text));
  }
}

TEST_CASE("linears in f16 and int8 have the ternary values, and their logits are near") {
  const PlannedFiles files;
  const ModelFile base = Read(files.text);
  const std::vector<float> logits = Logits(files.text);
  for (const Storage linears : {Storage::kF16, Storage::kI8}) {
    WriteVariant(base, {linears, Storage::kI8, Storage::kF16}, files / "v.trit");
    const ModelFile plain = Read(files / "v.trit");
    for (size_t i = 0; i < base.graph().tensors.size(); ++i) {
      const TensorSpec& from = base.graph().tensors[i];
      if (!IsTernaryWeight(from)) continue;
      const auto index = static_cast<int32_t>(i);
      const std::vector<float> before = Dequantise(from, base.tensor(index));
      const std::vector<float> after = Dequantise(plain.graph().tensors[i], plain.tensor(index));
      REQUIRE(before.size() == after.size());
      for (size_t w = 0; w < before.size(); ++w) CHECK(after[w] == Approx(before[w]).epsilon(1e-3));
    }
    double error = 0.0;
    double size = 0.0;
    const std::vector<float> near = Logits(files / "v.trit");
    for (size_t i = 0; i < logits.size(); ++i) {
      error += std::pow(double{near[i]} - double{logits[i]}, 2);
      size += std::pow(double{logits[i]}, 2);
    }
    CHECK(error < 0.01 * size);
  }
}

TEST_CASE("a token reads every matrix once, of an embedding that is no head one row, and the cache") {
  DecoderOptions options;  // three layers, two key heads of 12, 150 ids, 72 wide
  options.linear.plain = Storage::kF16;
  for (const bool tied : {true, false}) {
    options.config.tied_head = tied;
    const ModelDescription model{MakeDecoder(options), {}, "", {}};
    const Planned planned = PlanVariant(model, {Storage::kT2, Storage::kF16, Storage::kF16}, {{10}, 1, 0});
    const uint64_t row = 72 * 2;
    const uint64_t read = planned.memory.weights() - (tied ? 0 : 149 * row);
    CHECK(planned.contexts[0].token_bytes == read + planned.contexts[0].cache);
    CHECK(MostTokens(planned.contexts[0], 1e6) == Approx(1e6 / static_cast<double>(planned.contexts[0].token_bytes)));
  }
}

TEST_CASE("variants are read with what is not named filled in, the reference first") {
  const auto names = [](const std::vector<std::string>& texts) {
    std::vector<std::string> all;
    for (const Variant& variant : ParseVariants(texts)) all.push_back(NameOf(variant));
    return all;
  };
  CHECK(names({"t5", "int8", "t2/int4", "t2/int4", "lut/t5/int8", "f16"}) ==
        std::vector<std::string>{"f16/f16/f16", "t5/int8/f16", "int8/int8/f16", "t2/int4/f16", "lut/t5/int8"});
  CHECK(names({}).size() == 9);
  for (const char* wrong : {"", "t3", "int4", "t2/int5", "t2/int4/int4", "t2/int4/f16/", "t2/", "/"}) {
    INFO(wrong);
    CHECK_THROWS_WITH(ParseVariants({wrong}), Contains("variant \"" + std::string(wrong) + "\""));
  }
}

TEST_CASE("the digest is that of a network, not of how it is stored") {
  const PlannedFiles files;
  const ModelFile base = Read(files.text);
  WriteVariant(base, {Storage::kT5, Storage::kI4, Storage::kF16}, files / "v.trit");
  CHECK(Digest(Read(files / "v.trit").description()) == Digest(base.description()));
  CHECK(Digest(Read(files.mlp).description()) != Digest(base.description()));
}

TEST_CASE("every board with a known memory is there, with what targets says") {
  std::set<std::string> names;
  for (const Board& board : Boards()) {
    names.insert(std::string(board.name));
    CHECK(board.gb_per_s > 1.0);
    CHECK(ModelBytes(board) >= uint64_t{256} << 20);
    if (board.name == "rpi5") {
      CHECK(board.gb_per_s == 17.1);
      CHECK(ModelBytes(board) == uint64_t{1536} << 20);
    }
  }
  CHECK(names.count("rpi5") == 1);
  CHECK(names.count("jetson-orin") == 1);
  CHECK(names.count("x86-64") == 0);
}

TEST_CASE("energy is the sum of the packages' counters, which begin again at their range") {
  const TempDir folder;
  const auto set = [&](const std::string& package, const std::string& value) {
    folder.Write(package + "/energy_uj", value + "\n");
    folder.Write(package + "/max_energy_range_uj", "1000000\n");
  };
  set("intel-rapl:0", "100");
  set("intel-rapl:0:0", "5");  // a part of the first
  set("intel-rapl:1", "900000");
  folder.Write("intel-rapl/enabled", "1\n");
  EnergyMeter meter(folder.path().string());
  CHECK(meter.why_not() == "");
  set("intel-rapl:0", "500100");
  set("intel-rapl:1", "400000");
  CHECK(meter.Joules() == Approx(0.5 + 0.5));
  meter.Start();
  CHECK(meter.Joules() == 0.0);
}

TEST_CASE("a machine without counters of energy says so") {
  const TempDir folder;
  CHECK_THAT(EnergyMeter((folder.path() / "none").string()).why_not(), Contains("has no counters of energy"));
  folder.Write("intel-rapl:0/energy_uj", "no number\n");
  CHECK_THAT(EnergyMeter(folder.path().string()).why_not(), Contains("energy_uj: no number"));
}

}  // namespace tritwise::test
