// The minimal command does what the full one does with the same words.
#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "tests/support/random_model.h"
#include "tests/tools/run_program.h"

namespace tritwise::test {
namespace {

using Words = std::vector<std::string>;

Outcome Minimal(const Words& words) { return RunBuilt(TRITWISE_TEST_MINIMAL, words); }

struct Models {
  Models() {
    WriteTextModel(text, true);
    WriteRandomModel(mlp, MakeMlp({{20}, ActivationKind::kRelu, true}, 12, 3));
  }
  TempDir folder;
  std::string text = (folder.path() / "text.trit").string();
  std::string mlp = (folder.path() / "mlp.trit").string();
};

void CheckSame(const Words& words) {
  INFO(words[0] + " ... " + words.back());
  const Outcome full = Tritwise(words);
  const Outcome minimal = Minimal(words);
  CHECK(minimal.code == full.code);
  CHECK(minimal.out == full.out);
  CHECK(minimal.err == full.err);
}

}  // namespace

TEST_CASE("the minimal command writes what the full one writes, greedily and drawn") {
  const Models models;
  CheckSame({"run", models.text, "-p", "hello", "-n", "20"});
  CheckSame({"run", models.text, "--prompt", "hello", "--tokens=1000", "--threads", "2"});
  CheckSame({"run", models.text, "-p", "a", "-n40", "--temperature", "5", "--top-k", "100", "--top-p", "0.99", "--seed",
             "18446744073709551615", "--cache", "int8", "--no-verify"});
}

TEST_CASE("the minimal command's JSON has keys of the full one's, and its text") {
  const Models models;
  const Words words = {"run", models.text, "-p", "hello", "-n", "20", "--json"};
  const auto full = nlohmann::json::parse(Tritwise(words).out);
  const auto minimal = nlohmann::json::parse(Minimal(words).out);
  for (const auto& [key, value] : minimal.items()) CHECK(full.contains(key));
  CHECK(minimal.size() == 7);
  for (const char* key : {"text", "tokens", "prompt_tokens", "context_full"}) CHECK(minimal[key] == full[key]);
  CHECK(minimal["prefill_tokens_per_s"].get<double>() > 0.0);
  CHECK(minimal["peak_rss_bytes"].get<uint64_t>() > 100000);
}

TEST_CASE("the minimal command inspects as the full one does") {
  const Models models;
  for (const std::string& path : {models.text, models.mlp}) {
    CheckSame({"inspect", path});
    CheckSame({"inspect", path, "--plan", "--memory", "--threads", "1"});
  }
}

TEST_CASE("the minimal command's bench measures texts and rows of features by thread count") {
  const Models models;
  for (const std::string& path : {models.text, models.mlp}) {
    const Outcome result = Minimal({"bench", path, "--threads", "1,2", "--prompt", "8", "--tokens", "2", "--json"});
    INFO(result.err);
    REQUIRE(result.code == 0);
    const auto json = nlohmann::json::parse(result.out);
    CHECK(json["machine"]["threads"] == 2);
    CHECK(json["machine"]["read_gb_per_s"].get<double>() > 0.0);
    for (const char* what : {"prefill", "decode"}) {
      REQUIRE(json[what]["by"].size() == 2);
      CHECK(json[what]["by"][1]["threads"] == 1);
      CHECK(json[what]["tokens_per_s"].get<double>() > 0.0);
    }
    const auto memory = nlohmann::json::parse(Tritwise({"inspect", path, "--memory", "--threads", "2", "--json"}).out);
    CHECK(json["memory"]["weights_bytes"] == memory["memory"]["weights_bytes"]);
    CHECK(json["memory"]["cache_bytes"] == memory["memory"]["cache_bytes"]);
    CHECK(json["memory"]["peak_rss_bytes"].get<uint64_t>() > 100000);
  }
  CHECK(Minimal({"bench", models.text, "--threads", "1", "--prompt", "4", "--tokens", "1"}).code == 0);
}

TEST_CASE("the minimal command's failures are those of the full one") {
  const Models models;
  CheckSame({"run", models.mlp, "-p", "a"});
  CheckSame({"run", models.text, "-p", "\xFF"});
  CheckSame({"run", models.text, "-p", std::string(200, 'q')});
  CheckSame({"run", models.text + ".none", "-p", "a"});
  WriteFile(models.text, ReadFile(models.text).substr(0, 1000));
  CheckSame({"inspect", models.text});
  CHECK(Minimal({"bench", models.text}).IsError(1, "tritwise bench: " + models.text));
  const Outcome full_disk = RunProgram({"sh", "-c", Emulator() + " " + TRITWISE_TEST_MINIMAL + " --help > /dev/full"});
  CHECK(full_disk.IsError(1, "tritwise: cannot write to standard output"));
}

TEST_CASE("wrong usage of the minimal command is one line and exit code 2") {
  const Models models;
  CHECK(Minimal({}).IsError(2, "tritwise: a subcommand is required"));
  CHECK(Minimal({"eval"}).IsError(2, "tritwise: there is no subcommand \"eval\""));
  CHECK(Minimal({"two\nlines"}).IsError(2, "tritwise: there is no subcommand \"two lines\""));
  CHECK(Minimal({"run"}).IsError(2, "tritwise run: MODEL.trit is required"));
  CHECK(Minimal({"run", models.text}).IsError(2, "tritwise run: --prompt is required"));
  CHECK(Minimal({"bench", models.text, "--threads", "1,257"}).IsError(2, "tritwise bench: --threads"));
  for (const Words& flags :
       {Words{"--temperature", "-1"}, Words{"--temperature", "hot"}, Words{"--top-p", "0"}, Words{"--top-p", "1.1"},
        Words{"--top-k", "-2"}, Words{"-n", "0"}, Words{"--threads", "257"}, Words{"--cache", "i4"},
        Words{"--no-such-flag"}, Words{"--seed", "-1"}, Words{"--tokens"}}) {
    Words words = {"run", models.text, "-p", "a"};
    words.insert(words.end(), flags.begin(), flags.end());
    INFO(flags[0]);
    CHECK(Minimal(words).IsError(2, "tritwise run: "));
    CHECK(Tritwise(words).code == 2);
  }
}

TEST_CASE("every subcommand of the minimal command has a help text with an example") {
  for (const char* name : {"run", "inspect", "bench"}) {
    const Outcome result = Minimal({name, "--help"});
    CHECK(result.code == 0);
    CHECK(result.out.find(std::string("Example:\n  tritwise ") + name + " model.trit") != std::string::npos);
  }
  CHECK(Minimal({"--help"}).out.find("Subcommands:") != std::string::npos);
  CHECK(Minimal({"--version"}).out.rfind(Tritwise({"--version"}).out.substr(0, 10), 0) == 0);
}

}  // namespace tritwise::test
