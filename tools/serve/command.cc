// tritwise serve, tritwise keys: the command lines.
#include <cstdio>
#include <filesystem>
#include <memory>

#include "tools/commands.h"
#include "tools/serve/run_service.h"
#include "tools/serve/server.h"

namespace tritwise {
namespace {

using serve::Server;
using serve::ServerSettings;

struct ServeFlags {
  std::vector<std::string> models;
  std::string recipe;
  ServerSettings settings;
  bool no_verify = false;
};

void Serve(const ServeFlags& flags) {
  CheckServerSettings(flags.settings);
  serve::Signals signals;
  std::vector<serve::ModelSource> sources;
  for (const std::string& path : flags.models) {
    sources.push_back({std::filesystem::path(path).stem().string(), path, !flags.no_verify});
  }
  Server server(flags.settings, sources, serve::LogLine);
  RunService(server, signals);
}

}  // namespace

void AddServe(CLI::App& app) {
  auto flags = std::make_shared<ServeFlags>();
  ServerSettings& s = flags->settings;
  CLI::App* command = app.add_subcommand("serve", "Serves models over ZeroMQ to many clients at once");
  command->add_option("MODEL.trit", flags->models, "The model files; clients name them without .trit")->required();
  // Read where it stands, before the flags are: these win.
  command->add_option("--recipe", flags->recipe, "A file with the section [server]: what the flags below say, and more")
      ->trigger_on_parse()
      ->each([flags](const std::string& path) { ReadServerSettings(path, flags->settings); });
  AddServiceFlags(*command, s);
  command->add_option("--sequences", s.sequences, "Texts computed at a time");
  command->add_option("--queue", s.queue, "Requests that may wait");
  command->add_option("--context", s.context, "Most tokens of a text, prompt included (0: as many as the model)");
  command->add_option("--threads", s.threads, "Threads that compute (0: all this process may use)");
  command->add_flag("--no-verify", flags->no_verify, "Do not check the weights' checksums");
  command->footer(
      "Examples:\n  tritwise serve model.trit\n"
      "  tritwise keys server && tritwise serve model.trit --bind tcp://0.0.0.0:5555 --secret-key server.secret\n"
      "SIGTERM finishes what was accepted and ends; SIGHUP loads models and keys anew. Protocol: docs/protocol.md.");
  command->callback([flags] { Serve(*flags); });
}

void AddKeys(CLI::App& app) {
  auto name = std::make_shared<std::string>();
  CLI::App* command = app.add_subcommand("keys", "Makes a pair of keys for encrypted connections");
  command->add_option("NAME", *name, "Writes NAME.public, to be given away, and NAME.secret")->required();
  command->footer("Example:\n  tritwise keys server");
  command->callback([name] {
    const serve::KeyPair keys = serve::MakeKeys(*name);
    std::printf("%s.public  %s\n%s.secret  (keep it)\n", name->c_str(), keys.public_key.c_str(), name->c_str());
  });
}

}  // namespace tritwise
