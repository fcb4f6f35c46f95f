// What the handles of the C API stand for, and how its functions fail. Shared by the files of this folder only.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "tritwise/json_mask.h"
#include "tritwise/model.h"
#include "tritwise/plan.h"
#include "tritwise/session.h"
#include "tritwise/tritwise.h"

struct tritwise_model {
  std::shared_ptr<const tritwise::Model> model;
};

// Between calls a sequence is in one of three states: a token was generated last and is not read yet; the logits
// for the next token are there; or neither (at the beginning, after the end).
struct tritwise_session {
  std::unique_ptr<tritwise::Plan> plan;
  std::unique_ptr<tritwise::Session> sequence;  // null where rows are independent
  std::optional<int32_t> unread;
  std::optional<tritwise::OutputRows> ready;  // in the plan's arena: valid until its next pass
  std::optional<tritwise::TokenBytes> json;   // where what is generated is to be JSON
  int finish = TRITWISE_FINISH_LENGTH;
  std::vector<tritwise::BatchRow> rows;  // of features
};

namespace tritwise::c_api {

// Keep the reason for tritwise_last_error() and return minus its code.
int Fail(const Status& status);
int Fail(StatusCode code, const char* message);

// Null, with the reason kept, where there is no vocabulary.
const Tokenizer* TokenizerOf(const tritwise_model* model);

}  // namespace tritwise::c_api
