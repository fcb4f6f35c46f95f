#include "tools/bench/load/command.h"

#include <unistd.h>

#include <cstdio>

#include "tools/bench/load/load_tables.h"
#include "tools/bench/report.h"
#include "tools/commands.h"
#include "tools/interrupt.h"
#ifdef TRITWISE_WITH_TRAINER
#include "tools/report/load_report.h"
#endif

namespace tritwise {
namespace {

constexpr uint64_t kRequestsEach = 10;  // where nothing is said
constexpr double kTerminal_s = 0.5;     // between lines
constexpr double kLog_s = 10.0;

// On a terminal one line that is written over, elsewhere lines.
class ProgressLine {
 public:
  ~ProgressLine() {
    if (open_) std::fputc('\n', stderr);
  }
  bool operator()(const LoadOptions& options, const LoadProgress& progress) {
    if (progress.seconds - shown_s_ >= (terminal_ ? kTerminal_s : kLog_s)) {
      shown_s_ = progress.seconds;
      open_ = terminal_;
      std::fprintf(stderr, terminal_ ? "\r%s\x1b[K" : "%s\n", LoadProgressLine(options, progress).c_str());
      std::fflush(stderr);
    }
    return !WasInterrupted();
  }

 private:
  bool terminal_ = isatty(STDERR_FILENO) != 0;
  bool open_ = false;
  double shown_s_ = 0.0;
};

void Judge(const Json& json) {
  if (json["mismatches"] != 0) {
    throw Error(std::to_string(json["mismatches"].get<uint64_t>()) + " texts differ from those of equal requests");
  }
  if (json["interrupted"] == true) throw Interrupted{};
  if (json["ok"] == 0 && json["errors"] != 0) {
    std::string codes;
    for (const auto& [code, count] : json["errors_by_code"].items()) codes += " " + code;
    throw Error("no request was answered:" + codes);
  }
}

}  // namespace

void LoadFlags::Add(CLI::App& command, const std::vector<CLI::Option*>& others) {
  const char* group = "With --connect, a load test of a server";
  const size_t before = command.get_options().size();
  client.Add(command);
  CLI::Option* connect = command.get_option("--connect");
  WorkloadOptions& work = options.work;
  const auto share = CLI::Range(0.0, 1.0);
  command.add_option("--clients", options.clients, "Clients, each with a connection of its own (default: 8)")
      ->check(CLI::Range(1, 10000));
  command.add_option("--requests", options.requests, "Requests in all (default: 10 a client)")
      ->check(CLI::Range(int64_t{1}, int64_t{1} << 40));
  command.add_option("--seconds", options.seconds, "No requests are begun after so long")->check(CLI::PositiveNumber);
  command.add_option("--max-tokens", work.max_tokens, "Tokens of a text (default: 64)")
      ->check(CLI::Range(int64_t{1}, int64_t{1} << 24));
  command.add_option("--prompt-text", work.text, "The prompt of all (default: --prompt random ids, 32)");
  command.add_option("--prompts", work.prompts, "Different prompts of random ids (default: 16)")
      ->check(CLI::Range(int64_t{1}, int64_t{1} << 40));
  command.add_option("--shared", work.shared, "Share of a prompt, from its beginning, that all have in common")
      ->check(share);
  command.add_option("--temperature", work.temperature, "0: the likeliest token; equal prompts have equal seeds")
      ->check(CLI::Range(0.0, 1e6));
  command.add_option("--rate", work.rate, "Requests arrive so often a second, whatever the server does")
      ->check(CLI::PositiveNumber);
  command.add_option("--cancel", work.cancel, "Share of the requests that are cancelled")->check(share);
  command.add_option("--slow", options.slow, "Share of the clients that read slowly, by credit or in pauses")
      ->check(share);
  command.add_option("--model", work.model, "Name of a model, where the server has several");
  command.add_option("--seed", work.seed, "Of prompts, cancelling and arrivals (default: 1)");
  command.add_option("--timeout", options.patience_s, "Seconds after which a request is given up (default: 300)")
      ->check(CLI::PositiveNumber);
  command.add_option("--give-up", give_up_s, "Seconds for which a request may find no server (default: 5)")
      ->check(CLI::PositiveNumber);
  const std::vector<CLI::Option*> all = command.get_options();
  for (size_t i = before; i < all.size(); ++i) {
    all[i]->group(group);
    if (all[i] != connect) all[i]->needs(connect);
  }
  for (CLI::Option* other : others) connect->excludes(other);
}

void BenchServer(LoadFlags flags) {
#ifndef TRITWISE_WITH_TRAINER
  if (!flags.report.empty()) throw UsageError("--report: this build writes no pages");
#endif
  LoadOptions& options = flags.options;
  if (options.requests == 0 && options.seconds == 0.0) options.requests = kRequestsEach * options.clients;
  ClientOptions client = flags.client.Options();
  client.give_up = Milliseconds(static_cast<int64_t>(1e3 * flags.give_up_s));
  NoteInterrupts();

  LoadRun run(std::move(client), options);
  Json json;
  {
    ProgressLine line;
    json = LoadJson(options, run.Run([&](const LoadProgress& progress) { return line(options, progress); }));
  }
#ifdef TRITWISE_WITH_TRAINER
  if (!flags.report.empty()) WriteLoadReport(flags.report, json.dump());
#endif
  if (flags.json) {
    PrintJson(json);
  } else {
    PrintTables(LoadTables(json));
  }
  Judge(json);
}

}  // namespace tritwise
