#include "tools/chat/conversation.h"

#include <algorithm>
#include <utility>

namespace tritwise {

Status CheckChats(const Model& model, const std::string& path) {
  if (model.tokenizer() == nullptr || model.graph().context == 0) {
    return Status::Error(StatusCode::kUnsupported, "%s: this model does not read and write text", path.c_str());
  }
  if (model.chat() == nullptr) {
    return Status::Error(StatusCode::kUnsupported,
                         "%s: this model has no chat template (give it one: tritwise template %s --chat chatml -o "
                         "chat.trit)",
                         path.c_str(), path.c_str());
  }
  return {};
}

Conversation::Conversation(std::shared_ptr<const Model> model, std::string system, int32_t tokens,
                           std::unique_ptr<Plan> plan, std::unique_ptr<Session> session)
    : model_(std::move(model)),
      system_(std::move(system)),
      tokens_(tokens),
      plan_(std::move(plan)),
      session_(std::move(session)),
      stop_ids_(StopIds(model_->tokenizer()->vocabulary(), *model_->chat())) {}

Result<std::unique_ptr<Conversation>> Conversation::Make(std::shared_ptr<const Model> model, const std::string& path,
                                                         const ConversationOptions& options) {
  TRITWISE_RETURN_IF_ERROR(CheckChats(*model, path));
  PlanOptions plan_options = options.plan;
  plan_options.max_outputs = 1;
  TRITWISE_ASSIGN_OR_RETURN(auto plan, Plan::Make(model, plan_options));
  TRITWISE_ASSIGN_OR_RETURN(auto session, Session::Make(*plan, {options.context, options.sampler}));
  return std::unique_ptr<Conversation>(
      new Conversation(std::move(model), options.system, options.tokens, std::move(plan), std::move(session)));
}

Result<std::vector<int32_t>> Conversation::Prompt(std::string_view message, bool anew) const {
  const Tokenizer& tokenizer = *model_->tokenizer();
  if (anew) {
    std::vector<ChatMessage> messages;
    if (!system_.empty()) messages.push_back({ChatRole::kSystem, system_});
    messages.push_back({ChatRole::kUser, std::string(message)});
    return RenderChat(tokenizer, *model_->chat(), messages);
  }
  TRITWISE_ASSIGN_OR_RETURN(const std::vector<int32_t> turn, RenderNextTurn(tokenizer, *model_->chat(), message));
  std::vector<int32_t> ids = ids_;
  ids.insert(ids.end(), turn.begin(), turn.end());
  return ids;
}

// Goes back to where `ids` and the cache part, and reads the rest.
Result<OutputRows> Conversation::Read(const std::vector<int32_t>& ids, size_t* computed) {
  const size_t cached = std::min(static_cast<size_t>(session_->position()), ids.size() - 1);
  size_t same = 0;
  while (same < cached && ids[same] == ids_[same]) ++same;
  TRITWISE_RETURN_IF_ERROR(session_->Truncate(static_cast<int64_t>(same)));
  *computed = ids.size() - same;
  return plan_->Prefill(*session_, std::span(ids).subspan(same));
}

Result<Answer> Conversation::Say(std::string_view message, const std::function<bool(const std::string&)>& hand_out) {
  Answer answer;
  const auto room = static_cast<size_t>(session_->context());
  bool anew = ids_.empty() || full_;
  TRITWISE_ASSIGN_OR_RETURN(std::vector<int32_t> ids, Prompt(message, anew));
  if (ids.size() > room && !anew) {
    anew = true;
    TRITWISE_ASSIGN_OR_RETURN(ids, Prompt(message, anew));
  }
  if (ids.size() > room) {
    return Status::Error(StatusCode::kInvalidArgument,
                         "the message has %zu tokens with what stands around it, the context is %zu", ids.size(), room);
  }
  answer.began_anew = anew && !ids_.empty();
  TRITWISE_ASSIGN_OR_RETURN(const OutputRows output, Read(ids, &answer.computed));
  ids_ = std::move(ids);
  full_ = false;

  StreamDecoder decoder(*model_->tokenizer());
  GenerateOptions generate;
  generate.max_tokens = tokens_;
  generate.more_end_ids = stop_ids_;
  TRITWISE_ASSIGN_OR_RETURN(const Generated generated, Generate(*plan_, *session_, output, generate, [&](int32_t id) {
                              ids_.push_back(id);
                              return hand_out(decoder.Push(id));
                            }));
  hand_out(decoder.Finish());
  answer.finish = generated.finish;
  answer.tokens = generated.tokens;
  full_ = generated.finish == FinishReason::kContextFull;
  return answer;
}

}  // namespace tritwise
