// run: writes on from a text.
#include <cstdio>

#include "tools/machine/machine.h"
#include "tools/minimal/commands.h"
#include "tools/minimal/json.h"
#include "tools/minimal/model_flags.h"
#include "tools/write_on.h"

namespace tritwise::minimal {
namespace {

void PrintJson(const std::string& text, const Written& written) {
  Json json;
  json.Text("text", text);
  json.Integer("tokens", static_cast<uint64_t>(written.tokens));
  json.Integer("prompt_tokens", written.prompt_tokens);
  json.Bool("context_full", written.finish == FinishReason::kContextFull);
  json.Number("prefill_tokens_per_s", written.prefill_tokens_per_s);
  json.Number("decode_tokens_per_s", written.decode_tokens_per_s);
  json.Integer("peak_rss_bytes", PeakResidentBytes());
  json.Print();
}

}  // namespace

Ending Run(const Command& command, Words words) {
  ModelFlags model_flags;
  WriteOnOptions options;
  int64_t tokens = options.tokens;
  int64_t top_k = 0;
  bool json = false;
  SamplerOptions& sampler = options.sampler;
  const Flag flags[] = {
      model_flags.Path(),
      {"--prompt", "-p", Text{&options.prompt}, "The text to go on from", true},
      {"--tokens", "-n", Integer{&tokens, 1, 1 << 30}, "Most tokens to generate"},
      {"--temperature", {}, Real{&sampler.temperature, 0.0f, 1e6f}, "0: always the likeliest token"},
      {"--top-k", {}, Integer{&top_k, 0, 1 << 30}, "Draw from the K likeliest only (0: all)"},
      {"--top-p", {}, Real{&sampler.top_p, 1e-6f, 1.0f}, "Draw from the likeliest with this probability in all"},
      {"--seed", {}, Unsigned{&sampler.seed}, "Of the random numbers"},
      model_flags.Threads(),
      model_flags.Cache(),
      model_flags.NoVerify(),
      {"--json", {}, Switch{&json}, "One JSON object instead of the text as it comes"},
  };
  Ending ending;
  if (!Begin(command, words, flags, &ending)) return ending;
  options.tokens = static_cast<int32_t>(tokens);
  sampler.top_k = static_cast<int32_t>(top_k);
  options.plan = model_flags.Options();

  TRITWISE_ASSIGN_OR_RETURN(const auto model, model_flags.Load());
  std::string text;
  const auto hand_out = [&](const std::string& piece) {
    if (!json) return PrintPiece(piece);
    text += piece;
    return true;
  };
  TRITWISE_ASSIGN_OR_RETURN(const Written written, WriteOn(model, model_flags.path, options, hand_out));
  if (json) {
    PrintJson(text, written);
  } else {
    std::puts("");
  }
  SayContextFull(written);
  return {};
}

}  // namespace tritwise::minimal
