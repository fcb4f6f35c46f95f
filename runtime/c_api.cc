#include "tritwise/tritwise.h"

#include <algorithm>
#include <cstdio>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "format/utf8.h"
#include "tritwise/generate.h"
#include "tritwise/model.h"
#include "tritwise/plan.h"
#include "tritwise/session.h"

struct tritwise_model {
  std::shared_ptr<const tritwise::Model> model;
};

struct tritwise_session {
  std::unique_ptr<tritwise::Plan> plan;
  std::unique_ptr<tritwise::Session> sequence;  // null where rows are independent
  std::optional<int32_t> unread;                // token generated last, not yet in the sequence
  std::vector<tritwise::BatchRow> rows;         // of features
};

namespace {

using tritwise::Status;

thread_local char g_last_error[Status::kMaxMessage + 1] = "";

int Fail(const char* message) {
  std::snprintf(g_last_error, sizeof(g_last_error), "%s", message);
  return -1;
}

int Fail(const Status& status) { return Fail(status.message()); }

const tritwise::Tokenizer* TokenizerOf(const tritwise_model* model) {
  const tritwise::Tokenizer* tokenizer = model->model->tokenizer();
  if (tokenizer == nullptr) Fail("the model has no vocabulary");
  return tokenizer;
}

// The ids that `prompt` adds to the session.
std::vector<int32_t> PromptIds(const tritwise_session& session, const tritwise::Tokenizer& tokenizer,
                               std::string_view prompt) {
  std::vector<int32_t> ids;
  if (session.unread) ids.push_back(*session.unread);
  const int32_t begin_id = tokenizer.vocabulary().begin_id;
  if (session.sequence->position() == 0 && !session.unread && begin_id >= 0) ids.push_back(begin_id);
  const std::vector<int32_t> encoded = tokenizer.Encode(prompt);
  ids.insert(ids.end(), encoded.begin(), encoded.end());
  return ids;
}

}  // namespace

const char* tritwise_last_error(void) { return g_last_error; }

tritwise_model* tritwise_model_load(const char* path, int verify) {
  auto model = tritwise::Model::Load(path, {verify != 0});
  if (!model.ok()) {
    Fail(model.status());
    return nullptr;
  }
  return new tritwise_model{std::move(model).value()};
}

void tritwise_model_free(tritwise_model* model) { delete model; }

int64_t tritwise_model_context(const tritwise_model* model) { return model->model->graph().context; }

int64_t tritwise_model_input_width(const tritwise_model* model) { return model->model->graph().input_width; }

int64_t tritwise_model_output_width(const tritwise_model* model) { return model->model->graph().output_width(); }

int tritwise_model_reads_tokens(const tritwise_model* model) {
  return model->model->graph().input == tritwise::InputKind::kTokens ? 1 : 0;
}

int64_t tritwise_tokenize(const tritwise_model* model, const char* text, size_t text_bytes, int32_t* ids,
                          size_t capacity) {
  const tritwise::Tokenizer* tokenizer = TokenizerOf(model);
  if (tokenizer == nullptr) return -1;
  const std::vector<int32_t> encoded = tokenizer->Encode({text, text_bytes});
  for (size_t i = 0; i < encoded.size() && i < capacity; ++i) ids[i] = encoded[i];
  return static_cast<int64_t>(encoded.size());
}

int64_t tritwise_detokenize(const tritwise_model* model, const int32_t* ids, size_t count, char* text,
                            size_t capacity) {
  const tritwise::Tokenizer* tokenizer = TokenizerOf(model);
  if (tokenizer == nullptr) return -1;
  const std::string decoded = tokenizer->Decode({ids, count});
  const size_t bytes = std::min(decoded.size(), capacity);
  if (bytes != 0) std::memcpy(text, decoded.data(), bytes);
  return static_cast<int64_t>(decoded.size());
}

tritwise_session_options tritwise_session_defaults(void) {
  const tritwise::PlanOptions plan;
  const tritwise::SamplerOptions sampler;
  return {plan.threads, plan.max_rows, 0, sampler.temperature, sampler.top_k, sampler.top_p, sampler.seed};
}

tritwise_session* tritwise_session_create(const tritwise_model* model, const tritwise_session_options* options) {
  const tritwise_session_options o = options == nullptr ? tritwise_session_defaults() : *options;
  const tritwise::Graph& graph = model->model->graph();
  tritwise::PlanOptions plan_options;
  plan_options.threads = o.threads;
  plan_options.max_rows = o.max_rows;
  if (graph.context != 0) plan_options.max_outputs = 1;  // one sequence
  auto plan = tritwise::Plan::Make(model->model, plan_options);
  if (!plan.ok()) {
    Fail(plan.status());
    return nullptr;
  }
  auto session = std::make_unique<tritwise_session>();
  session->plan = std::move(plan).value();
  session->rows.resize(static_cast<size_t>(session->plan->options().max_rows));
  if (graph.context != 0) {
    auto sequence = tritwise::Session::Make(*session->plan, {o.context, {o.temperature, o.top_k, o.top_p, o.seed}});
    if (!sequence.ok()) {
      Fail(sequence.status());
      return nullptr;
    }
    session->sequence = std::move(sequence).value();
  }
  return session.release();
}

void tritwise_session_free(tritwise_session* session) { delete session; }

void tritwise_session_reset(tritwise_session* session) {
  session->unread.reset();
  if (session->sequence != nullptr) session->sequence->Reset();
}

int64_t tritwise_session_position(const tritwise_session* session) {
  return session->sequence == nullptr ? 0 : session->sequence->position();
}

int64_t tritwise_generate(tritwise_session* session, const char* prompt, size_t prompt_bytes, int32_t max_tokens,
                          tritwise_piece_callback callback, void* user) {
  const tritwise::Tokenizer* tokenizer = session->plan->model()->tokenizer();
  if (tokenizer == nullptr || session->sequence == nullptr) return Fail("the model does not generate text");
  const std::string_view text(prompt, prompt_bytes);
  if (tritwise::FindInvalidUtf8(text) != std::string_view::npos) return Fail("the prompt is not valid UTF-8");
  const std::vector<int32_t> ids = PromptIds(*session, *tokenizer, text);
  if (ids.empty()) return Fail("the prompt is empty, and the vocabulary has no id to begin with");
  const auto output = session->plan->Prefill(*session->sequence, ids);
  if (!output.ok()) return Fail(output.status());
  session->unread.reset();

  tritwise::StreamDecoder decoder(*tokenizer);
  const auto hand_out = [&](const std::string& piece) {
    return piece.empty() || callback == nullptr || callback(piece.data(), piece.size(), user) != 0;
  };
  const auto on_token = [&](int32_t token) {
    session->unread = token;
    return hand_out(decoder.Push(token));
  };
  const tritwise::GenerateOptions options{max_tokens, tokenizer->vocabulary().end_id};
  const auto generated = tritwise::Generate(*session->plan, *session->sequence, output.value(), options, on_token);
  if (!generated.ok()) return Fail(generated.status());
  if (generated.value().finish != tritwise::FinishReason::kStopped) hand_out(decoder.Finish());
  return generated.value().tokens;
}

int tritwise_score(tritwise_session* session, const float* features, size_t rows, float* scores) {
  const tritwise::Graph& graph = session->plan->model()->graph();
  if (graph.input != tritwise::InputKind::kFeatures || graph.context != 0) {
    return Fail("the model does not score independent rows of features");
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
  return 0;
}
