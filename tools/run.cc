// tritwise run: writes on from a text.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <optional>
#include <string>

#include "tools/commands.h"
#include "tools/output.h"
#include "tools/run_flags.h"
#include "tools/sampler_flags.h"
#include "tools/text_memory.h"
#include "tools/write_on.h"
#include "trainer/error_status.h"

namespace tritwise {
namespace {

using Clock = std::chrono::steady_clock;

double Seconds(Clock::duration time) { return std::chrono::duration<double>(time).count(); }

// Lowers `options` until they fit into the budget. Throws Error where they cannot.
void Fit(const RunFlags& flags, const Model& model, const ProgramMemory& program, WriteOnOptions* options) {
  const auto prompt = static_cast<int64_t>(ValueOrThrow(PromptIds(*model.tokenizer(), flags.prompt)).size());
  // A text needs no more than it can become.
  const int64_t context = options->context != 0 ? options->context : model.graph().context;
  options->context = std::min(context, prompt + flags.tokens);
  options->plan = FitText(flags.model, model, flags.sampler, program, {options->context, prompt + 1});
}

void Run(const RunFlags& flags) {
  const auto begin = Clock::now();
  const ProgramMemory program;
  const auto model = flags.model.Load();
  const int64_t context = model->graph().context;
  flags.model.CheckContext(*model);
  WriteOnOptions options{flags.prompt, flags.tokens, flags.sampler, flags.model.Options(), flags.model.context};
  std::optional<TokenBytes> tokens;
  if (flags.format == "json" && model->tokenizer() != nullptr) options.json = &tokens.emplace(*model->tokenizer());
  if (flags.model.memory_budget != 0 && context != 0 && model->tokenizer() != nullptr) {
    Fit(flags, *model, program, &options);
  }
  const auto loaded = Clock::now();
  auto first_token = loaded;
  std::string text;
  const Written written = ValueOrThrow(WriteOn(model, flags.model.path, options, [&](const std::string& piece) {
    if (first_token == loaded) first_token = Clock::now();
    if (!flags.json) return PrintPiece(piece);
    text += piece;
    return true;
  }));
  if (flags.json) {
    Json object;
    object["text"] = text;
    object["tokens"] = written.tokens;
    object["prompt_tokens"] = written.prompt_tokens;
    object["context"] = written.context;
    object["finish"] = NameOf(written.finish);
    object["context_full"] = written.finish == FinishReason::kContextFull;
    object["load_s"] = Seconds(loaded - begin);
    object["first_token_s"] = Seconds(first_token - begin);
    object["prefill_tokens_per_s"] = written.prefill_tokens_per_s;
    object["decode_tokens_per_s"] = written.decode_tokens_per_s;
    object["decode_threads"] = written.decode_threads;
    object["rows_at_once"] = options.plan.max_rows;
    object["peak_rss_bytes"] = PeakResidentBytes();
    PrintJson(object);
  } else {
    std::puts("");
  }
  SayContextFull(written);
  if (options.json != nullptr && written.finish == FinishReason::kLength) {
    std::fflush(stdout);
    std::fprintf(stderr, "tritwise run: stopped after %d tokens, before the JSON value was whole\n", written.tokens);
  }
}

#ifdef TRITWISE_WITH_SERVER
// A model of one's own or a server: each has flags that say nothing to the other.
void CheckSource(const CLI::App& command) {
  const bool remote = command.count("--connect") != 0;
  if (!remote && command.count("MODEL.trit") == 0) throw UsageError("MODEL.trit is required (or --connect)");
  const auto refuse = [&](const char* flag, const char* why) {
    if (command.count(flag) != 0) throw UsageError(std::string(flag) + why);
  };
  if (remote) {
    refuse("MODEL.trit", ": the server of --connect has its own");
    for (const char* flag : {"--threads", "--cache", "--no-verify", "--context", "--memory-budget"}) {
      refuse(flag, ": is the server's, not --connect's");
    }
  } else {
    for (const char* flag : {"--control", "--server-key", "--secret-key", "--model"}) refuse(flag, ": needs --connect");
  }
}
#endif

}  // namespace

void AddRun(CLI::App& app) {
  auto flags = std::make_shared<RunFlags>();
  CLI::App* command = app.add_subcommand("run", "Writes on from a text");
  command->option_defaults()->always_capture_default();
#ifdef TRITWISE_WITH_SERVER
  flags->model.AddPath(*command)->required(false);  // a server has one
#else
  flags->model.AddPath(*command);
#endif
  command->add_option("-p,--prompt", flags->prompt, "The text to go on from")->required();
  command->add_option("-n,--tokens", flags->tokens, "Most tokens to generate")->check(CLI::Range(1, 1 << 30));
  AddSampler(*command, flags->sampler);
  command->add_option("--format", flags->format, "json: what is written is one JSON value")
      ->check(CLI::IsMember({"text", "json"}));
  flags->model.AddComputing(*command);
  flags->model.AddMemory(*command);
  command->add_flag("--json", flags->json, "One JSON object instead of the text as it comes");
  std::string examples =
      "Examples:\n  tritwise run model.trit -p \"In the beginning\" --memory-budget 256M --cache int8\n"
      "  tritwise run model.trit -p \"In the beginning\" -n 100 --temperature 0.8 --top-k 40 --seed 7";
#ifdef TRITWISE_WITH_SERVER
  flags->client.Add(*command);
  command->add_option("--model", flags->model_name, "With --connect: which of the server's models");
  examples += "\n  tritwise run --connect tcp://192.0.2.7:5555 -p \"In the beginning\"";
#endif
  command->footer(examples);
  command->callback([flags, command] {
#ifdef TRITWISE_WITH_SERVER
    CheckSource(*command);
    if (!flags->client.connect.empty()) return RunRemote(*flags);
#endif
    Run(*flags);
  });
}

}  // namespace tritwise
