// tritwise bench --connect: the flags of a load test, and the test.
#pragma once

#include <string>

#include <CLI/CLI.hpp>

#include "tools/bench/load/load_run.h"
#include "tools/client_flags.h"

namespace tritwise {

struct LoadFlags {
  ClientFlags client;
  LoadOptions options;
  double give_up_s = 5.0;
  std::string report;  // an HTML file
  bool json = false;

  // All but --prompt, --report and --json, which are the command's. Where one of `others` is given, --connect must not
  // be.
  void Add(CLI::App& command, const std::vector<CLI::Option*>& others);
};
// Throws Error, also where texts differed that should not.
void BenchServer(LoadFlags flags);

}  // namespace tritwise
