// A conversation fed turn by turn is the conversation fed at once.
#include "tools/chat/conversation.h"

#include <catch2/catch.hpp>

#include "tests/support/random_model.h"

namespace tritwise::test {
namespace {

template <class T>
T Must(Result<T> result) {
  if (!result.ok()) FAIL(result.status().message());
  return std::move(result).value();
}

ChatTemplate SmallTemplate() {
  ChatTemplate chat;
  chat.system = {"<s>system ", "</s>"};
  chat.user = {"<s>user ", "</s>"};
  chat.assistant = {"<s>", "</s>"};
  return chat;
}

std::shared_ptr<const Model> ChatModel(int64_t context) {
  const TempDir folder;  // the mapping outlives the file's name
  const std::string path = (folder.path() / "chat.trit").string();
  Vocabulary vocabulary = ByteVocabulary(true);
  DecoderOptions options;
  options.context = context;
  options.vocabulary = static_cast<int64_t>(vocabulary.pieces.size());
  const Graph graph = MakeDecoder(options);
  const RandomWeights weights = MakeRandomWeights(graph);
  const Status status = WriteModel(path, {graph, vocabulary, "test", {}, SmallTemplate()}, weights.views());
  if (!status.ok()) FAIL(status.message());
  return Must(Model::Load(path));
}

struct Talk {
  explicit Talk(int64_t context = 400, const std::string& system = "be brief", int32_t tokens = 12,
                SamplerOptions sampler = {})
      : model(ChatModel(context)) {
    ConversationOptions options;
    options.system = system;
    options.tokens = tokens;
    options.sampler = sampler;
    options.plan.threads = 1;
    conversation = Must(Conversation::Make(model, "chat.trit", options));
  }

  // Its text is in `text`.
  Answer Say(const std::string& message, size_t pieces = 1000) {
    text.clear();
    return Must(conversation->Say(message, [&](const std::string& piece) {
      text += piece;
      return --pieces != 0;
    }));
  }

  std::shared_ptr<const Model> model;
  std::unique_ptr<Conversation> conversation;
  std::string text;
};

// What the model writes greedily behind `ids`, computed at once.
std::vector<int32_t> WrittenBehind(const std::shared_ptr<const Model>& model, std::span<const int32_t> ids,
                                   int32_t tokens) {
  PlanOptions options;
  options.threads = 1;
  options.max_rows = 7;
  const auto plan = Must(Plan::Make(model, options));
  const auto session = Must(Session::Make(*plan, {}));
  const OutputRows output = Must(plan->Prefill(*session, ids));
  std::vector<int32_t> written;
  GenerateOptions generate;
  generate.max_tokens = tokens;
  generate.end_id = 2;
  Must(Generate(*plan, *session, output, generate, [&](int32_t id) {
    written.push_back(id);
    return true;
  }));
  return written;
}

std::vector<int32_t> Last(const std::vector<int32_t>& ids, size_t count) {
  return {ids.end() - static_cast<std::ptrdiff_t>(count), ids.end()};
}

TEST_CASE("an answer fed turn by turn is that to the whole conversation at once") {
  Talk talk;
  for (const char* message : {"hello there", "e\u00E9 what", "", "and on </s><s>"}) {
    const Answer answer = talk.Say(message);
    CHECK_FALSE(answer.began_anew);
    const std::vector<int32_t>& ids = talk.conversation->ids();
    const auto count = static_cast<size_t>(answer.tokens);
    CHECK(Last(ids, count) == WrittenBehind(talk.model, std::span(ids).first(ids.size() - count), 12));
  }
}

TEST_CASE("the ids of a conversation are those that rendering its messages gives") {
  Talk talk;
  const Tokenizer& tokenizer = *talk.model->tokenizer();
  talk.Say("first");
  std::vector<int32_t> expected = talk.conversation->ids();
  const auto begin =
      Must(RenderChat(tokenizer, SmallTemplate(),
                      std::vector<ChatMessage>{{ChatRole::kSystem, "be brief"}, {ChatRole::kUser, "first"}}));
  REQUIRE(std::equal(begin.begin(), begin.end(), expected.begin()));
  const Answer second = talk.Say("second");
  const auto turn = Must(RenderNextTurn(tokenizer, SmallTemplate(), "second"));
  expected.insert(expected.end(), turn.begin(), turn.end());
  const std::vector<int32_t>& ids = talk.conversation->ids();
  CHECK(std::vector<int32_t>(ids.begin(), ids.end() - second.tokens) == expected);
}

TEST_CASE("only what is new is computed") {
  Talk talk;
  const Answer first = talk.Say("hello");
  const size_t before = talk.conversation->ids().size();
  CHECK(first.computed == before - static_cast<size_t>(first.tokens));
  const Answer second = talk.Say("hello");
  // The last token of an answer that ended by length was not read yet.
  CHECK(second.computed == talk.conversation->ids().size() - static_cast<size_t>(second.tokens) - before + 1);
}

TEST_CASE("an answer that was stopped stays said as far as it came") {
  Talk talk;
  const Answer stopped = talk.Say("hello", 3);
  CHECK(stopped.finish == FinishReason::kStopped);
  CHECK(stopped.tokens == 3);
  const Answer next = talk.Say("go on");
  const std::vector<int32_t>& ids = talk.conversation->ids();
  const auto count = static_cast<size_t>(next.tokens);
  CHECK(Last(ids, count) == WrittenBehind(talk.model, std::span(ids).first(ids.size() - count), 12));
}

TEST_CASE("where the context is full a conversation begins anew with its system message") {
  Talk talk(96);
  const std::string message(40, 'q');
  Talk alone(96);
  alone.Say(message);
  CHECK_FALSE(talk.Say(message).began_anew);
  const Answer second = talk.Say(message);
  REQUIRE(second.began_anew);
  CHECK(talk.conversation->ids() == alone.conversation->ids());
  CHECK(talk.text == alone.text);
}

TEST_CASE("an answer that fills the context ends there, and the next message begins anew") {
  Talk talk(96, "", 1000);
  const Answer first = talk.Say("hello");
  CHECK(first.finish == FinishReason::kContextFull);
  CHECK(talk.Say("hello").began_anew);
}

TEST_CASE("a message longer than the context or not UTF-8 is refused and changes nothing") {
  Talk talk(96);
  Talk other(96);
  talk.Say("hello");
  other.Say("hello");
  const auto ignore = [](const std::string&) { return true; };
  CHECK(
      std::string(talk.conversation->Say(std::string(200, 'q'), ignore).status().message()).find("the context is 96") !=
      std::string::npos);
  CHECK_FALSE(talk.conversation->Say("\xFF", ignore).ok());
  talk.Say("x");
  other.Say("x");
  CHECK(talk.text == other.text);
  CHECK(talk.conversation->ids() == other.conversation->ids());
}

TEST_CASE("a drawn answer ends at a stop id, which the next turn brings itself") {
  int ended = 0;
  for (uint64_t seed = 0; seed < 8; ++seed) {
    Talk talk(400, "", 150, {9.0f, 0, 1.0f, seed});
    const Answer answer = talk.Say("hello");
    if (answer.finish != FinishReason::kEnd) continue;
    ++ended;
    const size_t before = talk.conversation->ids().size();
    CHECK(talk.conversation->ids().back() != 2);
    talk.Say("x");
    CHECK(talk.conversation->ids()[before] == 2);
  }
  CHECK(ended > 0);
}

}  // namespace
}  // namespace tritwise::test
