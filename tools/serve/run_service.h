// A service as a program: its log on standard error, signals, and what the service manager is told.
#pragma once

#include <csignal>
#include <string>
#include <thread>

#include <CLI/CLI.hpp>

#include "tools/serve/service.h"

namespace tritwise::serve {

// One JSON object a line on standard error, with the time in front.
void LogLine(Json line);

// Signals in a thread of their own: TERM and INT drain, HUP reloads. A second TERM or INT ends at once. To be made
// before any other thread is there.
class Signals {
 public:
  Signals();
  ~Signals();
  Signals(const Signals&) = delete;
  Signals& operator=(const Signals&) = delete;

  void Watch(Service& service);

 private:
  sigset_t set_ = {};
  std::thread thread_;
};

// Serves until the service ends.
void RunService(Service& service, Signals& signals);

// The flags about clients that every service has.
void AddServiceFlags(CLI::App& command, ServiceSettings& settings);

}  // namespace tritwise::serve
