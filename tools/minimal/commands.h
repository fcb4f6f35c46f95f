// The subcommands of the minimal command, and how each begins and ends.
#pragma once

#include <span>

#include "format/status.h"
#include "tools/minimal/arguments.h"

namespace tritwise::minimal {

using Words = std::span<const char* const>;

// How a subcommand ended: exit code, and what went wrong as one line. Converts from the Status of a failure.
struct Ending {
  static constexpr int kFailure = 1;
  static constexpr int kUsage = 2;

  Ending() = default;
  Ending(const Status& failure)
      : code(failure.ok() ? 0 : kFailure), status(failure) {}  // NOLINT(google-explicit-constructor)
  static Ending Usage(const Status& status) {
    Ending ending(status);
    ending.code = kUsage;
    return ending;
  }

  int code = 0;
  Status status;
};

struct Command {
  const char* name;
  const char* what;     // one line
  const char* example;  // the words behind the name
  Ending (*run)(const Command& command, Words words);
};

// Reads `words`; true where the subcommand goes on. Otherwise `ending` says how it ended: the help has been printed, or
// the words are wrong.
bool Begin(const Command& command, Words words, std::span<const Flag> flags, Ending* ending);

Ending Run(const Command& command, Words words);
Ending Inspect(const Command& command, Words words);
Ending Bench(const Command& command, Words words);

}  // namespace tritwise::minimal
