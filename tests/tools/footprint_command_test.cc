// tritwise footprint, and bench --report, --compare and --only memory, as a user meets them.
#include <catch2/catch.hpp>
#include <chrono>
#include <csignal>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <set>
#include <sstream>
#include <thread>

#include "tests/support/random_model.h"
#include "tests/tools/page_parts.h"
#include "tests/tools/run_program.h"

namespace tritwise::test {
namespace {

using Json = nlohmann::json;

struct ReportFiles : TempDir {
  ReportFiles() {
    WriteTextModel(text, true);
    WriteRandomModel(mlp, MakeMlp());
    WriteFile(held_out, "an old tale of the sea and of the men who never came home from it");
  }

  std::string text = *this / "text.trit";
  std::string mlp = *this / "mlp.trit";
  std::string held_out = *this / "held-out.txt";
};

Outcome Report(const ReportFiles& files, const std::string& model, std::vector<std::string> more = {}) {
  std::vector<std::string> words = {"bench",     model, "--report",   files / "bench.html", "--quick",
                                    "--threads", "1",   "--variants", "t2,t5/int4/int8"};
  words.insert(words.end(), more.begin(), more.end());
  return Tritwise(words);
}

Json FootprintJson(std::vector<std::string> words) {
  words.insert(words.begin(), "footprint");
  words.push_back("--json");
  const Outcome result = Tritwise(words);
  INFO(result.err);
  REQUIRE(result.code == 0);
  return Json::parse(result.out);
}

}  // namespace

TEST_CASE("footprint plans shapes that no machine here could hold") {
  const Json json = FootprintJson({"--shape", "falcon3-10b", "--context", "512,4096", "--board", "rpi5,jetson-orin",
                                   "--bandwidth", "400", "--threads", "4"});
  CHECK(json["format"] == "tritwise-footprint");
  CHECK(json["version"] == 1);
  CHECK(json["model"]["ternary_weights"].get<uint64_t>() > 9'000'000'000u);
  REQUIRE(json["boards"].size() == 3);
  CHECK(json["boards"][2]["gb_per_s"] == 400.0);
  REQUIRE(json["variants"].size() == 9);
  const Json& fp16 = json["variants"][0];
  CHECK(fp16["name"] == "f16/f16/f16");
  CHECK(fp16["measured"].is_null());
  CHECK(fp16["planned"]["file_bytes"].get<uint64_t>() > 2 * json["model"]["parameters"].get<uint64_t>());
  for (const Json& variant : json["variants"]) {
    const Json& planned = variant["planned"];
    REQUIRE(planned["contexts"].size() == 2);
    CHECK(planned["contexts"][1]["cache_bytes"] == 8 * planned["contexts"][0]["cache_bytes"].get<uint64_t>());
    CHECK(planned["program_bytes"].get<uint64_t>() > 1 << 20);
    CHECK(planned["contexts"][0]["peak_bytes"] ==
          planned["file_bytes"].get<uint64_t>() + planned["arena_bytes"].get<uint64_t>() +
              planned["program_bytes"].get<uint64_t>() + planned["contexts"][0]["cache_bytes"].get<uint64_t>());
  }
}

TEST_CASE("footprint plans the file that random writes") {
  const ReportFiles files;
  REQUIRE(Tritwise({"random", "--shape", "1m", "--layout", "t5", "--head", "int6", "-o", files / "m.trit"}).code == 0);
  const Json json = FootprintJson({"--shape", "1m", "--variants", "t5/int6"});
  CHECK(json["variants"][1]["planned"]["file_bytes"] == ReadFile(files / "m.trit").size());
}

TEST_CASE("random writes every layout and head, and what it writes runs") {
  const ReportFiles files;
  for (const char* layout : {"f16", "int8"}) {
    for (const char* head : {"int6", "int4", "t2", "t5"}) {
      INFO(layout << " " << head);
      REQUIRE(Tritwise({"random", "--shape", "1m", "--layout", layout, "--head", head, "-o", files / "m.trit"}).code ==
              0);
      const Json json = Json::parse(Tritwise({"inspect", files / "m.trit", "--json"}).out);
      CHECK(json["tensors"][0]["storage"] == head);
      CHECK(json["tensors"][2]["storage"] == (json["tensors"][2]["shape"][0] == 1 ? "f32" : layout));
      CHECK(Tritwise({"bench", files / "m.trit", "--only", "memory", "--threads", "1"}).code == 0);
    }
  }
}

TEST_CASE("footprint takes recipes, runs and models, and its tables fit 100 columns") {
  const ReportFiles files;
  WriteFile(files / "r.toml", "[data]\npath = \"none.txt\"\nvocabulary = 512\ncontext = 1024\n");
  CHECK(FootprintJson({files / "r.toml"})["variants"][0]["planned"]["contexts"].size() == 2);
  CHECK(FootprintJson({files.mlp})["model"]["reads_text"] == false);
  const Outcome result = Tritwise({"footprint", "--shape", "llama-8b", "--board", "rpi5"});
  REQUIRE(result.code == 0);
  std::istringstream lines(result.out.substr(result.out.find('\n')));  // behind the sentence on top
  for (std::string line; std::getline(lines, line);) {
    INFO(line);
    CHECK(line.size() <= 100);
  }
}

TEST_CASE("A report that is interrupted leaves nothing behind") {
  const ReportFiles files;
  const int signal = GENERATE(SIGINT, SIGTERM);
  const auto left = [&] {
    size_t folders = 0;
    for (const auto& entry : std::filesystem::directory_iterator(files.path())) folders += entry.is_directory();
    return folders;
  };
  const Running report({TRITWISE_TEST_COMMAND, "bench", files.text, "--report", files / "bench.html"});
  while (left() == 0) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  report.Signal(signal);
  CHECK(report.Wait().code == 130);
  CHECK(left() == 0);
  CHECK_FALSE(std::filesystem::exists(files / "bench.html"));
}

TEST_CASE("bench fills a context in a process of its own and says what that took") {
  const ReportFiles files;
  const Outcome result =
      Tritwise({"bench", files.text, "--only", "memory", "--context", "50", "--threads", "1", "--json"});
  REQUIRE(result.code == 0);
  const Json json = Json::parse(result.out);
  CHECK(json["context"] == 50);
  CHECK(json["memory"]["peak_rss_bytes"].get<uint64_t>() > json["memory"]["before_the_model_bytes"].get<uint64_t>());
  CHECK(json["memory"]["file_bytes"] == ReadFile(files.text).size());
  CHECK((json["energy"]["joules_per_token"].is_number() || !json["energy"]["why_not"].get<std::string>().empty()));
  CHECK(Tritwise({"bench", files.mlp, "--only", "memory"}).code == 0);
}

TEST_CASE("bench's report measures every variant and draws it") {
  const ReportFiles files;
  const Outcome result = Report(files, files.text, {"--text", files.held_out, "--context", "40"});
  INFO(result.err);
  REQUIRE(result.code == 0);
  const Json json = Json::parse(ReadFile(files / "bench.json"));
  REQUIRE(json["variants"].size() == 3);
  for (const Json& variant : json["variants"]) {
    const Json& measured = variant["measured"];
    CHECK(measured["file_bytes"] == variant["planned"]["file_bytes"]);
    CHECK(measured["contexts"][0]["context"] == 40);
    CHECK(measured["contexts"][0]["peak_bytes"].get<uint64_t>() > 1 << 20);
    CHECK(measured["perplexity"].get<double>() > 1.0);
    CHECK(measured["load_seconds"].get<double>() > 0.0);
    CHECK(measured["first_token_warm_seconds"].get<double>() > 0.0);
    CHECK(measured["prefill"][0]["tokens_per_s"].get<double>() > 0.0);
    CHECK(measured["decode"][0]["tokens_per_s"].get<double>() > 0.0);
  }
  CHECK(json["variants"][0]["measured"]["loss"] != json["variants"][2]["measured"]["loss"]);
  const std::string page = ReadFile(files / "bench.html");
  CHECK(ScriptData(page)["variants"] == json["variants"]);
  CHECK(Contains(page, "--report"));
  CHECK_FALSE(Contains(page, "{{"));
  CHECK_FALSE(Contains(page, "src="));
  // Nothing but the report is left.
  std::set<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(files.path())) {
    names.insert(entry.path().filename().string());
  }
  CHECK(names == std::set<std::string>{"bench.html", "bench.json", "held-out.txt", "mlp.trit", "text.trit"});
}

TEST_CASE("bench's report measures networks of features, and memory alone") {
  const ReportFiles files;
  REQUIRE(Report(files, files.mlp).code == 0);
  REQUIRE(Report(files, files.text, {"--only", "memory"}).code == 0);
  const Json json = Json::parse(ReadFile(files / "bench.json"));
  CHECK(json["variants"][1]["measured"]["decode"].empty());
  CHECK(json["variants"][1]["measured"]["loss"].is_null());
}

TEST_CASE("reports of one network are compared, others refused") {
  const ReportFiles files;
  const auto footprint = [&](const std::vector<std::string>& source, const char* name) {
    Json json = FootprintJson(source);
    WriteFile(files / name, json.dump());
    return json;
  };
  Json before = footprint({files.text, "--variants", "t2,t5"}, "a.json");
  footprint({files.text, "--variants", "t5,t2/int4"}, "b.json");
  footprint({files.mlp}, "mlp.json");
  const auto compare = [&](const char* a, const char* b) {
    return Tritwise({"bench", "--compare", files / a, files / b, "--json"});
  };
  const Outcome same = compare("a.json", "b.json");
  REQUIRE(same.code == 0);
  const Json json = Json::parse(same.out);
  CHECK(json["same_machine"] == true);
  REQUIRE(json["variants"].size() == 2);
  CHECK(json["variants"][1]["name"] == "t5/int8/f16");
  CHECK(json["variants"][1]["changes"]["file"]["ratio"] == 1.0);
  CHECK(compare("a.json", "mlp.json").IsError(1, "tritwise bench: " + files / "a.json" + " and "));
  CHECK(compare("a.json", "none.json").IsError(1, "tritwise bench: " + files / "none.json" + ": cannot open"));
  before["version"] = 2;
  WriteFile(files / "newer.json", before.dump());
  CHECK(compare("newer.json", "a.json").IsError(1, "tritwise bench: " + files / "newer.json" + ": has version 2"));
  for (const char* wrong : {"", "[]", "{}", "{\"format\": 1}", "no JSON"}) {
    WriteFile(files / "wrong.json", wrong);
    CHECK(compare("a.json", "wrong.json").IsError(1, "tritwise bench: " + files / "wrong.json" + ": is not the JSON"));
  }
  WriteFile(files / "hollow.json", R"({"format": "tritwise-footprint", "version": 1})");
  CHECK(compare("a.json", "hollow.json").IsError(1, "tritwise bench: " + files / "hollow.json"));
}

TEST_CASE("footprint and bench's report refuse what they cannot do") {
  const ReportFiles files;
  const auto footprint = [](std::vector<std::string> words) {
    words.insert(words.begin(), "footprint");
    return Tritwise(words);
  };
  CHECK(footprint({}).IsError(2, "tritwise footprint: give a model"));
  CHECK(footprint({files.text, "--shape", "1m"}).IsError(2, "tritwise footprint: give a model"));
  CHECK(footprint({"--shape", "2m"}).IsError(2, "tritwise footprint: there is no shape \"2m\""));
  CHECK(footprint({files.text, "--board", "rpi9"}).IsError(2, "tritwise footprint: --board: there is no \"rpi9\""));
  CHECK(footprint({files.text, "--context", "97"}).IsError(1, "tritwise footprint: --context 97: the network's is 96"));
  CHECK(footprint({files.text, "--context", "0"}).IsError(2, "tritwise footprint: "));
  CHECK(footprint({files.text, "--variants", "t3"}).IsError(1, "tritwise footprint: variant \"t3\""));
  CHECK(footprint({files.text, "--report", "page.pdf"}).IsError(1, "tritwise footprint: --report page.pdf"));
  CHECK(footprint({files / "none.trit"}).IsError(1, "tritwise footprint: " + files / "none.trit"));
  CHECK(footprint({files.path().string()}).IsError(1, "tritwise footprint: " + files.path().string()));
  REQUIRE(Tritwise({"random", "--shape", "1m", "--layout", "f16", "-o", files / "f16.trit"}).code == 0);
  CHECK(footprint({files / "f16.trit"}).IsError(1, "tritwise footprint: " + files / "f16.trit" + ": has no ternary"));

  const std::string page = files / "p.html";
  CHECK(Tritwise({"bench", "--report", page}).IsError(2, "tritwise bench: --report needs a model"));
  CHECK(Tritwise({"bench", files.text, "--report", page, "--only", "kernels"})
            .IsError(2, "tritwise bench: --report measures memory and model, not kernels"));
  CHECK(Tritwise({"bench", files.text, "--variants", "t2"}).IsError(2, "tritwise bench: "));
  CHECK(Tritwise({"bench", files.text, "--only", "memory,model"}).IsError(2, "tritwise bench: --only memory"));
  CHECK(Tritwise({"bench", files.mlp, "--report", page, "--text", files.held_out})
            .IsError(1, "tritwise bench: " + files.mlp + ": --text needs"));
  CHECK(Tritwise({"bench", "--compare", "a.json"}).IsError(2, "tritwise bench: "));
  CHECK_FALSE(std::filesystem::exists(page));
}

}  // namespace tritwise::test
