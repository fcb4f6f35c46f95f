#include "tools/gateway/generation.h"

#include <chrono>
#include <random>

#include "tools/gateway/connection.h"

namespace tritwise {
namespace {

// How often a request that waits looks whether its client is still there.
constexpr Milliseconds kLook{100};
// OpenAI's default for completions.
constexpr int64_t kCompletionTokens = 16;

uint64_t RandomNumber() {
  std::random_device random;
  return (uint64_t{random()} << 31) ^ random();
}

std::string RandomId(Style style) {
  char digits[17];
  std::snprintf(digits, sizeof digits, "%016llx", static_cast<unsigned long long>(RandomNumber()));
  return (style == Style::kChat ? "chatcmpl-" : "cmpl-") + std::string(digits);
}

int64_t Now() {
  return std::chrono::duration_cast<std::chrono::seconds>(std::chrono::system_clock::now().time_since_epoch()).count();
}

struct Gone {};  // the HTTP client

// A request under way at the server. Whoever leaves it before its end cancels it.
class Generation {
 public:
  Generation(Bridge& bridge, Json request) : bridge_(bridge), call_(bridge.Start(std::move(request))) {}
  ~Generation() {
    if (!ended_) bridge_.Drop(call_);
  }
  Generation(const Generation&) = delete;
  Generation& operator=(const Generation&) = delete;

  // The next reply; nothing where it takes longer. Throws HttpError.
  std::optional<Json> Next(Milliseconds timeout) {
    std::optional<Reply> reply = call_->Next(timeout);
    if (!reply) return std::nullopt;
    ended_ = reply->last;
    if (reply->json["type"] == "error") throw FromServerError(reply->json);
    return std::move(reply->json);
  }

 private:
  Bridge& bridge_;
  std::shared_ptr<Call> call_;
  bool ended_ = false;
};

// The next reply, however long it takes. Throws Gone.
Json Wait(Generation& generation, const Connection& connection) {
  for (;;) {
    std::optional<Json> reply = generation.Next(kLook);
    if (connection.gone()) throw Gone{};
    if (reply) return std::move(*reply);
  }
}

// Of a request that names none: the server had only one to take.
std::string OnlyModel(Bridge& bridge) {
  const Json models = bridge.Ask({{"type", "models"}}, Milliseconds{3000}).value("models", Json::array());
  return models.empty() ? "" : models[0].value("name", "");
}

bool IsEnd(const Json& reply) { return reply["type"] == "finish"; }

Json Whole(Generation& generation, const Answer& answer, const Connection& connection, Json reply) {
  std::string text;
  for (; !IsEnd(reply); reply = Wait(generation, connection)) text += reply.value("text", "");
  return WholeAnswer(answer, text, reply);
}

// The stream of events: called again and again while it returns true.
class Stream {
 public:
  Stream(std::unique_ptr<Generation> generation, Answer answer, bool include_usage, Json first)
      : generation_(std::move(generation)),
        answer_(std::move(answer)),
        include_usage_(include_usage),
        next_(std::move(first)) {}

  bool Advance(httplib::DataSink& sink) {
    std::string events;
    if (begins_ && answer_.style == Style::kChat) events += Event(RoleChunk(answer_));
    begins_ = false;
    try {
      if (!next_) next_ = generation_->Next(kLook);
    } catch (const HttpError& error) {
      // The status is sent: the error comes as an event, as OpenAI's do.
      return Write(sink, events + Event(error.Body()), true);
    }
    if (!next_) return sink.is_writable();
    const Json reply = std::move(*next_);
    next_.reset();
    if (!IsEnd(reply)) {
      const std::string text = reply.value("text", "");
      if (!text.empty()) events += Event(TextChunk(answer_, text));
      return events.empty() ? sink.is_writable() : Write(sink, events, false);
    }
    events += Event(EndChunk(answer_, reply));
    if (include_usage_) events += Event(UsageChunk(answer_, reply));
    return Write(sink, events + "data: [DONE]\n\n", true);
  }

 private:
  static bool Write(httplib::DataSink& sink, const std::string& events, bool last) {
    if (!sink.write(events.data(), events.size())) return false;
    if (last) sink.done();
    return true;
  }

  std::unique_ptr<Generation> generation_;
  Answer answer_;
  bool include_usage_;
  bool begins_ = true;
  std::optional<Json> next_;
};

}  // namespace

void AnswerWithText(Bridge& bridge, Style style, int64_t max_tokens, const httplib::Request& request,
                    httplib::Response* response) {
  const Defaults defaults{RandomNumber(), style == Style::kChat ? max_tokens : kCompletionTokens};
  Translated asked = style == Style::kChat ? FromChat(request.body, defaults) : FromCompletion(request.body, defaults);
  const Connection connection(request.remote_addr, request.remote_port);
  Answer answer{style, RandomId(style), asked.model, Now()};
  auto generation = std::make_unique<Generation>(bridge, std::move(asked.request));
  try {
    Json first = Wait(*generation, connection);
    if (answer.model.empty()) answer.model = OnlyModel(bridge);
    if (!asked.stream) {
      const Json whole = Whole(*generation, answer, connection, std::move(first));
      response->set_content(whole.dump(), "application/json");
      return;
    }
    const auto stream = std::make_shared<Stream>(std::move(generation), answer, asked.include_usage, std::move(first));
    response->set_header("Cache-Control", "no-store");
    response->set_header("X-Accel-Buffering", "no");  // proxies are to hand events on as they come
    response->set_chunked_content_provider(
        "text/event-stream", [stream](size_t /*offset*/, httplib::DataSink& sink) { return stream->Advance(sink); });
  } catch (const Gone&) {
    response->status = 499;  // nobody reads it
  }
}

}  // namespace tritwise
