#include "tritwise/generate.h"

namespace tritwise {

Result<Generated> Generate(Plan& plan, Session& session, OutputRows output, const GenerateOptions& options,
                           const std::function<bool(int32_t)>& on_token) {
  Generated result;
  while (result.tokens < options.max_tokens) {
    const int32_t token = session.sampler().Sample(output.row(0));
    if (token == options.end_id) {
      result.finish = FinishReason::kEnd;
      return result;
    }
    ++result.tokens;
    if (!on_token(token)) {
      result.finish = FinishReason::kStopped;
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
