// What is known is translated, what would change the text and is not known is refused, everything else is ignored:
// clients send much that does not matter here (`user`, `metadata`, penalties of 0).
#include "tools/gateway/translate.h"

#include <cmath>

namespace tritwise {
namespace {

bool Given(const Json& body, const char* name) { return body.contains(name) && !body[name].is_null(); }

// Copying and comparing JSON recurses: a body of a million brackets would use up the stack.
bool NestsTooDeep(const std::string& text) {
  constexpr int kDeepest = 32;
  int depth = 0;
  bool in_string = false;
  for (size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (in_string) {
      if (c == '\\') ++i;
      if (c == '"') in_string = false;
    } else if (c == '"') {
      in_string = true;
    } else if (c == '[' || c == '{') {
      if (++depth > kDeepest) return true;
    } else if (c == ']' || c == '}') {
      --depth;
    }
  }
  return false;
}

Json ParseBody(const std::string& text) {
  if (NestsTooDeep(text)) throw BadParameter("", "the body nests too deep");
  Json body = Json::parse(text, nullptr, false);
  if (body.is_discarded()) throw BadParameter("", "the body is not JSON");
  if (!body.is_object()) throw BadParameter("", "the body is not a JSON object");
  return body;
}

double Number(const Json& body, const char* name) {
  if (!body[name].is_number()) throw BadParameter(name, std::string(name) + " must be a number");
  return body[name].get<double>();
}

int64_t WholeNumber(const Json& body, const char* name) {
  const Json& value = body[name];
  // Some clients write 64.0.
  const double number = Number(body, name);
  if (value.is_number_float() && (std::floor(number) != number || std::fabs(number) > 9e15)) {
    throw BadParameter(name, std::string(name) + " must be a whole number");
  }
  return value.get<int64_t>();
}

bool Flag(const Json& body, const char* name) {
  if (!Given(body, name)) return false;
  if (!body[name].is_boolean()) throw BadParameter(name, std::string(name) + " must be true or false");
  return body[name].get<bool>();
}

// What is absent, empty or says "off".
bool Harmless(const Json& value) {
  return value.is_null() || value == false || value == 0 || value == "" || value == "none" ||
         ((value.is_array() || value.is_object()) && value.empty());
}

void RefuseUnknown(const Json& body) {
  for (const char* name : {"logit_bias", "presence_penalty", "frequency_penalty", "logprobs", "top_logprobs", "echo",
                           "suffix", "tools", "functions", "audio", "prediction", "min_p", "repetition_penalty"}) {
    if (body.contains(name) && !Harmless(body[name])) throw BadParameter(name, std::string(name) + " is not supported");
  }
  for (const char* name : {"n", "best_of"}) {
    if (Given(body, name) && WholeNumber(body, name) != 1) {
      throw BadParameter(name, std::string(name) + " must be 1");
    }
  }
}

void SetFormat(const Json& body, Json* request) {
  if (!Given(body, "response_format")) return;
  const Json& format = body["response_format"];
  const Json type = format.is_object() ? format.value("type", Json()) : Json();
  if (type == "json_object") {
    (*request)["format"] = "json";
  } else if (type != "text") {
    throw BadParameter("response_format",
                       "response_format must be {\"type\": \"text\"} or {\"type\": \"json_object\"}");
  }
}

void SetStop(const Json& body, Json* request) {
  if (!Given(body, "stop")) return;
  const Json stop = body["stop"].is_string() ? Json::array({body["stop"]}) : body["stop"];
  if (!stop.is_array()) throw BadParameter("stop", "stop must be a string or an array of strings");
  for (const Json& one : stop) {
    if (!one.is_string()) throw BadParameter("stop", "stop must be a string or an array of strings");
  }
  if (!stop.empty()) (*request)["stop"] = stop;
}

void SetSampling(const Json& body, uint64_t default_seed, Json* request) {
  (*request)["temperature"] = Given(body, "temperature") ? Number(body, "temperature") : 1.0;
  if (Given(body, "top_p")) (*request)["top_p"] = Number(body, "top_p");
  if (Given(body, "top_k")) (*request)["top_k"] = WholeNumber(body, "top_k");
  (*request)["seed"] = Given(body, "seed") ? static_cast<uint64_t>(WholeNumber(body, "seed")) : default_seed;
}

void SetMaxTokens(const Json& body, const Defaults& defaults, Json* request) {
  const char* name = Given(body, "max_completion_tokens") ? "max_completion_tokens" : "max_tokens";
  if (Given(body, name)) {
    const int64_t tokens = WholeNumber(body, name);
    if (tokens < 1) throw BadParameter(name, std::string(name) + " must be 1 or more");
    (*request)["max_tokens"] = tokens;
  } else if (defaults.max_tokens != 0) {
    (*request)["max_tokens"] = defaults.max_tokens;
  }
}

// All but what is to be written on from.
Translated Common(const Json& body, const Defaults& defaults) {
  RefuseUnknown(body);
  Translated translated;
  Json& request = translated.request;
  request["type"] = "generate";
  if (Given(body, "model")) {
    if (!body["model"].is_string()) throw BadParameter("model", "model must be a string");
    translated.model = body["model"];
    request["model"] = translated.model;
  }
  SetMaxTokens(body, defaults, &request);
  SetSampling(body, defaults.seed, &request);
  SetStop(body, &request);
  SetFormat(body, &request);
  translated.stream = Flag(body, "stream");
  if (Given(body, "stream_options") && body["stream_options"].is_object()) {
    translated.include_usage = Flag(body["stream_options"], "include_usage");
  }
  return translated;
}

void SetPrompt(const Json& body, Json* request) {
  const char* const must = "prompt must be a string, or an array of token ids (one prompt a request)";
  if (!Given(body, "prompt")) throw BadParameter("prompt", "prompt is missing");
  const Json* prompt = &body["prompt"];
  if (prompt->is_array() && prompt->size() == 1 && !prompt->front().is_number()) prompt = &prompt->front();
  if (prompt->is_string()) {
    (*request)["prompt"] = *prompt;
    return;
  }
  if (!prompt->is_array() || prompt->empty()) throw BadParameter("prompt", must);
  for (const Json& id : *prompt) {
    if (!id.is_number_integer()) throw BadParameter("prompt", must);
  }
  (*request)["ids"] = *prompt;
}

// A message's content is a string, or an array of parts.
std::string Content(const Json& message) {
  const Json content = message.value("content", Json());
  if (content.is_string()) return content;
  if (!content.is_array()) throw BadParameter("messages", "a message's content must be text");
  std::string text;
  for (const Json& part : content) {
    if (!part.is_object() || part.value("type", Json()) != "text" || !part.value("text", Json()).is_string()) {
      throw BadParameter("messages", "a message's content must be text: other parts are not supported");
    }
    text += part["text"].get<std::string>();
  }
  return text;
}

std::string Role(const Json& message) {
  const Json role = message.value("role", Json());
  if (role == "developer") return "system";
  if (role == "system" || role == "user" || role == "assistant") return role;
  throw BadParameter("messages", "a message's role must be system, developer, user or assistant");
}

Json Usage(const Json& finish) {
  const Json usage = finish.value("usage", Json::object());
  const int64_t prompt = usage.value("prompt_tokens", int64_t{0});
  const int64_t completion = usage.value("tokens", int64_t{0});
  Json out;
  out["prompt_tokens"] = prompt;
  out["completion_tokens"] = completion;
  out["total_tokens"] = prompt + completion;
  out["prompt_tokens_details"] = {{"cached_tokens", usage.value("cached_tokens", int64_t{0})}};
  return out;
}

// Not OpenAI's: how long what took.
Json Timings(const Json& finish) {
  const Json usage = finish.value("usage", Json::object());
  Json out = Json::object();
  for (const char* name : {"queue_ms", "prefill_ms", "decode_ms"}) {
    if (usage.contains(name)) out[name] = usage[name];
  }
  return out;
}

std::string FinishReason(const Json& finish) {
  const std::string reason = finish.value("reason", "");
  return reason == "end" || reason == "stop" ? "stop" : "length";
}

Json Head(const Answer& answer, const char* chat_object) {
  Json head;
  head["id"] = answer.id;
  head["object"] = answer.style == Style::kChat ? chat_object : "text_completion";
  head["created"] = answer.created;
  head["model"] = answer.model;
  return head;
}

Json Chunk(const Answer& answer, Json content, Json reason) {
  Json choice;
  choice["index"] = 0;
  choice[answer.style == Style::kChat ? "delta" : "text"] = std::move(content);
  choice["logprobs"] = nullptr;
  choice["finish_reason"] = std::move(reason);
  Json chunk = Head(answer, "chat.completion.chunk");
  chunk["choices"] = Json::array({choice});
  return chunk;
}

}  // namespace

Translated FromCompletion(const std::string& body_text, const Defaults& defaults) {
  const Json body = ParseBody(body_text);
  Translated translated = Common(body, defaults);
  SetPrompt(body, &translated.request);
  return translated;
}

Translated FromChat(const std::string& body_text, const Defaults& defaults) {
  const Json body = ParseBody(body_text);
  Translated translated = Common(body, defaults);
  const Json given = body.value("messages", Json());
  if (!given.is_array() || given.empty()) throw BadParameter("messages", "messages must be an array that is not empty");
  Json messages = Json::array();
  for (const Json& message : given) {
    if (!message.is_object()) throw BadParameter("messages", "a message must be an object with role and content");
    messages.push_back({{"role", Role(message)}, {"content", Content(message)}});
  }
  translated.request["messages"] = messages;
  return translated;
}

Json WholeAnswer(const Answer& answer, const std::string& text, const Json& finish) {
  Json choice;
  choice["index"] = 0;
  if (answer.style == Style::kChat) {
    choice["message"] = {{"role", "assistant"}, {"content", text}};
  } else {
    choice["text"] = text;
  }
  choice["logprobs"] = nullptr;
  choice["finish_reason"] = FinishReason(finish);
  Json whole = Head(answer, "chat.completion");
  whole["choices"] = Json::array({choice});
  whole["usage"] = Usage(finish);
  whole["timings"] = Timings(finish);
  return whole;
}

Json RoleChunk(const Answer& answer) { return Chunk(answer, {{"role", "assistant"}, {"content", ""}}, nullptr); }

Json TextChunk(const Answer& answer, const std::string& text) {
  return Chunk(answer, answer.style == Style::kChat ? Json{{"content", text}} : Json(text), nullptr);
}

Json EndChunk(const Answer& answer, const Json& finish) {
  return Chunk(answer, answer.style == Style::kChat ? Json::object() : Json(""), FinishReason(finish));
}

Json UsageChunk(const Answer& answer, const Json& finish) {
  Json chunk = Head(answer, "chat.completion.chunk");
  chunk["choices"] = Json::array();
  chunk["usage"] = Usage(finish);
  chunk["timings"] = Timings(finish);
  return chunk;
}

std::string Event(const Json& data) { return "data: " + data.dump() + "\n\n"; }

Json ModelList(const Json& models) {
  Json list;
  list["object"] = "list";
  list["data"] = Json::array();
  for (const Json& model : models.value("models", Json::array())) {
    Json one;
    one["id"] = model.value("name", "");
    one["object"] = "model";
    one["created"] = 0;
    one["owned_by"] = "tritwise";
    // Not OpenAI's.
    for (const char* name : {"context", "vocabulary", "input", "chat", "file_bytes"}) {
      if (model.contains(name)) one[name] = model[name];
    }
    list["data"].push_back(one);
  }
  return list;
}

}  // namespace tritwise
