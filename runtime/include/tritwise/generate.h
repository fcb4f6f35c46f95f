// The loop that everything which writes text shares: sample, hand out, feed back.
#pragma once

#include <cstdint>
#include <functional>

#include "tritwise/plan.h"
#include "tritwise/session.h"
#include "tritwise/status.h"

namespace tritwise {

enum class FinishReason : uint8_t {
  kLength,       // max_tokens were generated
  kEnd,          // the model produced the vocabulary's end id (not handed out, not counted)
  kContextFull,  // the session holds no further token
  kStopped,      // on_token said so
};

struct GenerateOptions {
  int32_t max_tokens = 128;
  int32_t end_id = -1;  // -1: none
};

struct Generated {
  FinishReason finish = FinishReason::kLength;
  int32_t tokens = 0;  // handed out
};

// Goes on from `output`, one row of logits as Prefill gave it. Each token goes to `on_token` as soon as
// it is drawn; false from there stops. Allocates nothing of its own.
Result<Generated> Generate(Plan& plan, Session& session, OutputRows output, const GenerateOptions& options,
                           const std::function<bool(int32_t)>& on_token);

}  // namespace tritwise
