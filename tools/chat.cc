// tritwise chat: a line is a message, and the answer is written as it comes.
//
// Ctrl-C stops an answer under way and leaves what was said; where there is none, or it was pressed before, it ends the
// program. The handler does that itself: a message that is being read computes for as long as it takes.
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <string>

#include "tools/chat/conversation.h"
#include "tools/commands.h"
#include "tools/output.h"
#include "tools/sampler_flags.h"
#include "tools/text_memory.h"
#include "tools/write_on.h"
#include "trainer/error_status.h"

namespace tritwise {
namespace {

constexpr size_t kMaxLineBytes = size_t{1} << 20;

struct ChatFlags {
  ModelFlags model;
  std::string system;
  int32_t tokens = 512;
  SamplerOptions sampler;
  bool json = false;
};

enum Interrupt : int { kIdle, kAnswering, kStopped };
volatile std::sig_atomic_t interrupt_state = kIdle;

void OnInterrupt(int) {
  if (interrupt_state == kAnswering) {
    interrupt_state = kStopped;
    return;
  }
  const char newline = '\n';
  if (write(STDERR_FILENO, &newline, 1) < 0) _exit(131);
  _exit(130);
}

void CatchInterrupts() {
  struct sigaction action = {};
  action.sa_handler = OnInterrupt;
  action.sa_flags = SA_RESTART;
  sigaction(SIGINT, &action, nullptr);
}

// False at the end of the input.
bool ReadLine(std::string* line) {
  line->clear();
  int c = 0;
  while ((c = std::getc(stdin)) != EOF && c != '\n') {
    if (line->size() == kMaxLineBytes) throw Error("a message is longer than 1 MiB");
    line->push_back(static_cast<char>(c));
  }
  if (std::ferror(stdin) != 0) throw Error("cannot read standard input");
  if (!line->empty() && line->back() == '\r') line->pop_back();
  return c != EOF || !line->empty();
}

void Say(const std::string& what) {
  std::fflush(stdout);
  std::fprintf(stderr, "tritwise chat: %s\n", what.c_str());
}

// One message and its answer.
void Turn(const ChatFlags& flags, Conversation& conversation, const std::string& line) {
  std::string text;
  interrupt_state = kAnswering;
  auto result = conversation.Say(line, [&](const std::string& piece) {
    if (flags.json) {
      text += piece;
    } else if (!PrintPiece(piece)) {
      return false;
    }
    return interrupt_state == kAnswering;
  });
  interrupt_state = kIdle;
  const Answer answer = ValueOrThrow(result);
  if (flags.json) {
    Json object;
    object["text"] = text;
    object["finish"] = NameOf(answer.finish);
    object["tokens"] = answer.tokens;
    object["computed_tokens"] = answer.computed;
    object["context_tokens"] = conversation.ids().size();
    object["began_anew"] = answer.began_anew;
    std::puts(object.dump(-1, ' ', false, Json::error_handler_t::replace).c_str());
    std::fflush(stdout);
  } else {
    std::puts("");
  }
  const std::string full = "the context is full (" + std::to_string(conversation.context()) + " tokens)";
  if (answer.finish == FinishReason::kContextFull) {
    Say(full + ": the answer ends here, the next message begins anew");
  } else if (answer.began_anew && !flags.json) {
    Say(full + ": this began anew");
  }
}

void Chat(const ChatFlags& flags) {
  const ProgramMemory program;
  const auto model = flags.model.Load();
  ThrowIfError(CheckChats(*model, flags.model.path));
  flags.model.CheckContext(*model);
  ConversationOptions options{flags.system, flags.tokens, flags.sampler, flags.model.Options(), flags.model.context};
  if (flags.model.memory_budget != 0) {
    const std::vector<ChatMessage> least = {{ChatRole::kSystem, flags.system}, {ChatRole::kUser, ""}};
    const auto ids = ValueOrThrow(RenderChat(*model->tokenizer(), *model->chat(), least));
    const int64_t context = flags.model.context != 0 ? flags.model.context : model->graph().context;
    const auto shortest = std::min(context, static_cast<int64_t>(ids.size()) + 1);
    options.plan = FitText(flags.model, *model, flags.sampler, program, {context, shortest});
  }
  const auto conversation = ValueOrThrow(Conversation::Make(model, flags.model.path, options));
  const bool terminal = isatty(STDIN_FILENO) != 0 && isatty(STDOUT_FILENO) != 0;
  CatchInterrupts();
  std::string line;
  while (true) {
    if (terminal && !PrintPiece("> ")) break;
    if (!ReadLine(&line)) break;
    if (line.empty()) continue;
    try {
      Turn(flags, *conversation, line);
    } catch (const Error& error) {
      if (!terminal) throw;
      Say(error.what());  // a message that was too long is no reason to forget the conversation
    }
    if (std::ferror(stdout) != 0) break;
  }
  if (terminal) std::puts("");
}

}  // namespace

void AddChat(CLI::App& app) {
  auto flags = std::make_shared<ChatFlags>();
  CLI::App* command = app.add_subcommand("chat", "Answers messages, one a line of standard input");
  command->option_defaults()->always_capture_default();
  flags->model.AddPath(*command);
  command->add_option("--system", flags->system, "The system message");
  command->add_option("-n,--tokens", flags->tokens, "Most tokens of an answer")->check(CLI::Range(1, 1 << 30));
  AddSampler(*command, flags->sampler);
  flags->model.AddComputing(*command);
  flags->model.AddMemory(*command);
  command->add_flag("--json", flags->json, "One JSON object a line for each answer");
  command->footer(
      "Ctrl-D ends; Ctrl-C stops an answer, and ends where none is under way.\n"
      "Example:\n  tritwise chat model.trit --system \"Answer briefly.\" --temperature 0.7 --top-p 0.9");
  command->callback([flags] { Chat(*flags); });
}

}  // namespace tritwise
