// The subcommands of `tritwise`: each adds itself to the parser, one file each, and runs when it is parsed.
//
// What goes wrong is thrown as Error (a failure, exit code 1) or UsageError (exit code 2) and becomes one
// line on standard error in main.cc.
#pragma once

#include <string>

#include <CLI/CLI.hpp>

#include "trainer/error.h"

namespace tritwise {

class UsageError : public Error {
 public:
  using Error::Error;
};

// All that is to be said has been said: the program ends with this code.
struct ExitWith {
  int code = 0;
};

void AddRun(CLI::App& app);
void AddEval(CLI::App& app);
void AddFlatten(CLI::App& app);
void AddInspect(CLI::App& app);
void AddBench(CLI::App& app);
void AddRandom(CLI::App& app);
void AddChat(CLI::App& app);
void AddTemplate(CLI::App& app);
void AddServe(CLI::App& app);
void AddRoute(CLI::App& app);
void AddKeys(CLI::App& app);
// Where cpp-httplib is.
void AddGateway(CLI::App& app);
// Where the trainer is built.
void AddTrain(CLI::App& app);
void AddExport(CLI::App& app);
void AddLaunch(CLI::App& app);
void AddReport(CLI::App& app);
void AddStudy(CLI::App& app);
void AddFootprint(CLI::App& app);

}  // namespace tritwise
