// The minimal command, for the smallest boards (TRITWISE_MINIMAL): run, inspect and bench, with the same flags and the
// same text as the full command. No streams, no exceptions, no library but our own: what it does not link is its point.
#include <unistd.h>

#include <cstdio>
#include <exception>
#include <new>
#include <string>

#include "tools/minimal/commands.h"

namespace tritwise::minimal {
namespace {

constexpr Command kCommands[] = {
    {"run", "Writes on from a text", "model.trit -p \"In the beginning\" -n 100 --temperature 0.8 --top-k 40 --seed 7",
     Run},
    {"inspect", "Shows what is in a model file and checks all of it", "model.trit --plan --memory", Inspect},
    {"bench", "Measures speed and memory of a model, and this machine's memory", "model.trit --threads 1,2", Bench},
};

void PrintHelp() {
  std::puts("Runs ternary (1.58-bit) networks.\nUsage: tritwise SUBCOMMAND ...\n\nSubcommands:");
  for (const Command& command : kCommands) std::printf("  %-10s%s\n", command.name, command.what);
  std::puts("\n  --help    Also of a subcommand\n  --version");
  std::printf("\nExample:\n  tritwise %s model.trit -p \"In the beginning\"\n", kCommands[0].name);
}

// Names may hold anything; an error stays one line.
int Report(const std::string& who, const Ending& ending) {
  std::string what = ending.status.message();
  for (char& c : what) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) c = ' ';
  }
  std::fflush(stdout);
  std::fprintf(stderr, "%s: %s%s\n", who.c_str(), what.c_str(), ending.code == Ending::kUsage ? " (see --help)" : "");
  return ending.code;
}

// Without exceptions there is nobody to come back to. Ends the program also where the library would throw because
// something is larger than this machine can address.
[[noreturn]] void OutOfMemory() {
  constexpr char kLine[] = "tritwise: out of memory\n";
  const auto written = write(STDERR_FILENO, kLine, sizeof(kLine) - 1);
  (void)written;
  _exit(Ending::kFailure);
}

Ending Choose(Words words, std::string* who) {
  const auto usage = [](const Status& status) { return Ending::Usage(status); };
  if (words.empty()) return usage(Status::Error(StatusCode::kInvalidArgument, "a subcommand is required"));
  const std::string_view name = words[0];
  for (const Command& command : kCommands) {
    if (name != command.name) continue;
    *who += " " + std::string(name);
    return command.run(command, words.subspan(1));
  }
  if (name == "--version") {
    std::puts("tritwise " TRITWISE_VERSION " (minimal)");
  } else if (name == "--help" || name == "-h") {
    PrintHelp();
  } else {
    return usage(
        Status::Error(StatusCode::kInvalidArgument, "there is no subcommand \"%.120s\" in this build", words[0]));
  }
  return {};
}

int Main(Words words) {
  std::string who = "tritwise";
  Ending ending = Choose(words, &who);
  if (ending.code == 0 && (std::fflush(stdout) != 0 || std::ferror(stdout) != 0)) {
    ending = Status::Error(StatusCode::kIo, "cannot write to standard output");
  }
  return ending.code == 0 ? 0 : Report(who, ending);
}

}  // namespace

bool Begin(const Command& command, Words words, std::span<const Flag> flags, Ending* ending) {
  const std::string described = DescribeFlags(flags);  // before values change
  bool help = false;
  const Status status = Parse(words, flags, &help);
  if (help) {
    std::printf("%s\nUsage: tritwise %s [flags]\n\n%s\nExample:\n  tritwise %s %s\n", command.what, command.name,
                described.c_str(), command.name, command.example);
  } else if (!status.ok()) {
    *ending = Ending::Usage(status);
  }
  return !help && status.ok();
}

}  // namespace tritwise::minimal

int main(int argc, char** argv) {
  std::set_new_handler(tritwise::minimal::OutOfMemory);
  std::set_terminate(tritwise::minimal::OutOfMemory);
  const char* const* words = argv;
  const auto count = static_cast<size_t>(argc);
  return tritwise::minimal::Main({words + (count > 0 ? 1 : 0), count > 0 ? count - 1 : 0});
}
