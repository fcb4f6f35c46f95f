// The server of models: what comes in at the front goes as jobs to the engines, and what comes of them goes out again.
#pragma once

#include <atomic>
#include <memory>
#include <string>
#include <thread>
#include <unordered_map>
#include <vector>

#include "tools/serve/engine_thread.h"
#include "tools/serve/requests.h"
#include "tools/serve/service.h"

namespace tritwise::serve {

// A model file and the name by which clients ask for it.
struct ModelSource {
  std::string name;
  std::string path;
  bool verify = true;
};

class Server : public Service {
 public:
  // Loads the models, binds the sockets. Throws Error. Reload() loads them anew: requests under way finish with the old
  // model; where one cannot be loaded, the old one stays.
  Server(const ServerSettings& settings, std::vector<ModelSource> sources, LogFn log);
  ~Server() override;

 private:
  struct Served {
    ModelSource source;
    std::shared_ptr<EngineThread> engine;
  };
  struct Running {
    std::shared_ptr<EngineThread> engine;
    ResultShape shape;
  };

  void AddPollItems(std::vector<zmq::pollitem_t>* /*items*/) override {}  // engines set wake_
  void TakeEvents() override;
  void Begin(const Request& request, const Exchange& exchange, int64_t most_tokens) override;
  void Cancel(JobId job) override;
  void Grant(JobId job, int64_t deltas) override;
  void Hold(JobId job, bool held) override;
  std::optional<Json> Answer(const Request& request) override;
  Json Health() override;
  void Measure() override;
  void Tend(Clock::time_point now) override;
  void Renew() override;

  void LoadModels();
  std::shared_ptr<EngineThread> StartEngine(const ModelSource& source) const;
  Served& ModelNamed(const std::string& name);
  EngineLoad Load() const;
  template <class Visit>
  void ForEachEngine(const Visit& visit) const;

  ServerSettings settings_;
  std::vector<ModelSource> sources_;
  std::vector<Served> models_;
  std::vector<std::shared_ptr<EngineThread>> retired_;  // with requests that still run
  EngineCounts past_;                                   // of engines that are gone
  std::unordered_map<JobId, Running> running_;

  std::thread loader_;
  std::atomic<bool> loaded_{false};
  std::vector<std::shared_ptr<EngineThread>> fresh_;  // of loader_, one for each model; null where it failed
  std::vector<std::string> load_errors_;
};

}  // namespace tritwise::serve
