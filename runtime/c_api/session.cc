// Sessions of the C API: options in, a plan and a sequence out.
#include <algorithm>
#include <cstring>
#include <utility>

#include "runtime/c_api/handles.h"

using tritwise::Status;
using tritwise::StatusCode;
using tritwise::c_api::Fail;

namespace tritwise::c_api {
namespace {

// What the first version had: smaller is not a tritwise_session_options.
constexpr size_t kSmallestOptions = 48;
static_assert(sizeof(tritwise_session_options) == kSmallestOptions);

// The caller's struct as this version's: shorter ones are filled up with zeros, longer ones may have only zeros beyond.
Result<tritwise_session_options> Understand(const tritwise_session_options* given) {
  tritwise_session_options options = tritwise_session_defaults();
  if (given == nullptr) return options;
  if (given->struct_bytes < kSmallestOptions) {
    return Status::Error(StatusCode::kInvalidArgument,
                         "options: struct_bytes is %u: begin with tritwise_session_defaults()", given->struct_bytes);
  }
  const auto* bytes = reinterpret_cast<const unsigned char*>(given);
  const auto is_zero = [](unsigned char byte) { return byte == 0; };
  if (given->struct_bytes > sizeof(options) &&
      !std::all_of(bytes + sizeof(options), bytes + given->struct_bytes, is_zero)) {
    return Status::Error(StatusCode::kUnsupported,
                         "options: one is set that this version of the library does not know");
  }
  std::memcpy(&options, given, std::min(size_t{given->struct_bytes}, sizeof(options)));
  if (options.format != TRITWISE_FORMAT_TEXT && options.format != TRITWISE_FORMAT_JSON) {
    return Status::Error(StatusCode::kInvalidArgument, "format: %d is none of tritwise_format", options.format);
  }
  return options;
}

Result<std::optional<Storage>> CacheStorage(int32_t cache) {
  switch (cache) {
    case TRITWISE_CACHE_DEFAULT:
      return std::optional<Storage>();
    case TRITWISE_CACHE_F32:
      return std::optional(Storage::kF32);
    case TRITWISE_CACHE_F16:
      return std::optional(Storage::kF16);
    case TRITWISE_CACHE_INT8:
      return std::optional(Storage::kI8);
    default:
      return Status::Error(StatusCode::kInvalidArgument, "cache: %d is none of tritwise_cache", cache);
  }
}

Result<std::unique_ptr<tritwise_session>> Create(const tritwise_model* model, const tritwise_session_options* given) {
  if (model == nullptr) return Status::Error(StatusCode::kInvalidArgument, "the model is NULL");
  TRITWISE_ASSIGN_OR_RETURN(const tritwise_session_options o, Understand(given));
  const bool is_sequence = model->model->graph().context != 0;
  PlanOptions plan;
  plan.threads = o.threads;
  if (o.max_rows != 0) plan.max_rows = o.max_rows;
  if (is_sequence) plan.max_outputs = 1;
  TRITWISE_ASSIGN_OR_RETURN(plan.cache, CacheStorage(o.cache));
  const bool json = o.format == TRITWISE_FORMAT_JSON;
  if (json && (!is_sequence || model->model->tokenizer() == nullptr)) {
    return Status::Error(StatusCode::kInvalidArgument, "format: a model that writes no text writes no JSON");
  }
  auto session = std::make_unique<tritwise_session>();
  if (json) session->json.emplace(*model->model->tokenizer());
  TRITWISE_ASSIGN_OR_RETURN(session->plan, Plan::Make(model->model, plan));
  if (is_sequence) {
    const SamplerOptions sampler{o.temperature, o.top_k, o.top_p == 0.0f ? 1.0f : o.top_p, o.seed};
    TRITWISE_ASSIGN_OR_RETURN(session->sequence, Session::Make(*session->plan, {o.context, sampler}));
  } else {
    session->rows.resize(static_cast<size_t>(session->plan->options().max_rows));
  }
  return session;
}

}  // namespace
}  // namespace tritwise::c_api

extern "C" {

tritwise_session* tritwise_session_create(const tritwise_model* model, const tritwise_session_options* options) {
  auto session = tritwise::c_api::Create(model, options);
  if (session.ok()) return std::move(session).value().release();
  Fail(session.status());
  return nullptr;
}

void tritwise_session_free(tritwise_session* session) { delete session; }

void tritwise_session_reset(tritwise_session* session) {
  session->unread.reset();
  session->ready.reset();
  if (session->sequence != nullptr) session->sequence->Reset();
}

int tritwise_session_truncate(tritwise_session* session, int64_t position) {
  if (session == nullptr || session->sequence == nullptr) {
    return Fail(StatusCode::kInvalidArgument, "the session has no sequence");
  }
  const Status status = session->sequence->Truncate(position);
  if (!status.ok()) return Fail(status);
  session->unread.reset();
  session->ready.reset();
  return TRITWISE_OK;
}

int64_t tritwise_session_position(const tritwise_session* session) {
  return session->sequence == nullptr ? 0 : session->sequence->position();
}

int64_t tritwise_session_context(const tritwise_session* session) {
  return session->sequence == nullptr ? 0 : session->sequence->context();
}

uint64_t tritwise_session_bytes(const tritwise_session* session) {
  return session->plan->memory().arena + (session->sequence == nullptr ? 0 : session->sequence->cache_bytes());
}

int tritwise_session_threads(const tritwise_session* session) { return session->plan->options().threads; }

const char* tritwise_session_target(const tritwise_session* session) { return session->plan->options().target.c_str(); }

}  // extern "C"
