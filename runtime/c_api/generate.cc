// Reading, generating and scoring through the C API.
#include <algorithm>
#include <span>
#include <string_view>

#include "format/utf8.h"
#include "runtime/c_api/handles.h"
#include "tritwise/generate.h"

using tritwise::StatusCode;
using tritwise::c_api::Fail;

namespace tritwise::c_api {
namespace {

static_assert(TRITWISE_FINISH_LENGTH == static_cast<int>(FinishReason::kLength));
static_assert(TRITWISE_FINISH_END == static_cast<int>(FinishReason::kEnd));
static_assert(TRITWISE_FINISH_CONTEXT_FULL == static_cast<int>(FinishReason::kContextFull));
static_assert(TRITWISE_FINISH_STOPPED == static_cast<int>(FinishReason::kStopped));

Status NeedsSequence(const tritwise_session* session) {
  if (session == nullptr) return Status::Error(StatusCode::kInvalidArgument, "the session is NULL");
  if (session->sequence != nullptr) return Status();
  return Status::Error(StatusCode::kInvalidArgument, "the rows of this model are independent: it generates nothing");
}

// Feeds what was generated last and `ids`; afterwards the logits for the next token are there.
Status Read(tritwise_session& session, std::span<const int32_t> ids) {
  std::vector<int32_t> all;
  if (session.unread) all.push_back(*session.unread);
  all.insert(all.end(), ids.begin(), ids.end());
  TRITWISE_ASSIGN_OR_RETURN(session.ready, session.plan->Prefill(*session.sequence, all));
  session.unread.reset();
  return Status();
}

// The token callback of C, fed with ids.
class HandOut {
 public:
  HandOut(const Tokenizer* tokenizer, tritwise_token_callback callback, void* user) : callback_(callback), user_(user) {
    if (tokenizer != nullptr) decoder_.emplace(*tokenizer);
  }

  bool Token(int32_t token) { return Call(token, decoder_ ? decoder_->Push(token) : std::string()); }

  void Rest() {
    const std::string rest = decoder_ ? decoder_->Finish() : std::string();
    if (!rest.empty()) Call(TRITWISE_NO_ID, rest);
  }

 private:
  bool Call(int32_t token, const std::string& text) {
    return callback_ == nullptr || callback_(token, text.data(), text.size(), user_) != 0;
  }

  std::optional<StreamDecoder> decoder_;
  tritwise_token_callback callback_;
  void* user_;
};

Result<int64_t> GenerateFrom(tritwise_session& session, std::span<const int32_t> ids, int32_t max_tokens,
                             HandOut hand_out) {
  if (max_tokens < 0) return Status::Error(StatusCode::kInvalidArgument, "max_tokens: %d is negative", max_tokens);
  if (!ids.empty() || session.unread) {
    TRITWISE_RETURN_IF_ERROR(Read(session, ids));
  } else if (!session.ready) {
    return Status::Error(StatusCode::kInvalidArgument, "there is nothing to go on from: the prompt is empty");
  }
  session.finish = TRITWISE_FINISH_LENGTH;
  if (max_tokens == 0) return int64_t{0};
  const OutputRows output = *session.ready;
  session.ready.reset();
  const Tokenizer* tokenizer = session.plan->model()->tokenizer();
  GenerateOptions options{max_tokens, tokenizer == nullptr ? -1 : tokenizer->vocabulary().end_id};
  if (session.json) options.json = &*session.json;
  session.unread.reset();
  const int64_t begin = session.sequence->position();
  TRITWISE_ASSIGN_OR_RETURN(const Generated generated,
                            Generate(*session.plan, *session.sequence, output, options, [&](int32_t token) {
                              session.unread = token;
                              return hand_out.Token(token);
                            }));
  session.finish = static_cast<int>(generated.finish);
  // An end id was drawn behind a token that has been read already.
  if (session.sequence->position() == begin + generated.tokens) session.unread.reset();
  if (generated.finish != FinishReason::kStopped) hand_out.Rest();
  return int64_t{generated.tokens};
}

int64_t Count(const Result<int64_t>& result) { return result.ok() ? result.value() : Fail(result.status()); }

}  // namespace
}  // namespace tritwise::c_api

extern "C" {

int64_t tritwise_generate(tritwise_session* session, const char* prompt, size_t prompt_bytes, int32_t max_tokens,
                          tritwise_token_callback callback, void* user) {
  const tritwise::Status status = tritwise::c_api::NeedsSequence(session);
  if (!status.ok()) return Fail(status);
  const tritwise::Tokenizer* tokenizer = session->plan->model()->tokenizer();
  if (tokenizer == nullptr) return Fail(StatusCode::kInvalidArgument, "the model has no vocabulary");
  const std::string_view text(prompt, prompt_bytes);
  if (tritwise::FindInvalidUtf8(text) != std::string_view::npos) {
    return Fail(StatusCode::kInvalidArgument, "the prompt is not valid UTF-8");
  }
  std::vector<int32_t> ids = tokenizer->Encode(text);
  const int32_t begin_id = tokenizer->vocabulary().begin_id;
  const bool at_beginning = session->sequence->position() == 0 && !session->unread;
  if (at_beginning && begin_id >= 0) ids.insert(ids.begin(), begin_id);
  return tritwise::c_api::Count(tritwise::c_api::GenerateFrom(*session, ids, max_tokens, {tokenizer, callback, user}));
}

int64_t tritwise_generate_from_ids(tritwise_session* session, const int32_t* ids, size_t count, int32_t max_tokens,
                                   tritwise_token_callback callback, void* user) {
  const tritwise::Status status = tritwise::c_api::NeedsSequence(session);
  if (!status.ok()) return Fail(status);
  const tritwise::Tokenizer* tokenizer = session->plan->model()->tokenizer();
  return tritwise::c_api::Count(
      tritwise::c_api::GenerateFrom(*session, {ids, count}, max_tokens, {tokenizer, callback, user}));
}

int tritwise_session_finish(const tritwise_session* session) { return session->finish; }

int tritwise_read(tritwise_session* session, const int32_t* ids, size_t count, float* logits) {
  tritwise::Status status = tritwise::c_api::NeedsSequence(session);
  if (status.ok() && count == 0) status = tritwise::Status::Error(StatusCode::kInvalidArgument, "there are no ids");
  if (status.ok()) status = tritwise::c_api::Read(*session, {ids, count});
  if (!status.ok()) return Fail(status);
  const auto row = session->ready->row(0);
  if (logits != nullptr) std::copy(row.begin(), row.end(), logits);
  return TRITWISE_OK;
}

int tritwise_score(tritwise_session* session, const float* features, size_t rows, float* scores) {
  if (session == nullptr) return Fail(StatusCode::kInvalidArgument, "the session is NULL");
  const tritwise::Graph& graph = session->plan->model()->graph();
  if (graph.input != tritwise::InputKind::kFeatures || graph.context != 0) {
    return Fail(StatusCode::kInvalidArgument, "the model does not score independent rows of features");
  }
  const auto width = static_cast<size_t>(graph.input_width);
  while (rows != 0) {
    const size_t count = std::min(rows, session->rows.size());
    const auto output = session->plan->Forward({std::span(session->rows).first(count), {features, count * width}});
    if (!output.ok()) return Fail(output.status());
    for (size_t i = 0; i < count; ++i) {
      const auto row = output.value().row(i);
      scores = std::copy(row.begin(), row.end(), scores);
    }
    features += count * width;
    rows -= count;
  }
  return TRITWISE_OK;
}

}  // extern "C"
