// tritwise run: writes on from a text.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <string>

#include "tools/commands.h"
#include "tools/machine.h"
#include "tools/memory_budget.h"
#include "tools/output.h"
#include "tools/run_flags.h"
#include "tools/write_on.h"
#include "trainer/error_status.h"

namespace tritwise {
namespace {

using Clock = std::chrono::steady_clock;

double Seconds(Clock::duration time) { return std::chrono::duration<double>(time).count(); }

// What the process takes for itself: all that it had before there was a model, and what grew with it besides its pages.
class ProgramMemory {
 public:
  uint64_t bytes() const {
    // Code that has not run yet, stacks of threads, output: 1.3 MiB on x86-64, less on boards.
    constexpr uint64_t kToCome = uint64_t{3} << 19;
    return before_ + OwnResidentBytes() - own_before_ + kToCome;
  }

 private:
  uint64_t before_ = ResidentBytes();
  uint64_t own_before_ = OwnResidentBytes();
};

// Lowers `options` until they fit into the budget. Throws Error where they cannot.
void Fit(const RunFlags& flags, const Model& model, uint64_t program_bytes, WriteOnOptions* options) {
  const auto prompt = static_cast<int64_t>(ValueOrThrow(PromptIds(*model.tokenizer(), flags.prompt)).size());
  MemoryRequest request{model.graph()};
  request.file_bytes = model.file().bytes().size();
  request.program_bytes = program_bytes + Sampler::Bytes(flags.sampler, model.graph().output_width());
  request.options = options->plan;
  request.options.max_outputs = 1;
  request.shortest_context = prompt + 1;
  // A text needs no more than it can become.
  request.context = std::min(options->context != 0 ? options->context : model.graph().context, prompt + flags.tokens);
  request.budget_bytes = flags.model.memory_budget;
  options->plan = FitMemory(request).options;
  options->context = request.context;
}

void Run(const RunFlags& flags) {
  const auto begin = Clock::now();
  const ProgramMemory program;
  const auto model = flags.model.Load();
  const int64_t context = model->graph().context;
  if (context != 0 && flags.model.context > context) {
    throw UsageError("--context: the model's is " + std::to_string(context));
  }
  WriteOnOptions options{flags.prompt, flags.tokens, flags.sampler, flags.model.Options(), flags.model.context};
  if (flags.model.memory_budget != 0 && context != 0 && model->tokenizer() != nullptr) {
    Fit(flags, *model, program.bytes(), &options);
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
    for (const char* flag : {"--control", "--server-key", "--key", "--model"}) refuse(flag, ": needs --connect");
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
