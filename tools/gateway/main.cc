// The program tritwise-gateway: `tritwise gateway` (start.cc), with its arguments.
#include <vector>

#include "tools/commands.h"
#include "tools/program.h"

int main(int argc, char** argv) {
  CLI::App app("Serves OpenAI's HTTP interface.", "tritwise");
  app.require_subcommand(1);
  tritwise::AddGateway(app);
  char gateway[] = "gateway";
  std::vector<char*> arguments(argv, argv + argc);
  arguments.insert(arguments.begin() + (argc > 0 ? 1 : 0), gateway);
  return tritwise::RunProgram(app, static_cast<int>(arguments.size()), arguments.data());
}
