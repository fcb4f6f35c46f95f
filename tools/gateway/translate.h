// OpenAI's JSON into the server's (docs/protocol.md) and back: pure functions. docs/serving.md has the table.
#pragma once

#include <string>

#include "tools/gateway/http_error.h"
#include "tools/output.h"

namespace tritwise {

enum class Style { kCompletion, kChat };

// A request of OpenAI's, translated.
struct Translated {
  Json request;       // of type `generate`, without an id
  std::string model;  // as it was asked for
  bool stream = false;
  bool include_usage = false;  // in a stream
};

// What the gateway adds where the request says nothing.
struct Defaults {
  uint64_t seed = 0;       // OpenAI's default is another text each time
  int64_t max_tokens = 0;  // 0: the server's
};

// Throws HttpError.
Translated FromCompletion(const std::string& body, const Defaults& defaults);
Translated FromChat(const std::string& body, const Defaults& defaults);

// What all answers to one request have in common.
struct Answer {
  Style style = Style::kCompletion;
  std::string id;
  std::string model;
  int64_t created = 0;  // seconds since 1970
};

// The whole answer; `finish` as the server sent it.
Json WholeAnswer(const Answer& answer, const std::string& text, const Json& finish);
// Parts of a stream: first for a chat the role, then pieces of text, the end and, where wanted, the usage.
Json RoleChunk(const Answer& answer);
Json TextChunk(const Answer& answer, const std::string& text);
Json EndChunk(const Answer& answer, const Json& finish);
Json UsageChunk(const Answer& answer, const Json& finish);
// An event of a stream of server-sent events.
std::string Event(const Json& data);

// The reply to `models` as OpenAI's list.
Json ModelList(const Json& models);

}  // namespace tritwise
