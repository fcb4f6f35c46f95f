#include "tools/serve/requests.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>

namespace tritwise::serve {
namespace {

constexpr size_t kMostText = size_t{1} << 22;  // bytes; messages have a limit of their own
constexpr size_t kMostStops = 16;
constexpr size_t kMostStopBytes = 256;

const Tokenizer& TokenizerOf(const Model& model) {
  if (model.tokenizer() == nullptr) throw RequestError("not_supported", "this model reads and writes no text");
  return *model.tokenizer();
}

std::vector<int32_t> WithBegin(const Tokenizer& tokenizer, std::vector<int32_t> ids) {
  const int32_t begin = tokenizer.vocabulary().begin_id;
  if (begin >= 0) ids.insert(ids.begin(), begin);
  return ids;
}

void CheckLength(size_t tokens, const RequestLimits& limits) {
  if (tokens > static_cast<size_t>(limits.context)) {
    throw RequestError("too_large", "the prompt has " + std::to_string(tokens) + " tokens, the context is " +
                                        std::to_string(limits.context));
  }
}

std::string MemberText(const Json& message, const char* key) {
  const auto found = message.is_object() ? message.find(key) : message.end();
  if (found == message.end() || !found->is_string() || message.size() != 2) {
    throw RequestError("bad_request", "messages must be a list of {\"role\": ..., \"content\": ...}");
  }
  return found->get<std::string>();
}

std::vector<int32_t> ReadMessages(RequestFields& fields, const Model& model) {
  const Json* json = fields.Value("messages");
  if (!json->is_array()) throw RequestError("bad_request", "messages must be a list");
  if (model.chat() == nullptr) {
    throw RequestError("not_supported", "this model has no chat template (tritwise template gives it one)");
  }
  std::vector<ChatMessage> messages;
  for (const Json& message : *json) {
    const Result<ChatRole> role = ChatRoleNamed(MemberText(message, "role"));
    if (!role.ok()) throw RequestError("bad_request", role.status().message());
    messages.push_back({role.value(), MemberText(message, "content")});
  }
  Result<std::vector<int32_t>> ids = RenderChat(TokenizerOf(model), *model.chat(), messages);
  if (!ids.ok()) throw RequestError("bad_request", ids.status().message());
  return std::move(ids).value();
}

std::vector<int32_t> ReadPrompt(RequestFields& fields, const Model& model) {
  if (model.graph().input != InputKind::kTokens) throw RequestError("not_supported", "this model reads no tokens");
  if (fields.Has("prompt") + fields.Has("ids") + fields.Has("messages") != 1) {
    throw RequestError("bad_request", "give one of prompt, ids and messages");
  }
  if (fields.Has("ids")) return fields.Ids("ids", model.graph().input_width);
  if (fields.Has("messages")) return ReadMessages(fields, model);
  const Tokenizer& tokenizer = TokenizerOf(model);
  return WithBegin(tokenizer, tokenizer.Encode(fields.Text("prompt", {}, kMostText)));
}

}  // namespace

Generation ReadGeneration(RequestFields& fields, const Model& model, const RequestLimits& limits) {
  Generation g;
  g.prompt = ReadPrompt(fields, model);
  if (g.prompt.empty()) throw RequestError("bad_request", "the prompt is empty");
  CheckLength(g.prompt.size(), limits);
  const int64_t most = limits.max_tokens;
  g.max_tokens = static_cast<int32_t>(fields.Integer("max_tokens", std::min<int64_t>(128, most), 1, most));
  g.sampler.temperature = static_cast<float>(fields.Number("temperature", 0.0, 0.0, 1e6));
  g.sampler.top_k = static_cast<int32_t>(fields.Integer("top_k", 0, 0, 1 << 30));
  g.sampler.top_p = static_cast<float>(fields.Number("top_p", 1.0, 1e-6, 1.0));
  g.sampler.seed = fields.Unsigned("seed", 0);
  g.stop = fields.Texts("stop", kMostStops, kMostStopBytes);
  g.stream = fields.Flag("stream", true);
  g.credit = fields.Integer("credit", kNoLimit, kNoLimit, 1 << 30);
  const std::string format = fields.Text("format", "text", 16);
  if (format != "text" && format != "json") throw RequestError("bad_request", "format must be \"text\" or \"json\"");
  g.json = format == "json";
  if (g.json) TokenizerOf(model);
  if (model.chat() != nullptr && fields.Has("messages")) g.stop_ids = model.chat()->stop_ids;
  return g;
}

Scoring ReadScoring(RequestFields& fields, const Model& model, const RequestLimits& limits) {
  Scoring s;
  if (fields.Has("messages")) throw RequestError("bad_request", "score reads prompt or ids");
  s.ids = ReadPrompt(fields, model);
  if (fields.Has("completion")) {
    if (fields.Has("ids")) throw RequestError("bad_request", "completion goes with prompt");
    s.first = s.ids.size();
    const std::vector<int32_t> more = TokenizerOf(model).Encode(fields.Text("completion", {}, kMostText));
    s.ids.insert(s.ids.end(), more.begin(), more.end());
  }
  if (s.first == 0 || s.ids.size() <= s.first) {
    throw RequestError("bad_request", "there is nothing to score: at least one token before and one that is scored");
  }
  CheckLength(s.ids.size(), limits);
  return s;
}

Classification ReadClassification(RequestFields& fields, const Model& model, const std::string* binary) {
  const Graph& graph = model.graph();
  if (graph.input != InputKind::kFeatures) throw RequestError("not_supported", "this model reads no rows of features");
  const auto width = static_cast<size_t>(graph.input_width);
  if (fields.Has("rows") == fields.Has("count")) throw RequestError("bad_request", "give either rows or count");
  Classification c;
  if (fields.Has("rows")) {
    c.features_bk = fields.Rows("rows", width);
  } else {
    const auto count = static_cast<size_t>(fields.Integer("count", 0, 1, 1 << 20));
    if (binary == nullptr || binary->size() != count * width * sizeof(float)) {
      throw RequestError("bad_request", "the third frame must be " + std::to_string(count) + " rows of " +
                                            std::to_string(width) + " f32");
    }
    static_assert(std::endian::native == std::endian::little);
    c.features_bk.resize(count * width);
    std::memcpy(c.features_bk.data(), binary->data(), binary->size());
    if (!std::all_of(c.features_bk.begin(), c.features_bk.end(), [](float x) { return std::isfinite(x); })) {
      throw RequestError("bad_request", "a feature is not a finite number");
    }
  }
  c.rows = c.features_bk.size() / width;
  if (c.rows == 0) throw RequestError("bad_request", "there are no rows");
  return c;
}

Json Tokenise(RequestFields& fields, const Model& model) {
  const Tokenizer& tokenizer = TokenizerOf(model);
  std::vector<int32_t> ids = tokenizer.Encode(fields.Text("text", {}, kMostText));
  if (fields.Flag("begin", false)) ids = WithBegin(tokenizer, std::move(ids));
  return {{"ids", ids}};
}

Json Detokenise(RequestFields& fields, const Model& model) {
  const std::vector<int32_t> ids = fields.Ids("ids", model.graph().input_width);
  StreamDecoder decoder(TokenizerOf(model));
  std::string text;
  for (const int32_t id : ids) text += decoder.Push(id);
  return {{"text", text + decoder.Finish()}};
}

const char* NameOf(Reason reason) {
  switch (reason) {
    case Reason::kLength:
      return "length";
    case Reason::kEnd:
      return "end";
    case Reason::kStop:
      return "stop";
    case Reason::kContextFull:
      return "context_full";
    case Reason::kCancelled:
      return "cancelled";
    case Reason::kDeadline:
      return "deadline";
  }
  return "";
}

Json UsageJson(const Usage& usage) {
  return {
      {"prompt_tokens", usage.prompt_tokens}, {"cached_tokens", usage.cached_tokens}, {"tokens", usage.tokens},
      {"queue_ms", usage.queue_ms},           {"prefill_ms", usage.prefill_ms},       {"decode_ms", usage.decode_ms}};
}

Json ScoredJson(const Scored& scored, const ResultShape& shape) {
  Json logprobs = Json::array();
  for (size_t i = 0; i < shape.first; ++i) logprobs.push_back(nullptr);
  double sum = 0.0;
  for (const double logprob : scored.logprobs) {
    logprobs.push_back(logprob);
    sum += logprob;
  }
  return {{"ids", shape.ids}, {"logprobs", logprobs}, {"sum", sum}, {"tokens", scored.logprobs.size()}};
}

Json ClassifiedJson(const Classified& classified) {
  return {{"classes", classified.classes}, {"scores", classified.scores}};
}

Json ModelJson(const std::string& name, const Model& model) {
  const Graph& graph = model.graph();
  const bool tokens = graph.input == InputKind::kTokens;
  return {{"name", name},
          {"context", graph.context},
          {"vocabulary", model.tokenizer() == nullptr ? 0 : model.tokenizer()->size()},
          {"input", tokens ? "tokens" : "features"},
          {"input_width", graph.input_width},
          {"output_width", graph.output_width()},
          {"chat", model.chat() != nullptr},
          {"file_bytes", model.file().bytes().size()}};
}

}  // namespace tritwise::serve
