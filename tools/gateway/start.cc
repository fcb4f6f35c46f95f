// tritwise gateway, as the command has it: becomes the program tritwise-gateway beside it.
//
// cpp-httplib is a shared library that brings OpenSSL and Brotli. Linked to the command it would cost every `tritwise
// run` 4 MiB of memory and 2 ms.
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <vector>

#include <unistd.h>

#include "tools/commands.h"

namespace tritwise {
namespace {

[[noreturn]] void Become(std::vector<std::string> arguments) {
  const std::filesystem::path program =
      std::filesystem::read_symlink("/proc/self/exe").parent_path() / "tritwise-gateway";
  std::string name = program.string();
  std::vector<char*> pointers = {name.data()};
  for (std::string& argument : arguments) pointers.push_back(argument.data());
  pointers.push_back(nullptr);
  execv(name.c_str(), pointers.data());
  throw Error("cannot start " + name + ": " + std::strerror(errno) + " (it belongs beside tritwise)");
}

}  // namespace

void AddGateway(CLI::App& app) {
  CLI::App* command = app.add_subcommand("gateway", "Serves OpenAI's HTTP interface and a chat page, from a server");
  command->set_help_flag();  // all that follows is the program's
  command->prefix_command();
  command->callback([command] { Become(command->remaining()); });
}

}  // namespace tritwise
