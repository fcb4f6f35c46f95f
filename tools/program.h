// The edge of a program with subcommands: what goes wrong becomes one line on standard error and an exit code.
#pragma once

#include <CLI/CLI.hpp>

namespace tritwise {

inline constexpr int kFailure = 1;
inline constexpr int kUsage = 2;
inline constexpr int kInterrupted = 130;

// Parses the arguments, which runs a subcommand; returns the exit code.
int RunProgram(CLI::App& app, int argc, char** argv);

}  // namespace tritwise
