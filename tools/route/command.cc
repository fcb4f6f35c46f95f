// tritwise route: the command line.
#include <memory>

#include "tools/commands.h"
#include "tools/route/router.h"
#include "tools/serve/run_service.h"

namespace tritwise {
namespace {

struct RouteFlags {
  std::vector<std::string> workers;
  std::string server_key;  // theirs
  route::RouterSettings settings;
};

void Route(const RouteFlags& flags) {
  route::RouterSettings settings = flags.settings;
  for (const std::string& address : flags.workers) settings.workers.push_back({address, "", flags.server_key});
  if (settings.workers.empty() && settings.recipe.empty()) {
    throw UsageError("there are no workers: give --worker, or --recipe with tables [[worker]]");
  }
  CheckRouterSettings(settings);
  serve::Signals signals;
  route::Router router(settings, serve::LogLine);
  RunService(router, signals);
}

}  // namespace

void AddRoute(CLI::App& app) {
  auto flags = std::make_shared<RouteFlags>();
  route::RouterSettings& s = flags->settings;
  CLI::App* command = app.add_subcommand("route", "Puts several servers behind one address");
  // Read where it stands, before the flags are: these win.
  command->add_option("--recipe", s.recipe, "A file with a section [router] and a table [[worker]] for each server")
      ->trigger_on_parse()
      ->each([flags](const std::string& path) { ReadRouterSettings(path, flags->settings); });
  command->add_option("--worker", flags->workers, "Address of a server, as tcp://HOST:5555; again for each");
  command->add_option("--server-key", flags->server_key, "File with the public key of those servers (NAME.public)");
  AddServiceFlags(*command, s);
  command->add_option("--worker-secret-key", s.worker_secret_key,
                      "The router's key towards servers (default: --secret-key)");
  command->footer(
      "Example:\n  tritwise serve model.trit --bind tcp://127.0.0.1:6001 &\n"
      "  tritwise serve model.trit --bind tcp://127.0.0.1:6003 &\n"
      "  tritwise route --worker tcp://127.0.0.1:6001 --worker tcp://127.0.0.1:6003\n"
      "Servers may come and go. SIGTERM finishes what was accepted and ends; SIGHUP reads the servers of the recipe "
      "anew. See docs/serving.md.");
  command->callback([flags] { Route(*flags); });
}

}  // namespace tritwise
