#include "tools/serve/run_service.h"

#include <pthread.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <ctime>

#include "tools/machine/machine.h"
#include "tools/serve/notify.h"

namespace tritwise::serve {
namespace {

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

}  // namespace

void LogLine(Json line) {
  Json full = {{"time", TimeNow()}};
  full.update(line);
  std::fprintf(stderr, "%s\n", full.dump(-1, ' ', false, Json::error_handler_t::replace).c_str());
}

Signals::Signals() {
  sigemptyset(&set_);
  for (const int signal : {SIGTERM, SIGINT, SIGHUP, SIGUSR1}) sigaddset(&set_, signal);
  pthread_sigmask(SIG_BLOCK, &set_, nullptr);
  std::signal(SIGPIPE, SIG_IGN);
}

Signals::~Signals() {
  if (!thread_.joinable()) return;
  pthread_kill(thread_.native_handle(), SIGUSR1);
  thread_.join();
}

void Signals::Watch(Service& service) {
  thread_ = std::thread([this, &service] {
    for (bool draining = false;;) {
      int signal = 0;
      sigwait(&set_, &signal);
      if (signal == SIGUSR1) return;
      if (signal == SIGHUP) {
        service.Reload();
        continue;
      }
      if (draining) std::_Exit(1);
      draining = true;
      NotifyServiceManager("STOPPING=1");
      service.Drain();
    }
  });
}

void RunService(Service& service, Signals& signals) {
  AllowManyFiles();  // each connection is one
  signals.Watch(service);
  LogLine({{"level", "info"},
           {"event", "ready"},
           {"work", service.work_address()},
           {"control", service.control_address()},
           {"curve", service.curve()}});
  NotifyServiceManager("READY=1");
  service.Run();
  LogLine({{"level", "info"}, {"event", "end"}});
}

void AddServiceFlags(CLI::App& command, ServiceSettings& settings) {
  command.add_option("--bind", settings.bind, "Address for requests, as tcp://127.0.0.1:5555 or ipc://path");
  command.add_option("--control", settings.control, "Address for control (default: the next port)");
  command.add_option("--secret-key", settings.secret_key,
                     "The server's key (tritwise keys): only encrypted connections");
  command.add_option("--allow", settings.allow, "A file with the keys that may connect (default: all)");
  command.add_flag("--insecure", settings.insecure, "Plain connections from other machines too");
}

}  // namespace tritwise::serve
