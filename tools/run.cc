// tritwise run: writes on from a text.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <string>
#include <vector>

#include "format/utf8.h"
#include "tools/commands.h"
#include "tools/machine.h"
#include "tools/memory_budget.h"
#include "tools/model_flags.h"
#include "tools/output.h"
#include "trainer/error_status.h"
#include "tritwise/generate.h"

namespace tritwise {
namespace {

using Clock = std::chrono::steady_clock;

struct RunFlags {
  ModelFlags model;
  std::string prompt;
  int32_t tokens = 128;
  SamplerOptions sampler;
  bool json = false;
};

std::vector<int32_t> PromptIds(const Tokenizer& tokenizer, const std::string& prompt) {
  const size_t invalid = FindInvalidUtf8(prompt);
  if (invalid != std::string_view::npos) {
    throw Error("the prompt is not valid UTF-8 (byte " + std::to_string(invalid) + ")");
  }
  std::vector<int32_t> ids = tokenizer.Encode(prompt);
  const int32_t begin_id = tokenizer.vocabulary().begin_id;
  if (begin_id >= 0) ids.insert(ids.begin(), begin_id);
  if (ids.empty()) throw Error("the prompt is empty, and the model's vocabulary has no id to begin a text with");
  return ids;
}

double Seconds(Clock::duration time) { return std::chrono::duration<double>(time).count(); }

double PerSecond(size_t count, Clock::duration time) {
  return time.count() > 0 ? static_cast<double>(count) / Seconds(time) : 0.0;
}

std::shared_ptr<const Model> LoadTextModel(const ModelFlags& flags) {
  auto model = flags.Load();
  if (model->tokenizer() == nullptr && model->graph().input == InputKind::kTokens) {
    throw Error(flags.path +
                ": this model has no vocabulary to read and write text with (bench and inspect need none)");
  }
  if (model->tokenizer() == nullptr || model->graph().context == 0) {
    throw Error(flags.path + ": this model does not write text (try tritwise eval)");
  }
  if (flags.context > model->graph().context) {
    throw UsageError("--context: the model's is " + std::to_string(model->graph().context));
  }
  return model;
}

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

// Options and context within the budget, where there is one.
void Fit(const RunFlags& flags, const Model& model, uint64_t program_bytes, size_t prompt, PlanOptions* options,
         int64_t* context) {
  if (flags.model.memory_budget == 0) return;
  const auto shortest = static_cast<int64_t>(prompt) + 1;
  const int64_t longest = *context != 0 ? *context : model.graph().context;
  MemoryRequest request{model.graph()};
  request.file_bytes = model.file().bytes().size();
  request.program_bytes = program_bytes + Sampler::Bytes(flags.sampler, model.graph().output_width());
  request.options = *options;
  request.shortest_context = shortest;
  // A text needs no more than it can become.
  request.context = std::min(longest, static_cast<int64_t>(prompt) + flags.tokens);
  request.budget_bytes = flags.model.memory_budget;
  *options = FitMemory(request).options;
  *context = request.context;
}

void Run(const RunFlags& flags) {
  const auto begin = Clock::now();
  const ProgramMemory program;
  const auto model = LoadTextModel(flags.model);
  const Tokenizer& tokenizer = *model->tokenizer();
  const std::vector<int32_t> ids = PromptIds(tokenizer, flags.prompt);
  PlanOptions options = flags.model.Options();
  options.max_outputs = 1;
  int64_t context = flags.model.context;
  Fit(flags, *model, program.bytes(), ids.size(), &options, &context);
  const auto plan = ValueOrThrow(Plan::Make(model, options));
  const auto session = ValueOrThrow(Session::Make(*plan, {context, flags.sampler}));
  if (ids.size() > static_cast<size_t>(session->context())) {
    throw Error("the prompt has " + std::to_string(ids.size()) + " tokens, the " +
                (context == 0 ? "model's context" : "context") + " is " + std::to_string(session->context()));
  }

  const auto start = Clock::now();
  const OutputRows output = ValueOrThrow(plan->Prefill(*session, ids));
  const auto prefilled = Clock::now();

  std::string text;
  StreamDecoder decoder(tokenizer);
  const auto hand_out = [&](const std::string& piece) {
    if (flags.json) {
      text += piece;
    } else if (!piece.empty()) {
      std::fwrite(piece.data(), 1, piece.size(), stdout);
      std::fflush(stdout);
    }
    return std::ferror(stdout) == 0;
  };
  const GenerateOptions generate{flags.tokens, tokenizer.vocabulary().end_id};
  const Generated generated = ValueOrThrow(
      Generate(*plan, *session, output, generate, [&](int32_t token) { return hand_out(decoder.Push(token)); }));
  const auto done = Clock::now();
  hand_out(decoder.Finish());

  // The first token comes out of the prompt's pass.
  const size_t decoded = generated.tokens > 1 ? static_cast<size_t>(generated.tokens - 1) : 0;
  if (flags.json) {
    Json object;
    object["text"] = text;
    object["tokens"] = generated.tokens;
    object["prompt_tokens"] = ids.size();
    object["context"] = session->context();
    object["context_full"] = generated.finish == FinishReason::kContextFull;
    object["load_s"] = Seconds(start - begin);
    object["first_token_s"] = Seconds(prefilled - begin);
    object["prefill_tokens_per_s"] = PerSecond(ids.size(), prefilled - start);
    object["decode_tokens_per_s"] = PerSecond(decoded, done - prefilled);
    object["decode_threads"] = plan->decode_threads();
    object["rows_at_once"] = plan->options().max_rows;
    object["peak_rss_bytes"] = PeakResidentBytes();
    PrintJson(object);
  } else {
    std::puts("");
  }
  if (generated.finish == FinishReason::kContextFull) {
    std::fflush(stdout);
    std::fprintf(stderr, "tritwise run: stopped because the context is full (%lld tokens)\n",
                 static_cast<long long>(session->context()));
  }
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
  flags->model.AddMemory(*command);
  command->add_flag("--json", flags->json, "One JSON object instead of the text as it comes");
  command->footer(
      "Examples:\n  tritwise run model.trit -p \"In the beginning\" --memory-budget 256M --cache int8\n"
      "  tritwise run model.trit -p \"In the beginning\" -n 100 --temperature 0.8 --top-k 40 --seed 7");
  command->callback([flags] { Run(*flags); });
}

}  // namespace tritwise
