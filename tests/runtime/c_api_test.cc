// The C API's models: loading, vocabulary, scoring, and what failures say.
#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <thread>

#include "tests/runtime/c_api_fixture.h"
#include "trainer/aligned_buffer.h"

namespace tritwise::test {
namespace {

std::vector<int32_t> Tokenize(const CModel& model, const std::string& text, uint32_t flags) {
  const int64_t count = tritwise_tokenize(model.get(), text.data(), text.size(), flags, nullptr, 0);
  REQUIRE(count >= 0);
  std::vector<int32_t> ids(static_cast<size_t>(count));
  CHECK(tritwise_tokenize(model.get(), text.data(), text.size(), flags, ids.data(), ids.size()) == count);
  return ids;
}

// A file's bytes at a multiple of 64, and one byte behind that.
class AlignedBytes {
 public:
  explicit AlignedBytes(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    const std::string bytes{std::istreambuf_iterator<char>(file), {}};
    size_ = bytes.size();
    std::copy(bytes.begin(), bytes.end(), block_.Reserve(size_ + 1));
  }
  char* data() { return block_.data(); }
  size_t size() const { return size_; }

 private:
  AlignedBuffer<char> block_;
  size_t size_ = 0;
};

}  // namespace

TEST_CASE("the C API says what a model reads and carries") {
  const TextModel file;
  const CModel model = LoadC(file.path);
  CHECK(tritwise_model_context(model.get()) == 96);
  CHECK(tritwise_model_reads_tokens(model.get()) == 1);
  CHECK(tritwise_model_has_vocabulary(model.get()) == 1);
  CHECK(tritwise_model_input_width(model.get()) == tritwise_model_output_width(model.get()));
  CHECK(tritwise_model_begin_id(model.get()) == 1);
  CHECK(tritwise_model_end_id(model.get()) == 2);
  CHECK(std::string(tritwise_model_metadata(model.get(), "origin")) == "random");
  CHECK(tritwise_model_metadata(model.get(), "colour") == nullptr);

  const CModel without_begin = LoadC(TextModel(false).path);
  CHECK(tritwise_model_begin_id(without_begin.get()) == TRITWISE_NO_ID);
}

TEST_CASE("the C API tokenises and back, and says sizes") {
  const CModel model = LoadC(TextModel().path);
  const std::string text = "the quick brown fox \xC3\xA4";
  const std::vector<int32_t> ids = Tokenize(model, text, 0);
  REQUIRE(!ids.empty());
  std::string back(static_cast<size_t>(tritwise_detokenize(model.get(), ids.data(), ids.size(), nullptr, 0)), '\0');
  tritwise_detokenize(model.get(), ids.data(), ids.size(), back.data(), back.size());
  CHECK(back == text);
}

TEST_CASE("a tokenised text is cut to the capacity that is given") {
  const CModel model = LoadC(TextModel().path);
  const std::vector<int32_t> ids = Tokenize(model, "abcdef", 0);
  int32_t two[3] = {-7, -7, -7};
  CHECK(tritwise_tokenize(model.get(), "abcdef", 6, 0, two, 2) == static_cast<int64_t>(ids.size()));
  CHECK((two[0] == ids[0] && two[1] == ids[1] && two[2] == -7));
}

TEST_CASE("begin and control ids come only where a caller of the C API asks") {
  const CModel model = LoadC(TextModel().path);
  const std::vector<int32_t> plain = Tokenize(model, "ab</s>", 0);
  CHECK(std::count(plain.begin(), plain.end(), 2) == 0);
  const std::vector<int32_t> special = Tokenize(model, "ab</s>", TRITWISE_TOKENIZE_SPECIAL);
  CHECK(std::count(special.begin(), special.end(), 2) == 1);
  std::vector<int32_t> begun = Tokenize(model, "ab</s>", TRITWISE_TOKENIZE_BEGIN);
  CHECK(begun.front() == 1);
  begun.erase(begun.begin());
  CHECK(begun == plain);
  CHECK(tritwise_tokenize(model.get(), "a", 1, 64, nullptr, 0) == -TRITWISE_INVALID_ARGUMENT);
}

TEST_CASE("a model in memory computes what its file does") {
  const TextModel file;
  AlignedBytes bytes(file.path);
  CModel model(tritwise_model_from_memory(bytes.data(), bytes.size(), 1));
  REQUIRE(model != nullptr);
  Heard from_memory;
  Heard from_file;
  CHECK(GenerateC(CreateC(model), "hello", 20, &from_memory) ==
        GenerateC(CreateC(LoadC(file.path)), "hello", 20, &from_file));
  CHECK(!from_memory.tokens.empty());
  CHECK(from_memory.tokens == from_file.tokens);
}

TEST_CASE("bytes in memory that are no model are refused like a file's") {
  AlignedBytes bytes(TextModel().path);
  const auto status = [&](const void* data, size_t size) {
    CHECK(CModel(tritwise_model_from_memory(data, size, 1)) == nullptr);
    return tritwise_last_status();
  };
  CHECK(status(bytes.data(), bytes.size() - 1) == TRITWISE_CORRUPT);
  CHECK(LastError().find("model in memory: ") == 0);
  CHECK(status(nullptr, 100) != TRITWISE_OK);
  bytes.data()[bytes.size() - 1] ^= 1;
  CHECK(status(bytes.data(), bytes.size()) == TRITWISE_CORRUPT);
  CHECK(LastError().find("checksum") != std::string::npos);
  std::copy_backward(bytes.data(), bytes.data() + bytes.size(), bytes.data() + bytes.size() + 1);
  CHECK(status(bytes.data() + 1, bytes.size()) == TRITWISE_INVALID_ARGUMENT);
  CHECK(LastError().find("multiple of 64") != std::string::npos);
}

TEST_CASE("failures of the C API have a code and one line") {
  CHECK(tritwise_model_load("/no/such/file.trit", 1) == nullptr);
  CHECK(tritwise_last_status() == TRITWISE_NOT_FOUND);
  CHECK(LastError().find("/no/such/file.trit") == 0);
  CHECK(tritwise_model_load(nullptr, 1) == nullptr);
  CHECK(tritwise_last_status() == TRITWISE_INVALID_ARGUMENT);
  CHECK(tritwise_session_create(nullptr, nullptr) == nullptr);
  CHECK(LastError() == "the model is NULL");
  CHECK(tritwise_tokenize(nullptr, "a", 1, 0, nullptr, 0) == -TRITWISE_INVALID_ARGUMENT);
  CHECK(tritwise_generate(nullptr, "a", 1, 1, nullptr, nullptr) == -TRITWISE_INVALID_ARGUMENT);
  CHECK(tritwise_score(nullptr, nullptr, 1, nullptr) == -TRITWISE_INVALID_ARGUMENT);
  tritwise_model_free(nullptr);
  tritwise_session_free(nullptr);
}

TEST_CASE("errors of the C API belong to the thread that made them") {
  CHECK(tritwise_model_load("/no/such/file.trit", 1) == nullptr);
  std::string elsewhere = "unset";
  int status = -1;
  std::thread([&] {
    elsewhere = tritwise_last_error();
    status = tritwise_last_status();
  }).join();
  CHECK((elsewhere.empty() && status == TRITWISE_OK));
  CHECK(tritwise_last_status() == TRITWISE_NOT_FOUND);
}

TEST_CASE("the C API scores rows of features, more than are computed at once") {
  const TempDir folder;
  const std::string path = (folder.path() / "mlp.trit").string();
  WriteRandomModel(path, MakeMlp());
  std::vector<float> features(100 * 50);
  for (size_t i = 0; i < features.size(); ++i) features[i] = static_cast<float>(i % 23) / 23.0f;
  const auto plan = MakePlan(Must(Model::Load(path)), 100);
  const std::vector<BatchRow> rows(100);
  const Logits expected = CopyRows(Must(plan->Forward({rows, features})));

  const CModel model = LoadC(path);
  CHECK(tritwise_model_reads_tokens(model.get()) == 0);
  CHECK(tritwise_tokenize(model.get(), "a", 1, 0, nullptr, 0) == -TRITWISE_INVALID_ARGUMENT);
  const CSession session = CreateC(model);
  CHECK(tritwise_session_context(session.get()) == 0);
  std::vector<float> scores(100 * 10);
  REQUIRE(tritwise_score(session.get(), features.data(), 100, scores.data()) == TRITWISE_OK);
  for (size_t i = 0; i < 100; ++i) CHECK(SameBits(Copy(std::span(scores).subspan(i * 10, 10)), expected[i]));
  CHECK(tritwise_generate(session.get(), "a", 1, 5, nullptr, nullptr) == -TRITWISE_INVALID_ARGUMENT);
  CHECK(tritwise_read(session.get(), nullptr, 0, nullptr) == -TRITWISE_INVALID_ARGUMENT);
}

}  // namespace tritwise::test
