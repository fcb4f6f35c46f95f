#include "format/chat_table.h"

namespace tritwise {
namespace {

flatbuffers::Offset<fb::ChatTurn> Build(flatbuffers::FlatBufferBuilder& b, const ChatTurn& turn) {
  const auto prefix = b.CreateString(turn.prefix);
  const auto suffix = b.CreateString(turn.suffix);
  return fb::CreateChatTurn(b, prefix, suffix);
}

ChatTurn Parse(const fb::ChatTurn& table) { return {table.prefix()->str(), table.suffix()->str()}; }

}  // namespace

flatbuffers::Offset<fb::ChatTemplate> BuildChatTemplate(flatbuffers::FlatBufferBuilder& b,
                                                        const std::optional<ChatTemplate>& chat) {
  if (!chat) return 0;
  // One by one, not as arguments of one call: the same model is to be the same bytes from every compiler.
  const auto system = Build(b, chat->system);
  const auto user = Build(b, chat->user);
  const auto assistant = Build(b, chat->assistant);
  const auto stop_ids = b.CreateVector(chat->stop_ids);
  return fb::CreateChatTemplate(b, system, user, assistant, chat->begin, stop_ids);
}

std::optional<ChatTemplate> ParseChatTemplate(const fb::ChatTemplate* table) {
  if (table == nullptr) return std::nullopt;
  ChatTemplate chat{Parse(*table->system()), Parse(*table->user()), Parse(*table->assistant()), table->begin(), {}};
  chat.stop_ids.assign(table->stop_ids()->begin(), table->stop_ids()->end());
  return chat;
}

}  // namespace tritwise
