// The loop that everything which writes text shares: sample, hand out, feed back.
#pragma once

#include <cstdint>
#include <functional>
#include <span>

#include "tritwise/json_mask.h"
#include "tritwise/plan.h"
#include "tritwise/session.h"
#include "tritwise/status.h"

namespace tritwise {

enum class FinishReason : uint8_t {
  kLength,       // max_tokens were generated
  kEnd,          // the model produced an end id (not handed out, not counted), or the JSON value is whole
  kContextFull,  // the session holds no further token
  kStopped,      // on_token said so
};

struct GenerateOptions {
  int32_t max_tokens = 128;
  int32_t end_id = -1;  // -1: none
  std::span<const int32_t> more_end_ids = {};
  // The text becomes one JSON value (json_mask.h), unless it ends before that is whole: then the reason is not kEnd.
  // Bytes of the model's vocabulary; null: any text.
  const TokenBytes* json = nullptr;
};

struct Generated {
  FinishReason finish = FinishReason::kLength;
  int32_t tokens = 0;  // handed out
};

// Goes on from `output`, one row of logits as Prefill gave it. Each token goes to `on_token` as soon as
// it is drawn; false from there stops. Allocates nothing of its own without `json`. kUnsupported: a vocabulary that
// lacks what the JSON value must go on with.
Result<Generated> Generate(Plan& plan, Session& session, OutputRows output, const GenerateOptions& options,
                           const std::function<bool(int32_t)>& on_token);

}  // namespace tritwise
