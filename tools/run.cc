// tritwise run: writes on from a text.
#include <cstdio>
#include <string>

#include "tools/commands.h"
#include "tools/machine.h"
#include "tools/model_flags.h"
#include "tools/output.h"
#include "tools/write_on.h"
#include "trainer/error_status.h"

namespace tritwise {
namespace {

struct RunFlags {
  ModelFlags model;
  std::string prompt;
  int32_t tokens = 128;
  SamplerOptions sampler;
  bool json = false;
};

void Run(const RunFlags& flags) {
  const auto model = flags.model.Load();
  std::string text;
  const auto keep = [&text](const std::string& piece) {
    text += piece;
    return true;
  };
  const WriteOnOptions options{flags.prompt, flags.tokens, flags.sampler, flags.model.Options()};
  const Written written = flags.json ? ValueOrThrow(WriteOn(model, flags.model.path, options, keep))
                                     : ValueOrThrow(WriteOn(model, flags.model.path, options, PrintPiece));
  if (flags.json) {
    Json object;
    object["text"] = text;
    object["tokens"] = written.tokens;
    object["prompt_tokens"] = written.prompt_tokens;
    object["context_full"] = written.finish == FinishReason::kContextFull;
    object["prefill_tokens_per_s"] = written.prefill_tokens_per_s;
    object["decode_tokens_per_s"] = written.decode_tokens_per_s;
    object["peak_rss_bytes"] = PeakResidentBytes();
    PrintJson(object);
  } else {
    std::puts("");
  }
  SayContextFull(written);
}

}  // namespace

void AddRun(CLI::App& app) {
  auto flags = std::make_shared<RunFlags>();
  CLI::App* command = app.add_subcommand("run", "Writes on from a text");
  command->option_defaults()->always_capture_default();
  flags->model.AddPath(*command);
  command->add_option("-p,--prompt", flags->prompt, "The text to go on from")->required();
  command->add_option("-n,--tokens", flags->tokens, "Most tokens to generate")->check(CLI::Range(1, 1 << 30));
  command->add_option("--temperature", flags->sampler.temperature, "0: always the likeliest token")
      ->check(CLI::Range(0.0f, 1e6f));
  command->add_option("--top-k", flags->sampler.top_k, "Draw from the K likeliest only (0: all)")
      ->check(CLI::Range(0, 1 << 30));
  command->add_option("--top-p", flags->sampler.top_p, "Draw from the likeliest with this probability in all")
      ->check(CLI::Range(1e-6f, 1.0f));
  command->add_option("--seed", flags->sampler.seed, "Of the random numbers")
      ->check(
          CLI::Validator([](std::string& text) { return text.find('-') == 0 ? "must not be negative" : ""; }, "", ""));
  flags->model.AddComputing(*command);
  command->add_flag("--json", flags->json, "One JSON object instead of the text as it comes");
  command->footer(
      "Example:\n  tritwise run model.trit -p \"In the beginning\" -n 100 --temperature 0.8 --top-k 40 --seed 7");
  command->callback([flags] { Run(*flags); });
}

}  // namespace tritwise
