// The C API's sessions: options, generating, reading, going back.
#include <algorithm>
#include <cstddef>
#include <cstring>
#include <thread>

#include "tests/runtime/c_api_fixture.h"
#include "tritwise/generate.h"

namespace tritwise::test {
namespace {

// Text and tokens of the C++ API for the same prompt.
Heard Expected(const std::string& path, const std::string& prompt, int32_t count) {
  const auto model = Must(Model::Load(path));
  const auto plan = MakePlan(model);
  const auto session = MakeSession(*plan);
  std::vector<int32_t> ids = model->tokenizer()->Encode(prompt);
  ids.insert(ids.begin(), 1);
  Heard heard;
  StreamDecoder decoder(*model->tokenizer());
  const OutputRows output = Must(plan->Prefill(*session, ids));
  Must(Generate(*plan, *session, output, {count, 2}, [&](int32_t id) {
    heard.tokens.push_back(id);
    heard.text += decoder.Push(id);
    return true;
  }));
  heard.text += decoder.Finish();
  return heard;
}

std::vector<float> ReadC(const CSession& session, const std::vector<int32_t>& ids, size_t width) {
  std::vector<float> logits(width);
  CHECK(tritwise_read(session.get(), ids.data(), ids.size(), logits.data()) == TRITWISE_OK);
  return logits;
}

std::string Refused(const CModel& model, const tritwise_session_options& options) {
  CHECK(CSession(tritwise_session_create(model.get(), &options)) == nullptr);
  return tritwise_last_error();
}

}  // namespace

TEST_CASE("the C API writes the tokens and the text that the C++ API writes") {
  const TextModel file;
  const Heard expected = Expected(file.path, "hello", 30);
  REQUIRE(expected.tokens.size() == 30);
  const CSession session = CreateC(LoadC(file.path));  // the model's handle goes first
  Heard heard;
  CHECK(GenerateC(session, "hello", 30, &heard) == 30);
  CHECK(heard.tokens == expected.tokens);
  CHECK(heard.text == expected.text);
  CHECK(tritwise_session_finish(session.get()) == TRITWISE_FINISH_LENGTH);
}

TEST_CASE("generating in several calls of the C API gives the tokens of one") {
  const TextModel file;
  const Heard expected = Expected(file.path, "hello", 30);
  const CSession session = CreateC(LoadC(file.path));
  Heard heard;
  CHECK(GenerateC(session, "hello", 0, &heard) == 0);  // only reads
  CHECK(heard.tokens.empty());
  CHECK(GenerateC(session, "", 10, &heard) == 10);
  CHECK(GenerateC(session, "", 20, &heard) == 20);
  CHECK(heard.tokens == expected.tokens);

  tritwise_session_reset(session.get());
  CHECK(tritwise_session_position(session.get()) == 0);
  Heard again;
  CHECK(GenerateC(session, "hello", 30, &again) == 30);
  CHECK(again.tokens == expected.tokens);
}

TEST_CASE("the C API says why generating ended") {
  const CModel model = LoadC(TextModel().path);
  tritwise_session_options options = tritwise_session_defaults();
  options.context = 20;
  const CSession session = CreateC(model, &options);
  CHECK(tritwise_session_context(session.get()) == 20);
  Heard heard;
  heard.stop_after = 3;
  CHECK(GenerateC(session, "ab", 100, &heard) == 3);
  CHECK(tritwise_session_finish(session.get()) == TRITWISE_FINISH_STOPPED);
  heard.stop_after = SIZE_MAX;
  CHECK(GenerateC(session, "", 100, &heard) > 0);
  CHECK(tritwise_session_finish(session.get()) == TRITWISE_FINISH_CONTEXT_FULL);
  CHECK(GenerateC(session, "", 1, &heard) == -TRITWISE_RESOURCE_EXHAUSTED);
  CHECK(tritwise_session_position(session.get()) == 20);
}

TEST_CASE("after the end id a session of the C API goes on behind the last token, which it has read once") {
  // The first token of greedy generation that is new to it, behind the first, becomes the vocabulary's end.
  const TempDir folder;
  const std::string path = (folder.path() / "end.trit").string();
  Vocabulary vocabulary = ByteVocabulary(true);
  const TextModel usual;
  std::vector<int32_t> tokens = Expected(usual.path, "hello", 30).tokens;
  size_t end = 1;
  while (end < tokens.size() && std::find(tokens.begin(), tokens.begin() + static_cast<int64_t>(end), tokens[end]) !=
                                    tokens.begin() + static_cast<int64_t>(end)) {
    ++end;
  }
  REQUIRE(end < tokens.size());
  vocabulary.end_id = tokens[end];
  tokens.resize(end);
  DecoderOptions options;
  options.vocabulary = static_cast<int64_t>(vocabulary.pieces.size());
  WriteRandomModel(path, MakeDecoder(options), std::move(vocabulary));

  const CSession session = CreateC(LoadC(path));
  Heard heard;
  CHECK(GenerateC(session, "hello", 30, &heard) == static_cast<int64_t>(tokens.size()));
  CHECK(tritwise_session_finish(session.get()) == TRITWISE_FINISH_END);
  CHECK(heard.tokens == tokens);
  const int64_t position = tritwise_session_position(session.get());
  CHECK(tritwise_generate_from_ids(session.get(), nullptr, 0, 5, nullptr, nullptr) == -TRITWISE_INVALID_ARGUMENT);
  const int32_t next = 7;
  CHECK(tritwise_generate_from_ids(session.get(), &next, 1, 0, nullptr, nullptr) == 0);
  CHECK(tritwise_session_position(session.get()) == position + 1);
}

TEST_CASE("reading ids through the C API gives the logits of the C++ API and can be taken back") {
  const TextModel file;
  const auto model = Must(Model::Load(file.path));
  const auto plan = MakePlan(model);
  const auto sequence = MakeSession(*plan);
  const std::vector<int32_t> ids = RandomTokens(12, 200);
  const Logits expected = AllLogits(*plan, *sequence, ids, 4);
  const size_t width = expected[0].size();

  const CSession session = CreateC(LoadC(file.path));
  CHECK(SameBits(ReadC(session, {ids.begin(), ids.begin() + 5}, width), expected[4]));
  CHECK(SameBits(ReadC(session, {ids.begin() + 5, ids.end()}, width), expected[11]));
  CHECK(tritwise_session_truncate(session.get(), 5) == TRITWISE_OK);
  CHECK(SameBits(ReadC(session, {ids.begin() + 5, ids.begin() + 9}, width), expected[8]));
  CHECK(tritwise_session_truncate(session.get(), 10) == -TRITWISE_INVALID_ARGUMENT);
  const int32_t outside = static_cast<int32_t>(model->graph().input_width);
  CHECK(tritwise_read(session.get(), &outside, 1, nullptr) == -TRITWISE_INVALID_ARGUMENT);
  CHECK(tritwise_session_position(session.get()) == 9);
}

TEST_CASE("prompts that cannot be read leave a session of the C API as it was") {
  const CSession session = CreateC(LoadC(TextModel(false).path));
  Heard heard;
  CHECK(GenerateC(session, "", 5, &heard) == -TRITWISE_INVALID_ARGUMENT);
  CHECK(LastError().find("empty") != std::string::npos);
  CHECK(GenerateC(session, "\xFF", 5, &heard) == -TRITWISE_INVALID_ARGUMENT);
  CHECK(LastError().find("UTF-8") != std::string::npos);
  CHECK(GenerateC(session, std::string(500, 'x'), 5, &heard) == -TRITWISE_RESOURCE_EXHAUSTED);
  CHECK(LastError().find("fit") != std::string::npos);
  CHECK(GenerateC(session, "a", -1, &heard) == -TRITWISE_INVALID_ARGUMENT);
  CHECK(tritwise_session_position(session.get()) == 0);
  CHECK(heard.tokens.empty());
}

TEST_CASE("options of a session of the C API do what they say") {
  const CModel model = LoadC(TextModel().path);
  tritwise_session_options options = tritwise_session_defaults();
  options.threads = 2;
  const CSession session = CreateC(model, &options);
  CHECK(tritwise_session_threads(session.get()) == 2);
  CHECK(std::string(tritwise_session_target(session.get())).size() > 2);
  const uint64_t f16 = tritwise_session_bytes(session.get());
  options.cache = TRITWISE_CACHE_F32;
  CHECK(tritwise_session_bytes(CreateC(model, &options).get()) > f16);
  options.cache = TRITWISE_CACHE_INT8;
  CHECK(tritwise_session_bytes(CreateC(model, &options).get()) < f16);

  options.temperature = 1.0f;
  options.seed = 1;
  Heard first;
  Heard second;
  Heard third;
  GenerateC(CreateC(model, &options), "ab", 20, &first);
  GenerateC(CreateC(model, &options), "ab", 20, &second);
  options.seed = 2;
  GenerateC(CreateC(model, &options), "ab", 20, &third);
  CHECK(first.tokens == second.tokens);
  CHECK(first.tokens != third.tokens);
}

TEST_CASE("options of a session that make no sense are refused by name") {
  const CModel model = LoadC(TextModel().path);
  const auto with = [](auto set) {
    tritwise_session_options options = tritwise_session_defaults();
    set(options);
    return options;
  };
  CHECK(Refused(model, with([](auto& o) { o.temperature = -1.0f; })).find("temperature") == 0);
  CHECK(Refused(model, with([](auto& o) { o.top_p = 2.0f; })).find("top_p") == 0);
  CHECK(Refused(model, with([](auto& o) { o.threads = -1; })).find("threads") == 0);
  CHECK(Refused(model, with([](auto& o) { o.context = 97; })).find("context") == 0);
  CHECK(Refused(model, with([](auto& o) { o.cache = 9; })).find("cache") == 0);
  CHECK(Refused(model, with([](auto& o) { o.format = 2; })).find("format") == 0);
  CHECK(Refused(model, with([](auto& o) { o.struct_bytes = 0; })).find("options") == 0);
}

TEST_CASE("a session of the C API writes JSON, and goes on behind the value as behind any text") {
  const TextModel file;
  const CModel model = LoadC(file.path);
  tritwise_session_options options = tritwise_session_defaults();
  options.format = TRITWISE_FORMAT_JSON;
  options.temperature = 1.0f;
  const auto ids_of = [&](std::string_view text) {
    return tritwise_tokenize(model.get(), text.data(), text.size(), 0, nullptr, 0);
  };
  int whole = 0;
  for (options.seed = 0; options.seed < 20; ++options.seed) {
    const CSession session = CreateC(model, &options);
    Heard heard;
    REQUIRE(GenerateC(session, "ab", 30, &heard) > 0);
    JsonConstraint json;
    REQUIRE(json.Accepts(heard.text));
    if (tritwise_session_finish(session.get()) != TRITWISE_FINISH_END) continue;
    json.Advance(heard.text);
    CHECK(json.complete());
    ++whole;
    // Every token of the value is read before what comes next, the last one too.
    REQUIRE(GenerateC(session, "c", 0, &heard) == 0);
    CHECK(tritwise_session_position(session.get()) ==
          ids_of("ab") + static_cast<int64_t>(heard.tokens.size()) + ids_of("c") + 1);
  }
  CHECK(whole > 0);
}

TEST_CASE("a newer program's longer options work as long as what is new is not set") {
  const CModel model = LoadC(TextModel().path);
  struct Newer {
    tritwise_session_options known;
    int64_t added;
  } options = {tritwise_session_defaults(), 0};
  options.known.struct_bytes = sizeof(options);
  options.known.context = 33;
  const auto* given = reinterpret_cast<const tritwise_session_options*>(&options);
  CHECK(tritwise_session_context(CreateC(model, given).get()) == 33);
  options.added = 1;
  CHECK(CSession(tritwise_session_create(model.get(), given)) == nullptr);
  CHECK(tritwise_last_status() == TRITWISE_UNSUPPORTED);
}

TEST_CASE("sessions of one model are made and used in several threads at once") {
  const TextModel file;
  const Heard expected = Expected(file.path, "hello", 12);
  const CModel model = LoadC(file.path);
  tritwise_session_options options = tritwise_session_defaults();
  options.threads = 1;
  std::vector<Heard> heard(4);
  std::vector<std::thread> threads;
  for (Heard& mine : heard) {
    threads.emplace_back([&] {
      const CSession session(tritwise_session_create(model.get(), &options));
      if (session != nullptr) GenerateC(session, "hello", 12, &mine);
    });
  }
  for (std::thread& thread : threads) thread.join();
  for (const Heard& mine : heard) CHECK(mine.tokens == expected.tokens);
}

}  // namespace tritwise::test
