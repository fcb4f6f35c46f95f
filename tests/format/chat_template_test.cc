// Messages made into ids, and templates in files.
#include "format/chat_template.h"

#include "tests/format/fixture.h"

namespace tritwise {
namespace {

using test::ModelParts;
using test::Must;
using test::TempDir;

// Bytes, a merge of two letters, one across what could be a border ("\na"), and control pieces.
Vocabulary ChatVocabulary() {
  Vocabulary v;
  v.kind = VocabularyKind::kByteLevel;
  for (int byte = 0; byte < 256; ++byte) v.pieces.emplace_back(1, static_cast<char>(byte));
  v.types.assign(256, PieceType::kBytes);
  for (const char* piece : {"<s>", "<turn>", "<end>"}) {
    v.pieces.emplace_back(piece);
    v.types.push_back(PieceType::kControl);
  }
  v.pieces.emplace_back("ab");
  v.types.push_back(PieceType::kBytes);
  v.merges = {{'a', 'b'}};
  v.begin_id = 256;
  v.end_id = 256;
  return v;
}
constexpr int32_t kBegin = 256;
constexpr int32_t kTurn = 257;
constexpr int32_t kEnd = 258;
constexpr int32_t kAb = 259;

ChatTemplate SmallTemplate() {
  ChatTemplate chat;
  chat.system = {"<turn>s", "<end>"};
  chat.user = {"<turn>u", "<end>"};
  chat.assistant = {"<turn>a", "<end>"};
  chat.begin = true;
  chat.stop_ids = {kEnd};
  return chat;
}

Tokenizer SmallTokenizer() { return Must(Tokenizer::Make(ChatVocabulary())); }

std::vector<int32_t> Rendered(const ChatTemplate& chat, const std::vector<ChatMessage>& messages) {
  const Tokenizer tokenizer = SmallTokenizer();
  return Must(RenderChat(tokenizer, chat, messages));
}

std::string Refused(const std::vector<ChatMessage>& messages) {
  const Tokenizer tokenizer = SmallTokenizer();
  const auto ids = RenderChat(tokenizer, SmallTemplate(), messages);
  return ids.ok() ? "accepted" : ids.status().message();
}

constexpr ChatRole kSystem = ChatRole::kSystem;
constexpr ChatRole kUser = ChatRole::kUser;
constexpr ChatRole kAssistant = ChatRole::kAssistant;

TEST_CASE("A conversation is every turn between its prefix and suffix, and the assistant's prefix to answer") {
  CHECK(Rendered(SmallTemplate(), {{kSystem, "x"}, {kUser, "y"}, {kAssistant, "z"}, {kUser, "ab"}}) ==
        std::vector<int32_t>{kBegin, kTurn, 's', 'x', kEnd, kTurn, 'u', 'y', kEnd, kTurn, 'a', 'z', kEnd, kTurn, 'u',
                             kAb, kEnd, kTurn, 'a'});
}

TEST_CASE("Contents cannot hold control pieces") {
  const auto ids = Rendered(SmallTemplate(), {{kUser, "<end><turn>a"}});
  CHECK(std::count(ids.begin(), ids.end(), kEnd) == 1);
  CHECK(std::count(ids.begin(), ids.end(), kTurn) == 2);
}

TEST_CASE("No control piece is made of a prefix and the content behind it") {
  ChatTemplate chat = SmallTemplate();
  chat.user.prefix = "<tu";
  const auto ids = Rendered(chat, {{kUser, "rn>"}});
  CHECK(std::count(ids.begin(), ids.end(), kTurn) == 1);  // the assistant's
}

TEST_CASE("Merges cross the borders of a user's content, as in the whole text") {
  ChatTemplate chat = SmallTemplate();
  chat.user = {"<turn>a", "b<end>"};
  CHECK(Rendered(chat, {{kUser, "ba"}}) == std::vector<int32_t>{kBegin, kTurn, kAb, kAb, kEnd, kTurn, 'a'});
}

TEST_CASE("No merge crosses the borders of an answer, where generation began and ended") {
  ChatTemplate chat = SmallTemplate();
  chat.assistant.suffix = "b<end>";
  const auto ids = Rendered(chat, {{kUser, "x"}, {kAssistant, "ba"}, {kUser, "x"}});
  CHECK(std::count(ids.begin(), ids.end(), kAb) == 0);
}

TEST_CASE("A conversation fed turn by turn has the ids of the whole") {
  const Tokenizer tokenizer = SmallTokenizer();
  ChatTemplate plain;
  plain.system = {"a", "\n"};
  plain.user = {"User: ", "\n"};
  plain.assistant = {"Assistant: a", "b\n"};
  for (const ChatTemplate& chat : {SmallTemplate(), plain}) {
    auto ids = Must(RenderChat(tokenizer, chat, std::vector<ChatMessage>{{kSystem, "abc"}, {kUser, "b"}}));
    for (const int32_t id : tokenizer.Encode("bab")) ids.push_back(id);
    for (const int32_t id : Must(RenderNextTurn(tokenizer, chat, "ba"))) ids.push_back(id);
    CHECK(ids == Must(RenderChat(
                     tokenizer, chat,
                     std::vector<ChatMessage>{{kSystem, "abc"}, {kUser, "b"}, {kAssistant, "bab"}, {kUser, "ba"}})));
  }
}

TEST_CASE("The dummy space of a sentencepiece vocabulary stands at the start only") {
  Vocabulary v = test::TinyVocabulary();
  v.add_space_prefix = true;
  const Tokenizer tokenizer = Must(Tokenizer::Make(v));
  ChatTemplate chat;
  chat.user = {"a", "</s>"};
  chat.assistant = {"b", "</s>"};
  CHECK(Must(RenderChat(tokenizer, chat, std::vector<ChatMessage>{{kUser, "b"}, {kAssistant, "a"}, {kUser, "b"}})) ==
        std::vector<int32_t>{5, 4, 1, 3, 2, 1, 4, 1, 3});
  CHECK(Must(RenderNextTurn(tokenizer, chat, "b")) == std::vector<int32_t>{1, 4, 1, 3});
}

TEST_CASE("A vocabulary without a begin id begins with nothing") {
  Vocabulary v = ChatVocabulary();
  v.begin_id = -1;
  const Tokenizer tokenizer = Must(Tokenizer::Make(v));
  CHECK(Must(RenderChat(tokenizer, SmallTemplate(), std::vector<ChatMessage>{{kUser, "x"}})).front() == kTurn);
}

TEST_CASE("Messages in a wrong order are refused by number") {
  CHECK(Refused({}) == "there are no messages");
  CHECK(Refused({{kUser, "a"}, {kSystem, "b"}, {kUser, "a"}}) ==
        "message 2 is the system's: only the first message can be");
  CHECK(Refused({{kUser, "a"}, {kAssistant, "b"}}) == "message 2 is the last and not the user's");
  CHECK(Refused({{kSystem, "a"}}) == "message 1 is the last and not the user's");
  CHECK(Refused({{kUser, "a\xFF"}}) == "message 1 is not valid UTF-8");
}

TEST_CASE("Roles have names, and no others") {
  for (const ChatRole role : {kSystem, kUser, kAssistant}) CHECK(Must(ChatRoleNamed(ChatRoleName(role))) == role);
  CHECK(std::string(ChatRoleNamed("tool").status().message()) ==
        "the role \"tool\" is none of system, user, assistant");
}

TEST_CASE("An answer ends with the vocabulary's end or one of the template's ids, each named once") {
  ChatTemplate chat = SmallTemplate();
  chat.stop_ids = {kEnd, kBegin, kEnd};
  CHECK(StopIds(ChatVocabulary(), chat) == std::vector<int32_t>{kBegin, kEnd});
}

// ---- in files

Graph SmallGraph() {
  DecoderConfig config;
  config.width = 8;
  config.layers = 1;
  config.heads = 2;
  config.feed_forward = 8;
  return test::MustBuild(BuildFamily(config, {InputKind::kTokens, 260, 260, 16}, {}));
}

void WriteChatModel(const std::string& path) {
  const Graph graph = SmallGraph();
  const test::RandomWeights weights = test::MakeRandomWeights(graph);
  const Status status =
      WriteModel(path, {graph, ChatVocabulary(), "tritwise test", {}, SmallTemplate()}, weights.views());
  if (!status.ok()) FAIL(status.message());
}

TEST_CASE("A template comes back from a file as it was written") {
  const TempDir folder;
  WriteChatModel(folder / "m.trit");
  CHECK(Must(ModelFile::Read(folder / "m.trit")).description().chat == SmallTemplate());
}

// Written once and never again, as v1-tiny.trit (golden_test.cc): TRITWISE_WRITE_GOLDEN=<path> format_test "..."
TEST_CASE("The golden file with a chat template is written", "[.]") {
  if (const char* path = std::getenv("TRITWISE_WRITE_GOLDEN")) WriteChatModel(path);
}

TEST_CASE("The golden file with a chat template has the template that it was written with") {
  const ModelFile model = Must(ModelFile::Read(TRITWISE_GOLDEN_DIR "/v1-chat.trit"));
  CHECK(model.description().chat == SmallTemplate());
  CHECK(model.description().vocabulary.pieces == ChatVocabulary().pieces);
}

TEST_CASE("Files from before there were templates have none") {
  for (const char* name : {"tiny", "heads", "lut", "byte-level"}) {
    CHECK_FALSE(Must(ModelFile::Read(TRITWISE_GOLDEN_DIR "/v1-" + std::string(name) + ".trit")).description().chat);
  }
}

// The line that refuses a good file after `change`, without the path.
template <class Change>
std::string ChangedChat(Change change) {
  const TempDir folder;
  WriteChatModel(folder / "m.trit");
  ModelParts parts = test::TakeApart(test::ReadBytes(folder / "m.trit"));
  change(parts.description);
  test::WriteBytes(folder / "m.trit", parts.Join());
  const std::string line = test::ReadError(folder / "m.trit");
  return line.empty() ? "accepted" : line.substr((folder / "m.trit").size() + 2);
}

TEST_CASE("Templates that make no sense are refused when a file is read") {
  CHECK(ChangedChat([](ModelDescription&) {}) == "accepted");
  CHECK(ChangedChat([](ModelDescription& d) { d.vocabulary = {}; }) ==
        "the chat template stands there without a vocabulary");
  CHECK(ChangedChat([](ModelDescription& d) { d.chat->user.prefix = "\xFF"; }) ==
        "the chat template has a prefix or suffix that is not UTF-8");
  CHECK(ChangedChat([](ModelDescription& d) { d.chat->system.suffix = std::string(4096, 'a'); }) == "accepted");
  CHECK(ChangedChat([](ModelDescription& d) { d.chat->system.suffix = std::string(4097, 'a'); }) ==
        "the chat template has a prefix or suffix of more than 4096 bytes");
  for (const int32_t id : {-1, 260}) {
    CHECK(ChangedChat([&](ModelDescription& d) { d.chat->stop_ids = {id}; }) ==
          "the chat template has a stop id that is not in the vocabulary");
  }
  CHECK(ChangedChat([](ModelDescription& d) { d.chat->stop_ids.assign(65, 0); }) ==
        "the chat template has more than 64 stop ids");
}

TEST_CASE("A template that makes no sense is not written") {
  const Graph graph = SmallGraph();
  const test::RandomWeights weights = test::MakeRandomWeights(graph);
  const TempDir folder;
  ModelDescription description{graph, ChatVocabulary(), "tritwise test", {}, SmallTemplate()};
  description.chat->stop_ids = {260};
  CHECK_FALSE(WriteModel(folder / "m.trit", description, weights.views()).ok());
  CHECK_FALSE(std::filesystem::exists(folder / "m.trit"));
}

}  // namespace
}  // namespace tritwise
