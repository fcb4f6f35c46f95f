#include "format/chat_template.h"

#include <algorithm>
#include <array>
#include <utility>

#include "format/utf8.h"

namespace tritwise {
namespace {

constexpr std::array<std::string_view, 3> kRoleNames = {"system", "user", "assistant"};

const ChatTurn& TurnOf(const ChatTemplate& chat, ChatRole role) {
  return role == ChatRole::kSystem ? chat.system : role == ChatRole::kUser ? chat.user : chat.assistant;
}

// Parts that are encoded together, up to where an answer begins or ends.
class Rendering {
 public:
  Rendering(const Tokenizer& tokenizer, bool at_start) : tokenizer_(tokenizer), at_start_(at_start) {}

  void AddTemplate(std::string_view text) { parts_.push_back({text, true}); }
  void AddContent(std::string_view text) { parts_.push_back({text, false}); }
  void Cut() {
    const std::vector<int32_t> ids = tokenizer_.EncodeParts(parts_, at_start_ && ids_.empty());
    ids_.insert(ids_.end(), ids.begin(), ids.end());
    parts_.clear();
  }
  std::vector<int32_t> Finish() {
    Cut();
    return std::move(ids_);
  }

 private:
  const Tokenizer& tokenizer_;
  bool at_start_;
  std::vector<TextPart> parts_;
  std::vector<int32_t> ids_;
};

Status CheckMessages(std::span<const ChatMessage> messages) {
  const auto bad = [](size_t i, const char* what) {
    return Status::Error(StatusCode::kInvalidArgument, "message %zu %s", i + 1, what);
  };
  if (messages.empty()) return Status::Error(StatusCode::kInvalidArgument, "there are no messages");
  for (size_t i = 0; i < messages.size(); ++i) {
    if (messages[i].role > ChatRole::kAssistant) return bad(i, "has no known role");
    if (messages[i].role == ChatRole::kSystem && i != 0) {
      return bad(i, "is the system's: only the first message can be");
    }
    if (FindInvalidUtf8(messages[i].content) != std::string_view::npos) return bad(i, "is not valid UTF-8");
  }
  if (messages.back().role != ChatRole::kUser) return bad(messages.size() - 1, "is the last and not the user's");
  return {};
}

}  // namespace

std::string_view ChatRoleName(ChatRole role) { return kRoleNames[static_cast<size_t>(role)]; }

Result<ChatRole> ChatRoleNamed(std::string_view name) {
  const auto found = std::find(kRoleNames.begin(), kRoleNames.end(), name);
  if (found == kRoleNames.end()) {
    return Status::Error(StatusCode::kInvalidArgument, "the role \"%.*s\" is none of system, user, assistant",
                         static_cast<int>(std::min<size_t>(name.size(), 64)), name.data());
  }
  return static_cast<ChatRole>(found - kRoleNames.begin());
}

Result<std::vector<int32_t>> RenderChat(const Tokenizer& tokenizer, const ChatTemplate& chat,
                                        std::span<const ChatMessage> messages) {
  TRITWISE_RETURN_IF_ERROR(CheckMessages(messages));
  Rendering rendering(tokenizer, true);
  for (const ChatMessage& message : messages) {
    const ChatTurn& turn = TurnOf(chat, message.role);
    const bool answer = message.role == ChatRole::kAssistant;
    rendering.AddTemplate(turn.prefix);
    if (answer) rendering.Cut();
    rendering.AddContent(message.content);
    if (answer) rendering.Cut();
    rendering.AddTemplate(turn.suffix);
  }
  rendering.AddTemplate(chat.assistant.prefix);
  std::vector<int32_t> ids = rendering.Finish();
  const int32_t begin_id = tokenizer.vocabulary().begin_id;
  if (chat.begin && begin_id >= 0) ids.insert(ids.begin(), begin_id);
  if (ids.empty()) {
    return Status::Error(StatusCode::kInvalidArgument, "the messages and the template around them are empty");
  }
  return ids;
}

Result<std::vector<int32_t>> RenderNextTurn(const Tokenizer& tokenizer, const ChatTemplate& chat,
                                            std::string_view content) {
  if (FindInvalidUtf8(content) != std::string_view::npos) {
    return Status::Error(StatusCode::kInvalidArgument, "the message is not valid UTF-8");
  }
  Rendering rendering(tokenizer, false);
  rendering.AddTemplate(chat.assistant.suffix);
  rendering.AddTemplate(chat.user.prefix);
  rendering.AddContent(content);
  rendering.AddTemplate(chat.user.suffix);
  rendering.AddTemplate(chat.assistant.prefix);
  std::vector<int32_t> ids = rendering.Finish();
  if (ids.empty()) {
    return Status::Error(StatusCode::kInvalidArgument, "the message and the template around it are empty");
  }
  return ids;
}

std::vector<int32_t> StopIds(const Vocabulary& vocabulary, const ChatTemplate& chat) {
  std::vector<int32_t> ids;
  if (vocabulary.end_id >= 0) ids.push_back(vocabulary.end_id);
  for (const int32_t id : chat.stop_ids) {
    if (std::find(ids.begin(), ids.end(), id) == ids.end()) ids.push_back(id);
  }
  return ids;
}

Status VerifyChatTemplate(const ChatTemplate& chat, const Vocabulary& vocabulary) {
  const auto bad = [](const char* what) { return Status::Error(StatusCode::kCorrupt, "the chat template %s", what); };
  if (vocabulary.empty()) return bad("stands there without a vocabulary");
  for (const ChatTurn* turn : {&chat.system, &chat.user, &chat.assistant}) {
    for (const std::string* part : {&turn->prefix, &turn->suffix}) {
      if (part->size() > ChatTemplate::kMaxPartBytes) return bad("has a prefix or suffix of more than 4096 bytes");
      if (FindInvalidUtf8(*part) != std::string_view::npos) return bad("has a prefix or suffix that is not UTF-8");
    }
  }
  if (chat.stop_ids.size() > ChatTemplate::kMaxStopIds) return bad("has more than 64 stop ids");
  for (const int32_t id : chat.stop_ids) {
    if (id < 0 || static_cast<size_t>(id) >= vocabulary.pieces.size()) {
      return bad("has a stop id that is not in the vocabulary");
    }
  }
  return {};
}

}  // namespace tritwise
