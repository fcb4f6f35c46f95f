// Generation in C++ and in C: when it stops, and that it is the same.
#include "tritwise/generate.h"

#include "tests/runtime/fixture.h"
#include "tritwise/tritwise.h"

namespace tritwise::test {
namespace {

struct TextModel {
  explicit TextModel(bool begin = true) { WriteTextModel(path, begin); }
  TempDir folder;
  std::string path = (folder.path() / "text.trit").string();
};

std::vector<int32_t> GenerateIds(Plan& plan, Session& session, const std::vector<int32_t>& prompt, int32_t count,
                                 Generated* result, int32_t end_id = -1, size_t stop_after = SIZE_MAX) {
  std::vector<int32_t> ids;
  const OutputRows output = Must(plan.Prefill(session, prompt));
  *result = Must(Generate(plan, session, output, {count, end_id}, [&](int32_t id) {
    ids.push_back(id);
    return ids.size() < stop_after;
  }));
  return ids;
}

int Append(const char* piece, size_t bytes, void* user) {
  static_cast<std::string*>(user)->append(piece, bytes);
  return 1;
}

}  // namespace

TEST_CASE("generation stops at the number of tokens, at the end id, at the caller's word, at the context") {
  const auto plan = MakePlan(RandomModel(MakeDecoder({})));
  const auto session = MakeSession(*plan, 20);
  Generated result;
  const auto ids = GenerateIds(*plan, *session, {1, 2, 3}, 8, &result);
  CHECK((result.finish == FinishReason::kLength && result.tokens == 8 && ids.size() == 8));
  CHECK(session->position() == 3 + 7);  // the last token is not fed

  session->Reset();
  const auto until_end = GenerateIds(*plan, *session, {1, 2, 3}, 8, &result, ids[0]);
  CHECK((result.finish == FinishReason::kEnd && until_end.empty() && result.tokens == 0));

  session->Reset();
  GenerateIds(*plan, *session, {1, 2, 3}, 8, &result, -1, 2);
  CHECK((result.finish == FinishReason::kStopped && result.tokens == 2));

  session->Reset();
  GenerateIds(*plan, *session, {1, 2, 3}, 100, &result);
  CHECK((result.finish == FinishReason::kContextFull && result.tokens == 18));
  CHECK(session->position() == 20);
}

TEST_CASE("a prompt that does not fit is refused before anything is computed") {
  const auto plan = MakePlan(RandomModel(MakeDecoder({})), 4);
  const auto session = MakeSession(*plan, 20);
  CHECK(plan->Prefill(*session, RandomTokens(21, 150)).status().code() == StatusCode::kResourceExhausted);
  CHECK(session->position() == 0);
  CHECK(plan->Prefill(*session, RandomTokens(20, 150)).ok());
}

TEST_CASE("the C API writes the text that the C++ API writes") {
  const TextModel file;
  const auto model = Must(Model::Load(file.path));
  const auto plan = MakePlan(model);
  const auto session = MakeSession(*plan);
  std::vector<int32_t> prompt = model->tokenizer()->Encode("hello");
  prompt.insert(prompt.begin(), 1);
  Generated result;
  StreamDecoder decoder(*model->tokenizer());
  std::string expected;
  for (const int32_t id : GenerateIds(*plan, *session, prompt, 30, &result, 2)) expected += decoder.Push(id);
  expected += decoder.Finish();

  tritwise_model* c_model = tritwise_model_load(file.path.c_str(), 1);
  REQUIRE(c_model != nullptr);
  CHECK(tritwise_model_context(c_model) == 96);
  CHECK(tritwise_model_reads_tokens(c_model) == 1);
  CHECK(tritwise_model_input_width(c_model) == tritwise_model_output_width(c_model));
  tritwise_session* c_session = tritwise_session_create(c_model, nullptr);
  tritwise_model_free(c_model);
  REQUIRE(c_session != nullptr);
  std::string text;
  CHECK(tritwise_generate(c_session, "hello", 5, 30, Append, &text) == result.tokens);
  CHECK(text == expected);

  // In two calls: the token between them is remembered.
  tritwise_session_reset(c_session);
  std::string parts;
  CHECK(tritwise_generate(c_session, "hello", 5, 10, Append, &parts) == 10);
  CHECK(tritwise_generate(c_session, "", 0, 20, Append, &parts) == 20);
  if (parts.find("\xEF\xBF\xBD") == std::string::npos) CHECK(parts == expected);
  tritwise_session_free(c_session);
}

TEST_CASE("the C API tokenises and back, and says sizes") {
  const TextModel file;
  tritwise_model* model = tritwise_model_load(file.path.c_str(), 0);
  REQUIRE(model != nullptr);
  const std::string text = "the quick brown fox \xC3\xA4";
  const int64_t count = tritwise_tokenize(model, text.data(), text.size(), nullptr, 0);
  REQUIRE(count > 0);
  std::vector<int32_t> ids(static_cast<size_t>(count));
  CHECK(tritwise_tokenize(model, text.data(), text.size(), ids.data(), ids.size()) == count);
  std::string back(static_cast<size_t>(tritwise_detokenize(model, ids.data(), ids.size(), nullptr, 0)), '\0');
  tritwise_detokenize(model, ids.data(), ids.size(), back.data(), back.size());
  CHECK(back == text);
  tritwise_model_free(model);
}

TEST_CASE("failures of the C API have one line each") {
  const auto error = [] { return std::string(tritwise_last_error()); };
  CHECK(tritwise_model_load("/no/such/file.trit", 1) == nullptr);
  CHECK(error().find("/no/such/file.trit") == 0);

  const TextModel file(false);
  tritwise_model* model = tritwise_model_load(file.path.c_str(), 1);
  REQUIRE(model != nullptr);
  tritwise_session_options options = tritwise_session_defaults();
  options.temperature = -1.0f;
  CHECK(tritwise_session_create(model, &options) == nullptr);
  CHECK(error().find("temperature") == 0);
  tritwise_session* session = tritwise_session_create(model, nullptr);
  REQUIRE(session != nullptr);
  CHECK(tritwise_generate(session, "", 0, 5, nullptr, nullptr) == -1);
  CHECK(error().find("empty") != std::string::npos);
  CHECK(tritwise_generate(session, "\xFF", 1, 5, nullptr, nullptr) == -1);
  CHECK(error().find("UTF-8") != std::string::npos);
  const std::string much(500, 'x');
  CHECK(tritwise_generate(session, much.data(), much.size(), 5, nullptr, nullptr) == -1);
  CHECK(error().find("fit") != std::string::npos);
  CHECK(tritwise_session_position(session) == 0);
  float none = 0.0f;
  CHECK(tritwise_score(session, &none, 1, &none) == -1);
  tritwise_session_free(session);
  tritwise_model_free(model);
  tritwise_model_free(nullptr);
  tritwise_session_free(nullptr);
}

TEST_CASE("the C API scores rows of features") {
  const TempDir folder;
  WriteRandomModel((folder.path() / "mlp.trit").string(), MakeMlp());
  std::vector<float> features(100 * 50);
  for (size_t i = 0; i < features.size(); ++i) features[i] = static_cast<float>(i % 23) / 23.0f;
  const auto plan = MakePlan(Must(Model::Load((folder.path() / "mlp.trit").string())), 100);
  const std::vector<BatchRow> rows(100);
  const Logits expected = CopyRows(Must(plan->Forward({rows, features})));

  tritwise_model* model = tritwise_model_load(((folder.path() / "mlp.trit").string()).c_str(), 1);
  REQUIRE(model != nullptr);
  CHECK(tritwise_tokenize(model, "a", 1, nullptr, 0) == -1);
  tritwise_session* session = tritwise_session_create(model, nullptr);
  REQUIRE(session != nullptr);
  std::vector<float> scores(100 * 10);
  CHECK(tritwise_score(session, features.data(), 100, scores.data()) == 0);
  for (size_t i = 0; i < 100; ++i) CHECK(SameBits(Copy(std::span(scores).subspan(i * 10, 10)), expected[i]));
  tritwise_session_free(session);
  tritwise_model_free(model);
}

}  // namespace tritwise::test
