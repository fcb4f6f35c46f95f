// A chat template as data: what stands before and behind the text of each role, and messages made into token ids by it.
//
// No template language: prefixes and suffixes say all that the usual formats need, and a device has no interpreter.
//
// How a conversation is cut. Control pieces are found in prefixes and suffixes only: no content, whatever it says, can
// end a turn or begin another. What stands between two control pieces is encoded together, so that a conversation has
// the ids of its whole text (merges across the borders of prefix, content and suffix included). One exception: the
// content of the assistant is encoded on its own. There the network wrote, and a border was where it began and ended.
// So ids of a conversation are those of its beginning, and more behind them, and a cache is kept between turns. A
// sentencepiece vocabulary's dummy space stands at the very start only, behind the begin id.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "format/status.h"
#include "format/tokenizer.h"

namespace tritwise {

enum class ChatRole : uint8_t { kSystem = 0, kUser = 1, kAssistant = 2 };

// "system", "user", "assistant".
std::string_view ChatRoleName(ChatRole role);
// kInvalidArgument names those that there are.
Result<ChatRole> ChatRoleNamed(std::string_view name);

struct ChatTurn {
  std::string prefix;
  std::string suffix;
  friend bool operator==(const ChatTurn&, const ChatTurn&) = default;
};

struct ChatTemplate {
  ChatTurn system;
  ChatTurn user;
  ChatTurn assistant;
  bool begin = false;             // the vocabulary's begin id first, where it has one
  std::vector<int32_t> stop_ids;  // end an answer, beside the vocabulary's end id
  friend bool operator==(const ChatTemplate&, const ChatTemplate&) = default;

  // Bounds of what a file may have.
  static constexpr size_t kMaxPartBytes = 4096;
  static constexpr size_t kMaxStopIds = 64;
};

struct ChatMessage {
  ChatRole role = ChatRole::kUser;
  std::string content;
};

// Ids of the conversation and of the assistant's prefix: what an answer goes on from. kInvalidArgument: no messages, a
// system message that is not the first, a last message that is not the user's, content that is not UTF-8.
Result<std::vector<int32_t>> RenderChat(const Tokenizer& tokenizer, const ChatTemplate& chat,
                                        std::span<const ChatMessage> messages);

// What follows an answer: the assistant's suffix, a message of the user, the assistant's prefix. RenderChat of messages
// a, answer, b is RenderChat of a, the ids of the answer, RenderNextTurn of b. Where the answer ended with a stop id,
// that id is not part of it. kInvalidArgument: content that is not UTF-8.
Result<std::vector<int32_t>> RenderNextTurn(const Tokenizer& tokenizer, const ChatTemplate& chat,
                                            std::string_view content);

// The vocabulary's end id and the template's stop ids, each once.
std::vector<int32_t> StopIds(const Vocabulary& vocabulary, const ChatTemplate& chat);

// Fails where the parts are not UTF-8, longer than kMaxPartBytes, or a stop id is not one of the vocabulary's.
Status VerifyChatTemplate(const ChatTemplate& chat, const Vocabulary& vocabulary);

}  // namespace tritwise
