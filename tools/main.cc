// The command `tritwise`: hands its arguments to a subcommand.
#include <CLI/CLI.hpp>

#include "tools/commands.h"
#include "tools/program.h"

int main(int argc, char** argv) {
  CLI::App app("Trains ternary (1.58-bit) networks and runs them.", "tritwise");
  app.set_version_flag("--version", "tritwise " TRITWISE_VERSION);
  app.require_subcommand(1);
  app.footer("Example:\n  tritwise run model.trit -p \"In the beginning\"");
#ifdef TRITWISE_WITH_TRAINER
  tritwise::AddTrain(app);
  tritwise::AddLaunch(app);
  tritwise::AddExport(app);
  tritwise::AddReport(app);
  tritwise::AddStudy(app);
  tritwise::AddFootprint(app);
#endif
  tritwise::AddRun(app);
  tritwise::AddChat(app);
  tritwise::AddEval(app);
#ifdef TRITWISE_WITH_FLATTEN
  tritwise::AddFlatten(app);
#endif
  tritwise::AddInspect(app);
  tritwise::AddBench(app);
  tritwise::AddRandom(app);
  tritwise::AddTemplate(app);
#ifdef TRITWISE_WITH_SERVER
  tritwise::AddServe(app);
  tritwise::AddKeys(app);
#endif
#ifdef TRITWISE_WITH_ROUTER
  tritwise::AddRoute(app);
#endif
#ifdef TRITWISE_WITH_GATEWAY
  tritwise::AddGateway(app);
#endif
  return tritwise::RunProgram(app, argc, argv);
}
