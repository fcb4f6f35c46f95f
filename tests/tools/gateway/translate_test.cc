#include "tools/gateway/translate.h"

#include <catch2/catch.hpp>

#include <map>
#include <string>

namespace tritwise {
namespace {

constexpr Defaults kDefaults{77, 512};

HttpError Refusal(const std::string& body, Style style = Style::kCompletion) {
  try {
    style == Style::kChat ? FromChat(body, kDefaults) : FromCompletion(body, kDefaults);
  } catch (const HttpError& error) {
    return error;
  }
  return HttpError(200, "", "", "accepted");
}

std::string With(const std::string& option) { return "{\"prompt\": \"a\", " + option + "}"; }

TEST_CASE("A completion by OpenAI's defaults is drawn at temperature 1") {
  const Translated t = FromCompletion(R"({"prompt": "Once"})", kDefaults);
  CHECK(t.request == Json::parse(R"({"type": "generate", "max_tokens": 512, "temperature": 1.0, "seed": 77,
                                     "prompt": "Once"})"));
  CHECK_FALSE(t.stream);
}

TEST_CASE("Every option that is known is handed on") {
  const Translated t = FromCompletion(
      R"({"prompt": ["Once"], "model": "m", "max_tokens": 5.0, "temperature": 0, "top_p": 0.5, "top_k": 3, "seed": 9,
          "stop": "x", "response_format": {"type": "json_object"}, "stream": true,
          "stream_options": {"include_usage": true}})",
      kDefaults);
  CHECK(t.request == Json::parse(R"({"type": "generate", "model": "m", "max_tokens": 5, "temperature": 0.0,
                                     "top_p": 0.5, "top_k": 3, "seed": 9, "stop": ["x"], "format": "json",
                                     "prompt": "Once"})"));
  CHECK(t.stream);
  CHECK(t.include_usage);
  CHECK(t.model == "m");
}

TEST_CASE("A prompt can be token ids") {
  CHECK(FromCompletion(R"({"prompt": [1, 2]})", kDefaults).request["ids"] == Json{1, 2});
  CHECK(FromCompletion(R"({"prompt": [[1, 2]]})", kDefaults).request["ids"] == Json{1, 2});
}

TEST_CASE("Messages keep their order; developer is system, parts of text are joined") {
  const Translated t = FromChat(R"({"messages": [
      {"role": "developer", "content": "Be brief."},
      {"role": "user", "content": [{"type": "text", "text": "a"}, {"type": "text", "text": "b"}], "name": "me"},
      {"role": "assistant", "content": "c"}], "max_completion_tokens": 7, "max_tokens": 9})",
                                kDefaults);
  CHECK(t.request["messages"] == Json::parse(R"([{"role": "system", "content": "Be brief."},
      {"role": "user", "content": "ab"}, {"role": "assistant", "content": "c"}])"));
  CHECK(t.request["max_tokens"] == 7);
}

TEST_CASE("What does not change the text is ignored") {
  for (const char* option : {R"("user": "u")", R"("metadata": {"a": 1})", R"("n": 1)", R"("presence_penalty": 0)",
                             R"("frequency_penalty": 0.0)", R"("logit_bias": {})", R"("tools": [])",
                             R"("logprobs": null)", R"("echo": false)", R"("stop": null)", R"("stop": [])",
                             R"("response_format": {"type": "text"})", R"("anything": [1])"}) {
    INFO(option);
    CHECK(Refusal(With(option)).status == 200);
  }
}

TEST_CASE("What would change the text and is not known is refused, by name") {
  for (const char* name : {"presence_penalty", "frequency_penalty", "top_logprobs", "min_p"}) {
    const HttpError error = Refusal(With("\"" + std::string(name) + "\": 0.5"));
    CHECK(error.status == 400);
    CHECK(error.param == name);
  }
  CHECK(Refusal(With(R"("n": 2)")).param == "n");
  CHECK(Refusal(With(R"("best_of": 3)")).param == "best_of");
  CHECK(Refusal(With(R"("echo": true)")).param == "echo");
  CHECK(Refusal(With(R"("tools": [{"type": "function"}])")).param == "tools");
  CHECK(Refusal(With(R"("logit_bias": {"5": 1})")).param == "logit_bias");
  CHECK(Refusal(With(R"("response_format": {"type": "json_schema"})")).param == "response_format");
}

TEST_CASE("A wrong value is refused, by name") {
  for (const auto& [option, name] :
       std::map<std::string, std::string>{{R"("temperature": "hot")", "temperature"},
                                          {R"("max_tokens": 0)", "max_tokens"},
                                          {R"("max_tokens": 1.5)", "max_tokens"},
                                          {R"("max_tokens": 1e300)", "max_tokens"},
                                          {R"("stream": "yes")", "stream"},
                                          {R"("stop": 5)", "stop"},
                                          {R"("stop": ["a", 5])", "stop"},
                                          {R"("model": 5)", "model"},
                                          {R"("seed": "x")", "seed"},
                                          {R"("response_format": "json")", "response_format"}}) {
    INFO(option);
    CHECK(Refusal(With(option)).status == 400);
    CHECK(Refusal(With(option)).param == name);
  }
}

TEST_CASE("A body that is no request is refused") {
  for (const std::string& body : {std::string(), std::string("nonsense"), std::string("[]"), std::string("{"),
                                  std::string("{\"prompt\": \"\xFF\"}"), std::string("{\"prompt\": \"\\ud800\"}"),
                                  std::string("{}"), std::string("{\"prompt\": [\"a\", \"b\"]}"),
                                  std::string("{\"prompt\": [1, \"b\"]}"), std::string("{\"prompt\": []}")}) {
    INFO(body);
    CHECK(Refusal(body).status == 400);
  }
  for (const char* messages : {"[]", "5", "[5]", R"([{"role": "user"}])", R"([{"role": "tool", "content": "a"}])",
                               R"([{"content": "a"}])", R"([{"role": "user", "content": [{"type": "image_url"}]}])"}) {
    INFO(messages);
    CHECK(Refusal("{\"messages\": " + std::string(messages) + "}", Style::kChat).param == "messages");
  }
}

TEST_CASE("A million brackets do not use up the stack") {
  CHECK(Refusal(std::string(1000000, '[')).status == 400);
  CHECK(Refusal("{\"stop\": " + std::string(500000, '[') + std::string(500000, ']') + "}").status == 400);
  // Brackets in a text are text.
  CHECK(Refusal("{\"prompt\": \"\\\"" + std::string(1000, '[') + "\"}").status == 200);
}

const Json kFinish = Json::parse(R"({"type": "finish", "reason": "length", "usage": {"prompt_tokens": 5,
    "cached_tokens": 2, "tokens": 8, "queue_ms": 1, "prefill_ms": 2, "decode_ms": 3}})");

TEST_CASE("A whole answer has OpenAI's shape") {
  const Json completion = WholeAnswer({Style::kCompletion, "cmpl-1", "m", 99}, "text", kFinish);
  CHECK(completion["object"] == "text_completion");
  CHECK(completion["choices"][0]["text"] == "text");
  CHECK(completion["choices"][0]["finish_reason"] == "length");
  CHECK(completion["usage"] == Json::parse(R"({"prompt_tokens": 5, "completion_tokens": 8, "total_tokens": 13,
                                               "prompt_tokens_details": {"cached_tokens": 2}})"));
  const Json chat = WholeAnswer({Style::kChat, "chatcmpl-1", "m", 99}, "text", kFinish);
  CHECK(chat["object"] == "chat.completion");
  CHECK(chat["choices"][0]["message"] == Json{{"role", "assistant"}, {"content", "text"}});
}

TEST_CASE("The parts of a stream have OpenAI's shape") {
  const Answer chat{Style::kChat, "chatcmpl-1", "m", 99};
  CHECK(RoleChunk(chat)["choices"][0]["delta"]["role"] == "assistant");
  CHECK(TextChunk(chat, "a")["choices"][0]["delta"] == Json{{"content", "a"}});
  CHECK(TextChunk(chat, "a")["choices"][0]["finish_reason"].is_null());
  CHECK(EndChunk(chat, kFinish)["choices"][0]["delta"] == Json::object());
  CHECK(EndChunk(chat, kFinish)["choices"][0]["finish_reason"] == "length");
  CHECK(UsageChunk(chat, kFinish)["choices"].empty());
  CHECK(UsageChunk(chat, kFinish)["usage"]["total_tokens"] == 13);
  const Answer completion{Style::kCompletion, "cmpl-1", "m", 99};
  CHECK(TextChunk(completion, "a")["choices"][0]["text"] == "a");
  CHECK(TextChunk(completion, "a")["object"] == "text_completion");
  CHECK(Event(Json{{"a", "x\ny"}}) == "data: {\"a\":\"x\\ny\"}\n\n");
}

TEST_CASE("A text that the model or a stop string ended says stop, any other length") {
  for (const auto& [reason, expected] : std::map<std::string, std::string>{{"end", "stop"},
                                                                           {"stop", "stop"},
                                                                           {"length", "length"},
                                                                           {"context_full", "length"},
                                                                           {"deadline", "length"},
                                                                           {"cancelled", "length"}}) {
    const Json finish{{"reason", reason}};
    CHECK(WholeAnswer({Style::kChat, "1", "m", 0}, "", finish)["choices"][0]["finish_reason"] == expected);
  }
}

TEST_CASE("The server's errors have their HTTP status") {
  const std::map<std::string, int> statuses = {{"bad_request", 400},   {"too_large", 400},   {"unknown_model", 404},
                                               {"not_supported", 400}, {"busy", 429},        {"draining", 503},
                                               {"id_reused", 500},     {"worker_lost", 503}, {"forbidden", 403},
                                               {"internal", 500},      {"unreachable", 503}};
  for (const auto& [code, status] : statuses) {
    INFO(code);
    CHECK(FromServerError({{"code", code}, {"message", "why"}}).status == status);
  }
  const HttpError busy = FromServerError({{"code", "busy"}, {"message", "full"}, {"retry_after_ms", 1200}});
  CHECK(busy.retry_after_s == 2);
  CHECK(busy.Body() == Json::parse(R"({"error": {"message": "full", "type": "rate_limit_error", "param": null,
                                                 "code": "rate_limit_exceeded"}})"));
}

TEST_CASE("Models are listed as OpenAI's, with what the page needs") {
  const Json list = ModelList(Json::parse(R"({"models": [{"name": "m", "context": 64, "chat": true, "other": 1}]})"));
  CHECK(list["object"] == "list");
  CHECK(list["data"][0]["id"] == "m");
  CHECK(list["data"][0]["object"] == "model");
  CHECK(list["data"][0]["chat"] == true);
  CHECK_FALSE(list["data"][0].contains("other"));
}

}  // namespace
}  // namespace tritwise
