#include "tools/route/settings.h"

#include <algorithm>

#include "tools/client/address.h"
#include "tools/serve/keys.h"
#include "trainer/recipe/section_reader.h"
#include "trainer/recipe/toml.h"

namespace tritwise::route {
namespace {

template <class Fields>
void ReadSection(const toml::table& table, const char* name, const std::string& path, Fields& fields) {
  SectionReader reader(table, name, path);
  Fields::Visit(fields, reader);
  reader.RefuseOthers();
}

}  // namespace

std::vector<WorkerSource> ReadRouterSettings(const std::string& path, RouterSettings& settings) {
  const toml::table root = ParseToml(ReadTomlText(path, "the router's settings"), path);
  std::vector<WorkerSource> workers;
  for (const auto& [key, node] : root) {
    if (key.str() == "router" && node.is_table()) {
      ReadSection(*node.as_table(), "router", path, settings);
    } else if (key.str() == "worker" && node.is_array_of_tables()) {
      for (const toml::node& element : *node.as_array()) {
        ReadSection(*element.as_table(), "worker", path, workers.emplace_back());
      }
    } else {
      throw Error(TomlPlace(path, node.source()) + ": " + std::string(key.str()) +
                  ": there are only a section [router] and tables [[worker]]");
    }
  }
  return workers;
}

void CheckRouterSettings(const RouterSettings& s) {
  serve::CheckServiceSettings(s);
  serve::CheckRange("requests", static_cast<double>(s.requests), 1, 1 << 20);
  serve::CheckRange("probe_s", s.probe_s, 0.01, 3600);
  serve::CheckRange("silence_s", s.silence_s, 0.01, 3600);
  CheckWorkers(s.workers, s);
}

void CheckWorkers(const std::vector<WorkerSource>& workers, const RouterSettings& settings) {
  constexpr size_t kMostWorkers = 64;  // each has two threads of ZeroMQ's
  if (workers.size() > kMostWorkers) throw Error("there can be " + std::to_string(kMostWorkers) + " workers at most");
  for (const WorkerSource& worker : workers) {
    if (worker.address.empty()) throw Error("a worker needs an address");
    ParseAddressOnly(worker.address, worker.control);
    if (std::count_if(workers.begin(), workers.end(), [&](const auto& w) { return w.address == worker.address; }) > 1) {
      throw Error("worker " + worker.address + " is there twice");
    }
    if (worker.server_key.empty()) continue;
    serve::ReadPublicKey(worker.server_key);
    if (settings.worker_secret_key.empty() && settings.secret_key.empty()) {
      throw Error("worker " + worker.address + " has a key: the router needs one too (worker_secret_key)");
    }
  }
}

}  // namespace tritwise::route
