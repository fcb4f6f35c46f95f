// tritwise run --connect: the text comes from a server.
#include <chrono>
#include <csignal>
#include <cstdio>

#include "tools/commands.h"
#include "tools/interrupt.h"
#include "tools/run_flags.h"
#include "tools/write_on.h"

namespace tritwise {
namespace {

Json Request(const RunFlags& flags) {
  Json request;
  request["prompt"] = flags.prompt;
  request["max_tokens"] = flags.tokens;
  request["temperature"] = flags.sampler.temperature;
  request["top_k"] = flags.sampler.top_k;
  request["top_p"] = flags.sampler.top_p;
  request["seed"] = flags.sampler.seed;
  if (flags.format != "text") request["format"] = flags.format;
  if (!flags.model_name.empty()) request["model"] = flags.model_name;
  return request;
}

double PerSecond(double count, double milliseconds) { return milliseconds > 0.0 ? count * 1000.0 / milliseconds : 0.0; }

Json Summary(const std::string& text, const Json& finish, double first_token_s) {
  const Json usage = finish.value("usage", Json::object());
  const double tokens = usage.value("tokens", 0.0);
  const double prompt_tokens = usage.value("prompt_tokens", 0.0) - usage.value("cached_tokens", 0.0);
  Json object;
  object["text"] = text;
  object["tokens"] = usage.value("tokens", 0);
  object["prompt_tokens"] = usage.value("prompt_tokens", 0);
  object["cached_tokens"] = usage.value("cached_tokens", 0);
  object["finish"] = finish.value("reason", "");
  object["context_full"] = finish.value("reason", "") == "context_full";
  object["queue_s"] = usage.value("queue_ms", 0.0) / 1000.0;
  object["first_token_s"] = first_token_s;
  object["prefill_tokens_per_s"] = PerSecond(prompt_tokens, usage.value("prefill_ms", 0.0));
  // The first token comes out of the prompt's pass.
  object["decode_tokens_per_s"] = PerSecond(tokens - 1.0, usage.value("decode_ms", 0.0));
  return object;
}

}  // namespace

void RunRemote(const RunFlags& flags) {
  const auto begin = Clock::now();
  Client client(flags.client.Options());
  NoteInterrupts();
  std::signal(SIGPIPE, SIG_IGN);  // who reads our text is gone: the server is to know too

  std::string text;
  double first_token_s = 0.0;
  bool writable = true;
  bool cancelling = false;
  Clock::time_point cancelled;
  const Json finish = client.Generate(Request(flags), [&](const Json* delta) {
    if (WasInterrupted() || !writable) {
      if (!cancelling) cancelled = Clock::now();
      cancelling = true;
      // The server is told; whether it answers is not worth a long wait.
      if (Clock::now() - cancelled > std::chrono::seconds(2)) throw Interrupted{};
      return false;
    }
    if (delta == nullptr) return true;
    const std::string piece = delta->value("text", "");
    if (first_token_s == 0.0) first_token_s = std::chrono::duration<double>(Clock::now() - begin).count();
    if (flags.json) {
      text += piece;
    } else {
      writable = PrintPiece(piece);
    }
    return writable;
  });
  const std::string reason = finish.value("reason", "");
  if (WasInterrupted()) {
    if (!flags.json) std::puts("");
    throw Interrupted{};
  }
  if (flags.json) {
    PrintJson(Summary(text, finish, first_token_s));
  } else {
    std::puts("");
  }
  if (reason == "context_full" || reason == "deadline" || reason == "cancelled") {
    std::fflush(stdout);
    std::fprintf(stderr, "tritwise run: stopped because %s\n",
                 reason == "context_full" ? "the context is full"
                 : reason == "deadline"   ? "the server's time for a request is over"
                                          : "the server cancelled it");
  }
}

}  // namespace tritwise
