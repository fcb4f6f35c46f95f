#include "tritwise/generate.h"

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

#include "tritwise/json_text.h"

namespace tritwise {

Result<Generated> Generate(Plan& plan, Session& session, OutputRows output, const GenerateOptions& options,
                           const std::function<bool(int32_t)>& on_token) {
  Generated result;
  std::optional<JsonText> json;
  if (options.json != nullptr) {
    if (plan.model()->tokenizer() == nullptr) {
      return Status::Error(StatusCode::kUnsupported, "a model without a vocabulary writes no JSON");
    }
    std::vector<int32_t> end_ids(options.more_end_ids.begin(), options.more_end_ids.end());
    if (options.end_id >= 0) end_ids.push_back(options.end_id);
    json.emplace(*plan.model()->tokenizer(), *options.json, std::move(end_ids));
  }
  const auto is_end = [&](int32_t token) {
    return token == options.end_id || std::ranges::find(options.more_end_ids, token) != options.more_end_ids.end();
  };
  while (result.tokens < options.max_tokens) {
    std::span<const float> logits = output.row(0);
    if (json) {
      logits = json->Mask(logits);
      if (logits.empty() && !json->complete()) {
        return Status::Error(StatusCode::kUnsupported, "the vocabulary lacks what this JSON text must go on with");
      }
    }
    const int32_t token = logits.empty() ? -1 : session.sampler().Sample(logits);
    if (logits.empty() || is_end(token)) {
      result.finish = FinishReason::kEnd;
      return result;
    }
    ++result.tokens;
    if (json) json->Advance(token);
    if (!on_token(token)) {
      result.finish = FinishReason::kStopped;
      return result;
    }
    if (json && json->must_end()) {
      result.finish = FinishReason::kEnd;
      return result;
    }
    if (result.tokens == options.max_tokens) break;
    if (session.position() == session.context()) {
      result.finish = FinishReason::kContextFull;
      return result;
    }
    const BatchRow row{&session, token, true};
    TRITWISE_ASSIGN_OR_RETURN(output, plan.Forward({std::span(&row, 1)}));
  }
  return result;
}

}  // namespace tritwise
