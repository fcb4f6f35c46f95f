// tritwise chat and tritwise template, as a user meets them.
#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "tests/support/random_model.h"
#include "tests/tools/run_program.h"

namespace tritwise::test {
namespace {

constexpr const char* kToml = R"(begin = true
stop = ["</s>", "z"]
[system]
prefix = "<s>system "
suffix = "</s>"
[user]
prefix = "<s>user "
suffix = "</s>"
[assistant]
prefix = "<s>"
suffix = "</s>"
)";

struct ChatModel {
  explicit ChatModel(int64_t context = 96, const std::string& chat = "") {
    WriteTextModel(bare, true, context);
    WriteFile(toml, kToml);
    const Outcome made = Tritwise({"template", bare, "--chat", chat.empty() ? toml : chat, "-o", path});
    INFO(made.err);
    REQUIRE(made.code == 0);
  }

  // Standard input is `lines`.
  Outcome Chat(const std::string& lines, std::vector<std::string> more = {}) const {
    const std::string input = (folder.path() / "input").string();
    WriteFile(input, lines);
    std::vector<std::string> words = {"chat", path, "--threads", "1"};
    if (std::find(more.begin(), more.end(), "-n") == more.end()) words.insert(words.end(), {"-n", "12"});
    words.insert(words.end(), more.begin(), more.end());
    return RunBuilt(TRITWISE_TEST_COMMAND, words, input);
  }
  std::vector<nlohmann::json> Answers(const std::string& lines, std::vector<std::string> more = {}) const {
    more.push_back("--json");
    std::istringstream out(Chat(lines, more).out);
    std::vector<nlohmann::json> answers;
    for (std::string line; std::getline(out, line);) answers.push_back(nlohmann::json::parse(line));
    return answers;
  }

  TempDir folder;
  std::string bare = (folder.path() / "bare.trit").string();
  std::string toml = (folder.path() / "mine.toml").string();
  std::string path = (folder.path() / "chat.trit").string();
};

}  // namespace

TEST_CASE("template copies a model with all that it has, and a template") {
  const ChatModel model;
  auto before = nlohmann::json::parse(Tritwise({"inspect", model.bare, "--json"}).out);
  auto after = nlohmann::json::parse(Tritwise({"inspect", model.path, "--json"}).out);
  CHECK(before["chat"].is_null());
  CHECK(after["chat"]["user"]["prefix"] == "<s>user ");
  CHECK(after["chat"]["begin"] == true);
  CHECK(after["chat"]["stop_ids"] == nlohmann::json({2, 259 + 1 + 25}));
  for (const char* key : {"chat", "file", "file_bytes", "flatbuffer_bytes"}) {
    before.erase(key);
    after.erase(key);
  }
  CHECK(before == after);
  CHECK(Tritwise({"run", model.path, "-p", "hello", "-n", "20"}).out ==
        Tritwise({"run", model.bare, "-p", "hello", "-n", "20"}).out);
  CHECK(Tritwise({"inspect", model.path}).out.find("chat template  system \"<s>system \" ... \"</s>\"") !=
        std::string::npos);
}

TEST_CASE("template none takes a template away, to the byte") {
  const ChatModel model;
  const std::string path = (model.folder.path() / "none.trit").string();
  REQUIRE(Tritwise({"template", model.path, "--chat", "none", "-o", path}).code == 0);
  CHECK(ReadFile(path) == ReadFile(model.bare));
}

TEST_CASE("template refuses what the vocabulary lacks, and files that are no template") {
  const ChatModel model;
  const std::string out = (model.folder.path() / "new.trit").string();
  const auto refused = [&](const std::string& chat) {
    const Outcome result = Tritwise({"template", model.bare, "--chat", chat, "-o", out});
    CHECK(result.IsError(1, "tritwise template: "));
    CHECK_FALSE(std::filesystem::exists(out));
    return result.err;
  };
  const auto file = [&](const std::string& toml) {
    const std::string path = (model.folder.path() / "bad.toml").string();
    WriteFile(path, toml);
    return refused(path);
  };
  CHECK(refused("chatml") ==
        "tritwise template: chatml: stop: \"<|im_end|>\" is not one piece of the model's vocabulary\n");
  CHECK(refused("nonsense").find("chatml, llama3, plain, or a TOML file") != std::string::npos);
  CHECK(refused("/no/such.toml").find("/no/such.toml") != std::string::npos);
  CHECK(file("[user]\nprefix = \"a <|user|> b\"\n").find("needs the piece \"<|user|>\"") != std::string::npos);
  CHECK(file("[user]\nprefix = 3\n").find("bad.toml:2: user.prefix must be a text") != std::string::npos);
  CHECK(file("[usr]\nprefix = \"\"\n").find("unknown key template.usr") != std::string::npos);
  CHECK(file("[user]\npre = \"\"\n").find("unknown key user.pre") != std::string::npos);
  CHECK(file("user = 1\n").find("user must be a section") != std::string::npos);
  CHECK(file("stop = [\"zz\"]\n").find("\"zz\" is not one piece") != std::string::npos);
  CHECK(file("[user]\nprefix = \"" + std::string(5000, 'a') + "\"\n").find("more than 4096 bytes") !=
        std::string::npos);
}

TEST_CASE("chat answers every line of a pipe") {
  const ChatModel model(400);
  const Outcome result = model.Chat("hello\n\nand then\r\nno line end");
  INFO(result.err);
  CHECK(result.code == 0);
  CHECK(result.err.empty());
  const auto answers = model.Answers("hello\n\nand then\r\nno line end");
  REQUIRE(answers.size() == 3);
  std::string all;
  for (const auto& answer : answers) all += answer["text"].get<std::string>() + "\n";
  CHECK(result.out == all);
  CHECK(answers[0]["finish"] == "length");
  CHECK(answers[0]["tokens"] == 12);
}

TEST_CASE("chat computes only what is new, and answers as with all of it") {
  const ChatModel model(400);
  const auto answers = model.Answers("one\ntwo\nthree\n", {"--system", "brief"});
  REQUIRE(answers.size() == 3);
  for (size_t i = 1; i < answers.size(); ++i) {
    CHECK(answers[i]["computed_tokens"].get<int>() < answers[i]["context_tokens"].get<int>() / 2 + 12);
    CHECK(answers[i]["context_tokens"].get<int>() == answers[i - 1]["context_tokens"].get<int>() +
                                                         answers[i]["computed_tokens"].get<int>() - 1 +
                                                         answers[i]["tokens"].get<int>());
  }
  CHECK(model.Answers("one\n")[0]["text"] != model.Answers("one\n", {"--system", "brief"})[0]["text"]);
}

TEST_CASE("chat says in one line that the context is full, and begins anew with the system message") {
  const ChatModel model;
  const std::string line = std::string(40, 'q') + "\n";
  const Outcome result = model.Chat(line + line, {"--system", "be brief"});
  CHECK(result.code == 0);
  CHECK(result.err == "tritwise chat: the context is full (96 tokens): this began anew\n");
  const size_t half = result.out.size() / 2;
  CHECK(result.out.substr(0, half) == result.out.substr(half));
  const Outcome long_answer = model.Chat("hello\n", {"-n", "1000"});
  CHECK(long_answer.err ==
        "tritwise chat: the context is full (96 tokens): the answer ends here, the next message begins anew\n");
}

// Through a shell, which tells the process of the program and when to interrupt it.
TEST_CASE("Ctrl-C stops the answer under way, and ends where none is") {
  if (!Emulator().empty()) return;  // would get the signal in the program's place
  const ChatModel model(60000);
  const std::string out = (model.folder.path() / "out").string();
  const std::string fifo = (model.folder.path() / "fifo").string();
  const std::string script = "mkfifo " + fifo + "; " + TRITWISE_TEST_COMMAND + " chat " + model.path +
                             " -n 59000 --json < " + fifo + " > " + out + " & chat=$!; exec 3> " + fifo +
                             "; echo hello >&3; sleep 1; kill -INT $chat; " + "while ! [ -s " + out +
                             " ]; do sleep 0.1; done; echo again >&3; sleep 0.5; kill -INT $chat; "
                             "while [ $(wc -l < " +
                             out +
                             ") -lt 2 ]; do sleep 0.1; done; sleep 0.3; "
                             "kill -INT $chat; wait $chat; echo $?";
  const Outcome result = RunProgram({"bash", "-mc", script});
  INFO(result.err);
  CHECK(result.out == "130\n");
  std::istringstream lines(ReadFile(out));
  int answers = 0;
  for (std::string line; std::getline(lines, line); ++answers) {
    CHECK(nlohmann::json::parse(line)["finish"] == "cancelled");
  }
  CHECK(answers == 2);
}

TEST_CASE("chat needs a template and says how to give one") {
  const ChatModel model;
  const Outcome result = Tritwise({"chat", model.bare});
  CHECK(result.IsError(1, "tritwise chat: "));
  CHECK(result.err.find("tritwise template ") != std::string::npos);
}

TEST_CASE("what chat cannot read is one line") {
  const ChatModel model;
  CHECK(model.Chat("\xFF\n").IsError(1, "tritwise chat: message 1 is not valid UTF-8"));
  CHECK(model.Chat(std::string(200, 'q') + "\n").IsError(1, "tritwise chat: the message has "));
  CHECK(model.Chat(std::string((1 << 20) + 1, 'q')).IsError(1, "tritwise chat: a message is longer than 1 MiB"));
  CHECK(model.Chat("a\n", {"--context", "97"}).IsError(2, "tritwise chat: --context: "));
  CHECK(model.Chat("a\n", {"--memory-budget", "1M"}).IsError(1, "tritwise chat: needs "));
  CHECK(model.Chat("a\n", {"--memory-budget", "64M"}).code == 0);
}

TEST_CASE("the plain template serves a model without control pieces of its own") {
  const ChatModel model(96, "plain");
  const Outcome result = model.Chat("hello\n");
  CHECK(result.code == 0);
  CHECK(result.out.back() == '\n');
}

TEST_CASE("run --format json writes JSON, or says that it is not whole") {
  const ChatModel model(2000);
  int ended = 0;
  for (int seed = 0; seed < 20; ++seed) {
    const Outcome result = Tritwise({"run", model.path, "-p", "a", "-n", "300", "--temperature", "1", "--seed",
                                     std::to_string(seed), "--format", "json", "--json"});
    REQUIRE(result.code == 0);
    const auto object = nlohmann::json::parse(result.out);
    const bool whole = object["finish"] == "end";
    ended += whole ? 1 : 0;
    INFO(object["text"]);
    if (whole) CHECK(nlohmann::json::accept(object["text"].get<std::string>()));
    CHECK((result.err.find("before the JSON value was whole") != std::string::npos) == (object["finish"] == "length"));
  }
  CHECK(ended > 0);
}

}  // namespace tritwise::test
