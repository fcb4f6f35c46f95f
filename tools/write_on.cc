#include "tools/write_on.h"

#include <chrono>
#include <cstdio>

#include "format/utf8.h"

namespace tritwise {
namespace {

using Clock = std::chrono::steady_clock;

double PerSecond(size_t count, Clock::duration time) {
  const double seconds = std::chrono::duration<double>(time).count();
  return seconds > 0.0 ? static_cast<double>(count) / seconds : 0.0;
}

Status CheckWrites(const Model& model, const std::string& path) {
  if (model.tokenizer() == nullptr && model.graph().input == InputKind::kTokens) {
    return Status::Error(StatusCode::kUnsupported,
                         "%s: this model has no vocabulary to read and write text with (bench and inspect need none)",
                         path.c_str());
  }
  if (model.tokenizer() == nullptr || model.graph().context == 0) {
    return Status::Error(StatusCode::kUnsupported, "%s: this model does not write text (try tritwise eval)",
                         path.c_str());
  }
  return {};
}

}  // namespace

Result<std::vector<int32_t>> PromptIds(const Tokenizer& tokenizer, std::string_view prompt) {
  const size_t invalid = FindInvalidUtf8(prompt);
  if (invalid != std::string_view::npos) {
    return Status::Error(StatusCode::kInvalidArgument, "the prompt is not valid UTF-8 (byte %zu)", invalid);
  }
  std::vector<int32_t> ids = tokenizer.Encode(prompt);
  const int32_t begin_id = tokenizer.vocabulary().begin_id;
  if (begin_id >= 0) ids.insert(ids.begin(), begin_id);
  if (ids.empty()) {
    return Status::Error(StatusCode::kInvalidArgument,
                         "the prompt is empty, and the model's vocabulary has no id to begin a text with");
  }
  return ids;
}

Result<Written> WriteOn(const std::shared_ptr<const Model>& model, const std::string& path,
                        const WriteOnOptions& options, const std::function<bool(const std::string&)>& hand_out) {
  TRITWISE_RETURN_IF_ERROR(CheckWrites(*model, path));
  const Tokenizer& tokenizer = *model->tokenizer();
  PlanOptions plan_options = options.plan;
  plan_options.max_outputs = 1;
  TRITWISE_ASSIGN_OR_RETURN(const auto plan, Plan::Make(model, plan_options));
  TRITWISE_ASSIGN_OR_RETURN(const auto session, Session::Make(*plan, {options.context, options.sampler}));
  TRITWISE_ASSIGN_OR_RETURN(const std::vector<int32_t> ids, PromptIds(tokenizer, options.prompt));
  if (ids.size() > static_cast<size_t>(session->context())) {
    return Status::Error(StatusCode::kInvalidArgument, "the prompt has %zu tokens, the %s is %lld", ids.size(),
                         options.context == 0 ? "model's context" : "context",
                         static_cast<long long>(session->context()));
  }

  const auto start = Clock::now();
  TRITWISE_ASSIGN_OR_RETURN(const OutputRows output, plan->Prefill(*session, ids));
  const auto prefilled = Clock::now();
  StreamDecoder decoder(tokenizer);
  GenerateOptions generate;
  generate.max_tokens = options.tokens;
  generate.end_id = tokenizer.vocabulary().end_id;
  generate.json = options.json;
  TRITWISE_ASSIGN_OR_RETURN(const Generated generated, Generate(*plan, *session, output, generate, [&](int32_t token) {
                              return hand_out(decoder.Push(token));
                            }));
  const auto done = Clock::now();
  hand_out(decoder.Finish());

  // The first token comes out of the prompt's pass.
  const size_t decoded = generated.tokens > 1 ? static_cast<size_t>(generated.tokens - 1) : 0;
  return Written{generated.finish,
                 generated.tokens,
                 ids.size(),
                 session->context(),
                 plan->decode_threads(),
                 PerSecond(ids.size(), prefilled - start),
                 PerSecond(decoded, done - prefilled)};
}

const char* NameOf(FinishReason finish) {
  switch (finish) {
    case FinishReason::kLength:
      return "length";
    case FinishReason::kEnd:
      return "end";
    case FinishReason::kContextFull:
      return "context_full";
    case FinishReason::kStopped:
      return "cancelled";
  }
  return "";
}

bool PrintPiece(const std::string& piece) {
  if (!piece.empty()) {
    std::fwrite(piece.data(), 1, piece.size(), stdout);
    std::fflush(stdout);
  }
  return std::ferror(stdout) == 0;
}

void SayContextFull(const Written& written) {
  if (written.finish != FinishReason::kContextFull) return;
  std::fflush(stdout);
  std::fprintf(stderr, "tritwise run: stopped because the context is full (%lld tokens)\n",
               static_cast<long long>(written.context));
}

}  // namespace tritwise
