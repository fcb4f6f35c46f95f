#include "trainer/data/corpus.h"

#include <sys/stat.h>

#include <catch2/catch.hpp>
#include <cmath>
#include <cstdlib>

#include "tests/support/temp_dir.h"
#include "trainer/error.h"

namespace tritwise {
namespace {

using Documents = std::vector<std::string>;
using test::TempDir;

// What ReadCorpus says about `path`, without the folder in front.
std::string Refusal(const TempDir& folder, const std::filesystem::path& path) {
  try {
    ReadCorpus(path);
  } catch (const Error& error) {
    std::string message = error.what();
    const std::string prefix = folder.path().string() + "/";
    if (message.starts_with(prefix)) message.erase(0, prefix.size());
    return message;
  }
  return "accepted";
}

std::string SplitRefusal(const Documents& documents, double fraction) {
  try {
    SplitCorpus(documents, fraction);
  } catch (const Error& error) {
    return error.what();
  }
  return "accepted";
}

// Numbered lines of 50 bytes.
std::string NumberedLines(size_t count) {
  std::string text;
  for (size_t i = 0; i < count; ++i) {
    std::string line = std::to_string(i);
    line.resize(49, '.');
    text += line + "\n";
  }
  return text;
}

size_t Bytes(const Documents& documents) {
  size_t bytes = 0;
  for (const std::string& document : documents) bytes += document.size();
  return bytes;
}

TEST_CASE("A text file is one document with its bytes as they are") {
  const TempDir folder;
  CHECK(ReadCorpus(folder.Write("a.txt", "one\r\n\ttwo \n\n")) == Documents{"one\r\n\ttwo \n\n"});
  CHECK(ReadCorpus(folder.Write("README", "any name")) == Documents{"any name"});
}

TEST_CASE("A byte order mark at the beginning of a file is left out") {
  const TempDir folder;
  CHECK(ReadCorpus(folder.Write("a.txt", "\uFEFFtext\uFEFF")) == Documents{"text\uFEFF"});
  CHECK(ReadCorpus(folder.Write("a.jsonl", "\uFEFF{\"text\": \"a\"}\n")) == Documents{"a"});
}

TEST_CASE("A JSONL file gives a document for each line that has a text") {
  const TempDir folder;
  const auto path = folder.Write("a.jsonl",
                                 "{\"id\": 1, \"text\": \"one\\ntwo\"}\r\n"
                                 "\n"
                                 "{\"text\": \"\"}\n"
                                 "{\"text\": \"\\u00e9\\ud83d\\ude00\"}");
  CHECK(ReadCorpus(path) == Documents{"one\ntwo", "\u00E9\U0001F600"});
}

TEST_CASE("A folder is read at any depth in the order of the paths") {
  const TempDir folder;
  folder.Write("b.txt", "b");
  folder.Write("a/z.jsonl", "{\"text\": \"z1\"}\n{\"text\": \"z2\"}\n");
  folder.Write("a/deep/er/c.txt", "c");
  folder.Write("notes.md", "not this");
  folder.Write("empty.txt", "");
  CHECK(ReadCorpus(folder.path()) == Documents{"c", "z1", "z2", "b"});
}

TEST_CASE("A corpus that is not there or has nothing in it is refused") {
  const TempDir folder;
  CHECK(Refusal(folder, folder.path() / "gone.txt") == "gone.txt: no such file");
  CHECK(Refusal(folder, folder.Write("a.txt", "")) == "a.txt: the corpus is empty");
  CHECK(Refusal(folder, folder.Write("a.jsonl", "\n{\"text\": \"\"}\n")) == "a.jsonl: the corpus is empty");
  folder.Write("sub/a.md", "text");
  CHECK(Refusal(folder, folder.path() / "sub") == "sub: no .txt or .jsonl file in this folder");
  CHECK(Refusal(folder, "/dev/zero") == "/dev/zero: not a file");
}

TEST_CASE("A line of JSONL that cannot be used is refused with its number") {
  const TempDir folder;
  const auto refusal = [&](const std::string& line) {
    return Refusal(folder, folder.Write("a.jsonl", "{\"text\": \"good\"}\n\n" + line + "\n"));
  };
  const std::string bad = "a.jsonl:3: not valid JSON; each line is one object like {\"text\": \"...\"}";
  CHECK(refusal("{\"text\": \"cut") == bad);
  CHECK(refusal("{\"text\": \"a\"} {}") == bad);
  CHECK(refusal("{\"text\": \"\\ud800\"}") == bad);
  CHECK(refusal("{\"txt\": \"a\"}") == "a.jsonl:3: no field \"text\"");
  CHECK(refusal("[\"text\"]") == "a.jsonl:3: no field \"text\"");
  CHECK(refusal("\"text\"") == "a.jsonl:3: no field \"text\"");
  CHECK(refusal("{\"text\": 3}") == "a.jsonl:3: the field \"text\" is not a string");
  CHECK(refusal(std::string(200000, '[')) == bad);
}

TEST_CASE("A file that is not UTF-8 is refused with the offset") {
  const TempDir folder;
  CHECK(Refusal(folder, folder.Write("a.txt", "caf\u00E9 \xE9t\xE9")) == "a.txt: not UTF-8 at byte 6");
  CHECK(Refusal(folder, folder.Write("a.jsonl", "{\"text\": \"\xFF\"}")) == "a.jsonl: not UTF-8 at byte 10");
  CHECK(Refusal(folder, folder.Write("a.txt", "cut \xE2\x82")) == "a.txt: not UTF-8 at byte 4");
}

TEST_CASE("A text is cut at line ends and every nth part goes to validation") {
  const std::string text = NumberedLines(20000);
  const CorpusSplit split = SplitCorpus({text}, 0.05);
  REQUIRE(split.train.size() == 1);
  REQUIRE(split.validation.size() == 1);
  CHECK(Bytes(split.train) + Bytes(split.validation) == text.size());
  CHECK(static_cast<double>(Bytes(split.validation)) / static_cast<double>(text.size()) == Approx(0.05).epsilon(0.05));
  // Whole lines, all of them once, from the whole text.
  const std::string& validation = split.validation[0];
  CHECK(validation.size() % 50 == 0);
  CHECK(std::stoi(validation) < 2000);
  CHECK(std::stoi(validation.substr(validation.size() - 50)) > 18000);
  for (size_t i = 0; i < text.size(); i += 5000) {
    const std::string line = text.substr(i, 50);
    const bool trained = split.train[0].find(line) != std::string::npos;
    CHECK(trained != (validation.find(line) != std::string::npos));
  }
}

TEST_CASE("The same text is always divided in the same way") {
  const std::string text = NumberedLines(5000);
  CHECK(SplitCorpus({text}, 0.1).validation == SplitCorpus({text}, 0.1).validation);
}

TEST_CASE("Many documents stay whole and every nth goes to validation") {
  Documents documents;
  for (int i = 0; i < 100; ++i) documents.push_back("document " + std::to_string(i) + std::string(9000, '.'));
  const CorpusSplit split = SplitCorpus(documents, 0.1);
  CHECK(split.train.size() == 90);
  REQUIRE(split.validation.size() == 10);
  CHECK(split.validation[0] == documents[5]);
  CHECK(split.validation[9] == documents[95]);
}

TEST_CASE("A few long documents are cut like one text") {
  const Documents documents = {NumberedLines(3000), "short\n", NumberedLines(3000)};
  const CorpusSplit split = SplitCorpus(documents, 0.1);
  CHECK(split.train.size() == 3);
  CHECK(split.validation.size() == 2);
  CHECK(Bytes(split.train) + Bytes(split.validation) == Bytes(documents));
}

TEST_CASE("A text without line ends is cut at spaces or at least between characters") {
  std::string words;
  for (int i = 0; i < 20000; ++i) words += "word ";
  const CorpusSplit split = SplitCorpus({words}, 0.25);
  CHECK(split.train[0].size() + split.validation[0].size() == words.size());
  CHECK(split.validation[0].starts_with(" word"));

  std::string characters;
  for (int i = 0; i < 20000; ++i) characters += "\u20AC";
  const CorpusSplit cut = SplitCorpus({characters}, 0.25);
  CHECK(cut.train[0].size() + cut.validation[0].size() == characters.size());
  CHECK(cut.validation[0].size() % 3 == 0);
}

TEST_CASE("A short text still gives both halves something") {
  const CorpusSplit split = SplitCorpus({NumberedLines(100)}, 0.01);
  CHECK(Bytes(split.train) > 0);
  CHECK(Bytes(split.validation) > 0);
  const CorpusSplit documents = SplitCorpus({"a", "b"}, 0.001);
  CHECK(documents.train == Documents{"a"});
  CHECK(documents.validation == Documents{"b"});
}

TEST_CASE("A text too short to divide is refused") {
  CHECK(SplitRefusal({"short\n"}, 0.1) ==
        "the text is too short to set a part aside for validation: it has 6 bytes, and parts have about 4096");
}

TEST_CASE("A validation fraction out of range is refused") {
  const std::string message = "the validation fraction must be above 0 and at most 0.5";
  const Documents documents = {NumberedLines(1000)};
  for (const double fraction : {0.0, -0.1, 0.51, std::nan("")}) CHECK(SplitRefusal(documents, fraction) == message);
  CHECK(SplitRefusal(documents, 0.5) == "accepted");
  CHECK(SplitRefusal(documents, 1e-300) == "accepted");
}

TEST_CASE("A written corpus is read again as the same documents") {
  const TempDir folder;
  const auto same = [&](const Documents& documents, const std::string& name) {
    const auto path = WriteCorpus(folder.path() / "validation.v1", documents);
    CHECK(path.filename() == name);
    CHECK(ReadCorpus(path) == documents);
  };
  same({"one text\r\n\twith \"quotes\" and \u20AC\n"}, "validation.v1.txt");
  same({"one\n", "two\n\n", "\uFEFF"}, "validation.v1.jsonl");
  same({"\uFEFFone"}, "validation.v1.jsonl");
}

TEST_CASE("A corpus that cannot be written is an error") {
  const TempDir folder;
  CHECK_THROWS_AS(WriteCorpus(folder.path() / "gone" / "validation", {"a"}), Error);
}

TEST_CASE("A pipe can be read") {
  const TempDir folder;
  const auto path = folder.path() / "pipe";
  REQUIRE(mkfifo(path.c_str(), 0600) == 0);
  const std::string command = "printf text > '" + path.string() + "' &";
  REQUIRE(std::system(command.c_str()) == 0);
  CHECK(ReadCorpus(path) == Documents{"text"});
}

}  // namespace
}  // namespace tritwise
