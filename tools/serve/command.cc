// tritwise serve, tritwise keys: the command lines.
#include <csignal>
#include <pthread.h>

#include <chrono>
#include <cstdio>
#include <ctime>
#include <filesystem>
#include <memory>
#include <thread>

#include "tools/commands.h"
#include "tools/machine.h"
#include "tools/serve/notify.h"
#include "tools/serve/server.h"

namespace tritwise {
namespace {

using serve::Json;
using serve::Server;
using serve::ServerSettings;

struct ServeFlags {
  std::vector<std::string> models;
  std::string recipe;
  ServerSettings settings;
  bool no_verify = false;
};

std::string TimeNow() {
  const auto now = std::chrono::system_clock::now();
  const auto ms = std::chrono::duration_cast<std::chrono::milliseconds>(now.time_since_epoch()).count() % 1000;
  const std::time_t seconds = std::chrono::system_clock::to_time_t(now);
  std::tm utc = {};
  gmtime_r(&seconds, &utc);
  char text[40];
  const size_t size = std::strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%S", &utc);
  std::snprintf(text + size, sizeof(text) - size, ".%03dZ", static_cast<int>(ms));
  return text;
}

// One JSON object a line on standard error.
void Log(Json line) {
  Json full = {{"time", TimeNow()}};
  full.update(line);
  std::fprintf(stderr, "%s\n", full.dump(-1, ' ', false, Json::error_handler_t::replace).c_str());
}

// Signals in a thread of their own: TERM and INT drain, HUP reloads. A second TERM or INT ends at once.
class Signals {
 public:
  Signals() {
    sigemptyset(&set_);
    for (const int signal : {SIGTERM, SIGINT, SIGHUP, SIGUSR1}) sigaddset(&set_, signal);
    pthread_sigmask(SIG_BLOCK, &set_, nullptr);  // before any other thread is there
    std::signal(SIGPIPE, SIG_IGN);
  }
  ~Signals() {
    if (!thread_.joinable()) return;
    pthread_kill(thread_.native_handle(), SIGUSR1);
    thread_.join();
  }
  Signals(const Signals&) = delete;
  Signals& operator=(const Signals&) = delete;

  void Serve(Server& server) {
    thread_ = std::thread([this, &server] {
      for (bool draining = false;;) {
        int signal = 0;
        sigwait(&set_, &signal);
        if (signal == SIGUSR1) return;
        if (signal == SIGHUP) {
          server.Reload();
          continue;
        }
        if (draining) std::_Exit(1);
        draining = true;
        serve::NotifyServiceManager("STOPPING=1");
        server.Drain();
      }
    });
  }

 private:
  sigset_t set_ = {};
  std::thread thread_;
};

void Serve(const ServeFlags& flags) {
  CheckServerSettings(flags.settings);
  AllowManyFiles();
  Signals signals;
  std::vector<serve::ModelSource> sources;
  for (const std::string& path : flags.models) {
    sources.push_back({std::filesystem::path(path).stem().string(), path, !flags.no_verify});
  }
  Server server(flags.settings, sources, Log);
  signals.Serve(server);
  Log({{"level", "info"},
       {"event", "ready"},
       {"work", server.work_address()},
       {"control", server.control_address()},
       {"curve", !flags.settings.secret_key.empty()}});
  serve::NotifyServiceManager("READY=1");
  server.Run();
  Log({{"level", "info"}, {"event", "end"}});
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
  command->add_option("--bind", s.bind, "Address for requests, as tcp://127.0.0.1:5555 or ipc://path");
  command->add_option("--control", s.control, "Address for control (default: the next port)");
  command->add_option("--secret-key", s.secret_key, "The server's key (tritwise keys): only encrypted connections");
  command->add_option("--allow", s.allow, "A file with the keys that may connect (default: all)");
  command->add_flag("--insecure", s.insecure, "Plain connections from other machines too");
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
