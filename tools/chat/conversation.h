// A conversation with a model: messages in, answers out, and a cache that is kept between them, so that only what is
// new is computed. What `chat` does without its terminal.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "tritwise/generate.h"
#include "tritwise/model.h"
#include "tritwise/plan.h"
#include "tritwise/session.h"

namespace tritwise {

struct ConversationOptions {
  std::string system;    // empty: no system message
  int32_t tokens = 512;  // most of an answer
  SamplerOptions sampler;
  PlanOptions plan;
  int64_t context = 0;  // 0: the model's
};

struct Answer {
  FinishReason finish = FinishReason::kLength;
  int32_t tokens = 0;
  size_t computed = 0;  // tokens that were read before it: those that were not in the cache
  bool began_anew =
      false;  // there was no room behind what was said before: it is forgotten, but for the system message
};

class Conversation {
 public:
  // `path` is for errors. kUnsupported: the model has no chat template. Otherwise as Plan::Make and Session::Make.
  static Result<std::unique_ptr<Conversation>> Make(std::shared_ptr<const Model> model, const std::string& path,
                                                    const ConversationOptions& options);

  // The answer to `message` piece by piece, whole characters only; false from `hand_out` ends it, and what was said so
  // far stays said. kInvalidArgument, with nothing changed: not UTF-8, or longer than the context.
  Result<Answer> Say(std::string_view message, const std::function<bool(const std::string&)>& hand_out);

  // All ids of the conversation so far.
  const std::vector<int32_t>& ids() const { return ids_; }
  int64_t context() const { return session_->context(); }

 private:
  Conversation(std::shared_ptr<const Model> model, std::string system, int32_t tokens, std::unique_ptr<Plan> plan,
               std::unique_ptr<Session> session);

  // Ids to answer to; `anew`: of this message alone.
  Result<std::vector<int32_t>> Prompt(std::string_view message, bool anew) const;
  Result<OutputRows> Read(const std::vector<int32_t>& ids, size_t* computed);

  std::shared_ptr<const Model> model_;
  std::string system_;
  int32_t tokens_;
  std::unique_ptr<Plan> plan_;
  std::unique_ptr<Session> session_;
  std::vector<int32_t> stop_ids_;
  std::vector<int32_t> ids_;  // the cache holds the first session_->position() of them
  bool full_ = false;
};

// Of a model that can be talked to; else the line that says what it lacks.
Status CheckChats(const Model& model, const std::string& path);

}  // namespace tritwise
