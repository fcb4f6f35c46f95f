// tritwise bench, as a user meets it: sections, keys, combinations. Speeds are only said to be there.
#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>
#include <set>

#include "kernels/kernels.h"
#include "tests/support/random_model.h"
#include "tests/tools/run_program.h"

namespace tritwise::test {
namespace {

using Json = nlohmann::json;

struct BenchFiles : TempDir {
  BenchFiles() {
    REQUIRE(Tritwise({"random", "--shape", "1m", "-o", text}).code == 0);
    WriteRandomModel(mlp, MakeMlp({{20}, ActivationKind::kRelu, true}, 12, 3));
  }

  std::string text = *this / "text.trit";
  std::string mlp = *this / "mlp.trit";
};

Outcome Bench(std::vector<std::string> words) {
  words.insert(words.begin(), {"bench", "--quick"});
  return Tritwise(words);
}

Json BenchJson(std::vector<std::string> words) {
  words.push_back("--json");
  const Outcome result = Bench(words);
  INFO(result.err);
  REQUIRE(result.code == 0);
  return Json::parse(result.out);  // throws where anything follows the object
}

bool IsRate(const Json& json, const char* key) {
  const double median = json.at(key).get<double>();
  return median > 0.0 && json.at("slowest").get<double>() <= median && json.at("fastest").get<double>() >= median &&
         json.at("repetitions").get<size_t>() > 0;
}

}  // namespace

TEST_CASE("bench gives machine, kernels, prefill, decode and memory") {
  const BenchFiles files;
  for (const std::string& path : {files.text, files.mlp}) {
    const Json json = BenchJson({path, "--threads", "1"});
    CHECK(json["machine"]["threads"] == 1);
    CHECK_FALSE(json["machine"]["target"].get<std::string>().empty());
    CHECK_FALSE(json["machine"]["kernels"].empty());
    CHECK(json["machine"]["read_gb_per_s"].get<double>() > 0.0);
    CHECK(json["machine"]["dot_gops"].get<double>() > 0.0);
    REQUIRE(json["machine"]["read"].size() == 2);
    for (const Json& read : json["machine"]["read"]) CHECK(IsRate(read, "gb_per_s"));
    for (const char* section : {"prefill", "decode"}) {
      CHECK(IsRate(json[section], "tokens_per_s"));
      CHECK(json[section]["us_per_token"].get<double>() * json[section]["tokens_per_s"].get<double>() == Approx(1e6));
      for (const Json& by : json[section]["by"]) CHECK(IsRate(by, "tokens_per_s"));
    }
    CHECK(json["decode"]["share_of_read"].get<double>() > 0.0);
    CHECK(json["prefill"]["share_of_dot"].get<double>() > 0.0);
    CHECK(json["prefill"]["share_of_dot_whole"].get<double>() > 0.0);
    double share = 0.0;
    for (const Json& op : json["prefill"]["operations"]) share += op["share"].get<double>();
    CHECK(share == Approx(1.0));
    CHECK(json["load"]["checked"]["seconds"].get<double>() > 0.0);
    CHECK(json["load"]["unchecked"]["seconds"].get<double>() > 0.0);
    CHECK(json["first_token"]["seconds"].get<double>() > 0.0);
    const auto& start = json["start"];
    // From disk too, but where the file system keeps the file in memory.
    CHECK(start["by"].size() == (start["kept_in_memory"].get<double>() > 0.01 ? 2 : 4));
    for (const auto& by : start["by"]) CHECK(by["seconds"].get<double>() > 0.0);
    CHECK(json["memory"]["weights_bytes"].get<uint64_t>() > 0);
    CHECK(json["memory"]["arena_bytes"].get<uint64_t>() > 0);
  }
}

TEST_CASE("bench counts the bytes that a decoded token reads: all weights once, and the cache") {
  const BenchFiles files;
  const Json json = BenchJson({"--only", "model", "--context", "100", "--threads", "1", files.text});
  // Four tokens behind 100 positions: 102 on average; keys and values of four layers, 128 wide, f16.
  const uint64_t cache = 4 * 2 * 128 * 2 * 102;
  CHECK(json["decode"]["bytes_per_token"].get<uint64_t>() == json["memory"]["weights_bytes"].get<uint64_t>() + cache);
}

TEST_CASE("bench decodes with every number of threads, sequences and positions that is asked for") {
  const BenchFiles files;
  const Json json = BenchJson({files.text, "--only", "model", "--threads", "2,1", "--batch", "1,3", "--context",
                               "5,300,100000", "--prompt", "33"});
  std::set<std::vector<int>> measured;
  for (const Json& by : json["decode"]["by"]) {
    measured.insert(std::vector<int>{by["threads"].get<int>(), by["batch"].get<int>(), by["context"].get<int>()});
  }
  // The last context is as far as there is room for four more tokens in 512.
  CHECK(measured ==
        std::set<std::vector<int>>{
            {1, 1, 5}, {1, 1, 300}, {1, 1, 508}, {1, 3, 5}, {2, 1, 5}, {2, 1, 300}, {2, 1, 508}, {2, 3, 5}});
  CHECK(json["decode"]["by"][0]["threads"] == 2);
  CHECK(json["decode"]["tokens_per_s"] == json["decode"]["by"][0]["tokens_per_s"]);
  CHECK(json["prefill"]["by"].size() == 2);
  CHECK(json["prefill"]["tokens"] == 33);
}

TEST_CASE("bench measures the sections that are asked for, two of them without a model") {
  const BenchFiles files;
  const Json machine = BenchJson({"--only", "machine", "--threads", "1"});
  CHECK(machine.size() == 1);
  const Json both = BenchJson({"--only", "machine,kernels", "--threads", "1"});
  CHECK(both.contains("kernels"));
  CHECK_FALSE(both.contains("decode"));
  const Json model = BenchJson({files.text, "--only", "model", "--threads", "1"});
  CHECK(model.contains("decode"));
  CHECK_FALSE(model.contains("kernels"));
}

TEST_CASE("bench times every product kernel of every instruction set, and checks it") {
  for (const std::string& target : kernels::SupportedTargets()) {
    const Json json = BenchJson({"--only", "kernels", "--target", target, "--threads", "1"});
    std::set<std::string> names;
    for (const Json& kernel : json["kernels"]) {
      names.insert(kernel["name"]);
      CHECK(kernel["target"] == target);
      CHECK(kernel["checked"] == true);
      CHECK(IsRate(kernel, "gops"));
      CHECK(kernel["gb_per_s"].get<double>() > 0.0);
      CHECK(kernel["share"].get<double>() > 0.0);
      CHECK(kernel["share_of"] == (kernel["rows"] == 1 ? "read" : "dot"));
      CHECK_FALSE(kernel["shape"].get<std::string>().empty());
    }
    std::set<std::string> expected = {"linear_i8", "linear_rows_i8", "ternary_row_lut", "ternary_rows_lut"};
    for (const kernels::Alternative& a : kernels::Alternatives()) {
      expected.insert(std::string(a.operation) + "/" + a.name);
    }
    CHECK(names == expected);
  }
}

TEST_CASE("bench's tables fit 100 columns") {
  const BenchFiles files;
  const Outcome result = Bench({files.text, "--threads", "1"});
  REQUIRE(result.code == 0);
  std::istringstream lines(result.out);
  size_t count = 0;
  for (std::string line; std::getline(lines, line); ++count) {
    INFO(line);
    CHECK(line.size() <= 100);
  }
  CHECK(count > 30);
}

TEST_CASE("bench refuses what it cannot measure") {
  const BenchFiles files;
  CHECK(Bench({}).IsError(2, "tritwise bench: give a model"));
  CHECK(Bench({files.text, "--only", "kernel"}).IsError(2, "tritwise bench: "));
  CHECK(Bench({files.text, "--target", "ABACUS"}).IsError(2, "tritwise bench: --target: \"ABACUS\""));
  CHECK(Bench({files.text, "--threads", "1,300"}).IsError(2, "tritwise bench: "));
  CHECK(Bench({files.text, "--batch", "0"}).IsError(2, "tritwise bench: "));
  CHECK(Bench({files / "none.trit", "--only", "model"}).IsError(1, "tritwise bench: " + files / "none.trit"));
}

}  // namespace tritwise::test
