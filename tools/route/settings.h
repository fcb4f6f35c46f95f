// What `tritwise route` is told, by flags and by a recipe (route.toml): flags win, workers of both are taken.
#pragma once

#include <string>
#include <vector>

#include "tools/serve/settings.h"

namespace tritwise::route {

// A server behind the router.
struct WorkerSource {
  std::string address;     // for requests
  std::string control;     // empty: as a server's
  std::string server_key;  // file with its public key; empty: no CURVE

  template <class Self, class Visitor>
  static void Visit(Self& self, Visitor&& field) {
    field("address", self.address);
    field("control", self.control);
    field("server_key", self.server_key);
  }
  bool operator==(const WorkerSource&) const = default;
};

struct RouterSettings : serve::ServiceSettings {
  std::string worker_secret_key;  // file of the router's key towards workers; empty: secret_key
  int64_t requests = 256;         // under way at a time
  double probe_s = 1.0;           // between questions how a worker is doing
  double silence_s = 10.0;        // a worker that leaves one unanswered for so long is lost
  std::vector<WorkerSource> workers;
  std::string recipe;  // where they can be read anew

  template <class Self, class Visitor>
  static void Visit(Self& self, Visitor&& field) {
    serve::ServiceSettings::Visit(self, field);
    field("worker_secret_key", self.worker_secret_key);
    field("requests", self.requests);
    field("probe_s", self.probe_s);
    field("silence_s", self.silence_s);
  }
};

// The section [router] of a TOML file into `settings`; keys that are not there keep their value. Returns its tables
// [[worker]]. Throws Error.
std::vector<WorkerSource> ReadRouterSettings(const std::string& path, RouterSettings& settings);
// Throws Error for values out of range, workers that are named twice or have no address, and keys that do not fit.
void CheckRouterSettings(const RouterSettings& settings);
void CheckWorkers(const std::vector<WorkerSource>& workers, const RouterSettings& settings);

}  // namespace tritwise::route
