// tritwise run, as a user meets it.
#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "tests/support/random_model.h"
#include "tests/tools/run_program.h"

namespace tritwise::test {
namespace {

struct TextModel {
  explicit TextModel(bool begin = true) { WriteTextModel(path, begin); }
  TempDir folder;
  std::string path = (folder.path() / "text.trit").string();
};

}  // namespace

TEST_CASE("run writes text and nothing else") {
  const TextModel model;
  const Outcome result = Tritwise({"run", model.path, "-p", "hello", "-n", "5"});
  CHECK(result.code == 0);
  CHECK(result.out.size() > 1);
  CHECK(result.out.back() == '\n');
  CHECK(result.err.empty());
}

TEST_CASE("run --json gives one object with the promised keys, and the same text") {
  const TextModel model;
  const Outcome plain = Tritwise({"run", model.path, "-p", "hello", "-n", "20", "--threads", "1"});
  const Outcome result = Tritwise({"run", model.path, "-p", "hello", "-n", "20", "--json", "--threads", "2"});
  REQUIRE(result.code == 0);
  const auto json = nlohmann::json::parse(result.out);
  CHECK(json["text"].get<std::string>() + "\n" == plain.out);
  CHECK(json["tokens"].get<int>() <= 20);
  CHECK(json["prefill_tokens_per_s"].get<double>() > 0.0);
  CHECK(json["decode_tokens_per_s"].get<double>() > 0.0);
  CHECK(json["peak_rss_bytes"].get<uint64_t>() > 100000);
}

TEST_CASE("run draws the same text for the same seed") {
  const TextModel model;
  const auto text = [&](const char* seed) {
    return Tritwise({"run", model.path, "-p", "a", "-n", "40", "--temperature", "5", "--top-k", "100", "--top-p",
                     "0.99", "--seed", seed})
        .out;
  };
  CHECK(text("1") == text("1"));
  CHECK(text("1") != text("2"));
}

TEST_CASE("run says when the context is full and still succeeds") {
  const TextModel model;
  const Outcome result =
      Tritwise({"run", model.path, "-p", "hello", "-n", "1000", "--seed", "3", "--temperature", "9"});
  const bool full = result.err.find("the context is full (96 tokens)") != std::string::npos;
  const auto json = nlohmann::json::parse(
      Tritwise({"run", model.path, "-p", "hello", "-n", "1000", "--seed", "3", "--temperature", "9", "--json"}).out);
  CHECK(result.code == 0);
  CHECK(json["context_full"].get<bool>() == full);
  // Greedily this model never ends.
  const Outcome greedy = Tritwise({"run", model.path, "-p", "hello", "-n", "1000"});
  CHECK(greedy.err == "tritwise run: stopped because the context is full (96 tokens)\n");
}

TEST_CASE("run stays within its memory budget and writes the same text") {
  const TempDir folder;
  const std::string path = (folder.path() / "long.trit").string();
  WriteTextModel(path, true, 60000);
  const std::string prompt(1000, 'q');
  const auto run = [&](std::vector<std::string> more) {
    std::vector<std::string> words = {"run", path, "-p", prompt, "-n", "300", "--json", "--threads", "1"};
    words.insert(words.end(), more.begin(), more.end());
    return nlohmann::json::parse(Tritwise(words).out);
  };
  const auto free = run({});
  const auto within = run({"--memory-budget", "64M"});
  CHECK(within["text"] == free["text"]);
  CHECK(within["context"].get<int64_t>() == 1001 + 300);
  CHECK(within["peak_rss_bytes"].get<uint64_t>() <= uint64_t{64} << 20);
}

TEST_CASE("what a memory budget cannot hold is refused with what would fit") {
  const TextModel model;
  const Outcome result = Tritwise({"run", model.path, "-p", "hello", "--memory-budget", "1M"});
  CHECK(result.IsError(1, "tritwise run: needs "));
  CHECK(result.err.find("model file ") != std::string::npos);
  CHECK(result.err.find("1.0 MiB; ") != std::string::npos);
}

TEST_CASE("a shorter context ends a text earlier, a longer one than the model's is refused") {
  const TextModel model;
  const Outcome shorter = Tritwise({"run", model.path, "-p", "hello", "-n", "1000", "--context", "20"});
  CHECK(shorter.code == 0);
  CHECK(shorter.err == "tritwise run: stopped because the context is full (20 tokens)\n");
  const Outcome too_short = Tritwise({"run", model.path, "-p", "qqqqqq", "--context", "3"});
  INFO(too_short.err);
  CHECK(too_short.IsError(1, "tritwise run: the prompt has 7 tokens, the context is 3"));
  CHECK(Tritwise({"run", model.path, "-p", "hello", "--context", "97"}).IsError(2, "tritwise run: --context: "));
}

TEST_CASE("an empty prompt begins a text where the vocabulary can, and is an error where it cannot") {
  const TextModel begins;
  CHECK(Tritwise({"run", begins.path, "-p", "", "-n", "3"}).code == 0);
  const TextModel does_not(false);
  CHECK(Tritwise({"run", does_not.path, "-p", "", "-n", "3"}).IsError(1, "tritwise run: the prompt is empty"));
}

TEST_CASE("a prompt longer than the context is refused") {
  const TextModel model;
  CHECK(
      Tritwise({"run", model.path, "-p", std::string(200, 'q')}).IsError(1, "tritwise run: the prompt has 201 tokens"));
}

TEST_CASE("a prompt that is not valid UTF-8 is refused") {
  const TextModel model;
  for (const char* prompt : {"\xFF", "ok \xC3", "\xED\xA0\x80", "\xC0\xAF"}) {
    CHECK(Tritwise({"run", model.path, "-p", prompt}).IsError(1, "tritwise run: the prompt is not valid UTF-8"));
  }
}

TEST_CASE("wrong usage is one line and exit code 2") {
  const TextModel model;
  CHECK(Tritwise({}).IsError(2, "tritwise: "));
  CHECK(Tritwise({"walk"}).IsError(2, "tritwise: there is no subcommand \"walk\""));
  CHECK(Tritwise({"run"}).IsError(2, "tritwise run: "));
  CHECK(Tritwise({"run", model.path}).IsError(2, "tritwise run: --prompt is required"));
  for (const std::vector<std::string>& flags : std::vector<std::vector<std::string>>{{"--temperature", "-1"},
                                                                                     {"--temperature", "hot"},
                                                                                     {"--top-p", "0"},
                                                                                     {"--top-p", "1.1"},
                                                                                     {"--top-k", "-2"},
                                                                                     {"-n", "0"},
                                                                                     {"--threads", "257"},
                                                                                     {"--cache", "i4"},
                                                                                     {"--memory-budget", "much"},
                                                                                     {"--memory-budget", "-1"},
                                                                                     {"--no-such-flag"},
                                                                                     {"--seed", "-1"}}) {
    std::vector<std::string> words = {"run", model.path, "-p", "a"};
    words.insert(words.end(), flags.begin(), flags.end());
    INFO(flags[0]);
    CHECK(Tritwise(words).IsError(2, "tritwise run: "));
  }
  CHECK(Tritwise({"eval", model.path}).IsError(2, "tritwise eval: "));
  CHECK(Tritwise({"eval", model.path, "--images", "x"}).IsError(2, "tritwise eval: "));
}

TEST_CASE("an instruction set that is not there is refused by name") {
  const TextModel model;
  setenv("TRITWISE_FORCE_TARGET", "ABACUS", 1);
  const Outcome result = Tritwise({"run", model.path, "-p", "a"});
  unsetenv("TRITWISE_FORCE_TARGET");
  CHECK(result.IsError(1, "tritwise run: "));
  CHECK(result.err.find("ABACUS") != std::string::npos);
}

TEST_CASE("every subcommand has a help text with an example") {
  CHECK(Tritwise({"random", "--help"}).out.find("tritwise random --shape") != std::string::npos);
  for (const char* name : {"run", "chat", "template", "eval", "inspect", "bench"}) {
    const Outcome result = Tritwise({name, "--help"});
    CHECK(result.code == 0);
    CHECK(result.out.find("Example") != std::string::npos);
    CHECK(result.out.find(std::string("tritwise ") + name + " model.trit") != std::string::npos);
  }
  CHECK(Tritwise({"--help"}).out.find("Example") != std::string::npos);
  CHECK(Tritwise({"--version"}).out.rfind("tritwise ", 0) == 0);
}

TEST_CASE("a closed or full standard output is an error") {
  const TextModel model;
  const std::string command =
      Emulator() + " " + TRITWISE_TEST_COMMAND + " run " + model.path + " -p a -n 5 > /dev/full";
  const Outcome result = RunProgram({"sh", "-c", command});
  CHECK(result.IsError(1, "tritwise run: "));
}

TEST_CASE("the C example writes text, and one line where it cannot") {
  const TextModel model;
  const Outcome result = RunBuilt(TRITWISE_TEST_EXAMPLE, {model.path, "hello", "8"});
  CHECK(result.code == 0);
  CHECK(result.out.size() > 1);
  CHECK(RunBuilt(TRITWISE_TEST_EXAMPLE, {"/no/such/file", "hello"}).IsError(1, "generate: /no/such/file"));
}

}  // namespace tritwise::test
