// Writing on from a text: the prompt's ids, the pass over them, the tokens that follow, as text. What `run` does in
// the full and in the minimal command; neither exceptions nor streams, because the minimal one has none.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "tritwise/generate.h"
#include "tritwise/model.h"
#include "tritwise/plan_options.h"
#include "tritwise/sampler.h"
#include "tritwise/status.h"

namespace tritwise {

struct WriteOnOptions {
  std::string prompt;
  int32_t tokens = 128;
  SamplerOptions sampler;
  PlanOptions plan;
  int64_t context = 0;               // most tokens, prompt included; 0: the model's
  const TokenBytes* json = nullptr;  // of the model: the text that follows is one JSON value
};

struct Written {
  FinishReason finish = FinishReason::kLength;
  int32_t tokens = 0;
  size_t prompt_tokens = 0;
  int64_t context = 0;
  int32_t decode_threads = 0;
  double prefill_tokens_per_s = 0.0;
  double decode_tokens_per_s = 0.0;
};

// What the network is fed for `prompt`: its ids behind the vocabulary's begin, where there is one. Errors: a prompt
// that is not UTF-8, or nothing to feed.
Result<std::vector<int32_t>> PromptIds(const Tokenizer& tokenizer, std::string_view prompt);

// Gives the text to `hand_out` piece by piece, whole characters only; false from there stops. `path` is for errors.
Result<Written> WriteOn(const std::shared_ptr<const Model>& model, const std::string& path,
                        const WriteOnOptions& options, const std::function<bool(const std::string&)>& hand_out);

// "length", "end", "context_full", "cancelled".
const char* NameOf(FinishReason finish);

// Text on standard output as it comes; false where it cannot be written.
bool PrintPiece(const std::string& piece);

// On standard error, where that is why the text ended.
void SayContextFull(const Written& written);

}  // namespace tritwise
