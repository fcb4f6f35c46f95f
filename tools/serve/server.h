// The server: what comes in at the front goes as jobs to the engines, and what comes of them goes out again. One thread
// does all of this and never waits for a computation or a client.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "tools/serve/engine_thread.h"
#include "tools/serve/exchanges.h"
#include "tools/serve/front.h"
#include "tools/serve/metrics.h"
#include "tools/serve/settings.h"

namespace tritwise::serve {

// A model file and the name by which clients ask for it.
struct ModelSource {
  std::string name;
  std::string path;
  bool verify = true;
};

class Server {
 public:
  // Gets every line of the log: an object with "event" and what belongs to it.
  using LogFn = std::function<void(Json)>;

  // Loads the models, binds the sockets. Throws Error.
  Server(const ServerSettings& settings, std::vector<ModelSource> sources, LogFn log);
  ~Server();

  // Serves until everything is drained after Drain(). Throws Error.
  void Run();

  // From any thread: refuse new work, finish what was accepted (what takes longer than drain_s is cancelled), then end.
  void Drain();
  // From any thread: load the models and the list of keys anew. Requests under way finish with the old model; what
  // cannot be loaded is logged, and the old one stays.
  void Reload();

  const std::string& work_address() const { return front_.work_address(); }
  const std::string& control_address() const { return front_.control_address(); }

 private:
  struct Served {
    ModelSource source;
    std::shared_ptr<EngineThread> engine;
  };

  void Load();
  std::shared_ptr<EngineThread> StartEngine(const ModelSource& source) const;

  void Take(const Incoming& message);
  void Dispatch(const Incoming& message, RequestFields& fields, const std::string& id, const std::string& type);
  void Compute(const Incoming& message, RequestFields& fields, const std::string& id, const std::string& type);
  Json Control(const Incoming& message, RequestFields& fields, const std::string& type);
  Json StatsJson();
  Served& ModelNamed(const std::string& name);
  Owner OwnerOf(const Incoming& message, RequestFields& fields) const;

  // Answers from what there is of a request that was made before; false where there is none.
  bool Repeat(const Incoming& message, const Owner& owner, const std::string& id, size_t content);
  void TakeEvents();
  void HandOut(Exchange& exchange, Event event);
  void Grant(Exchange& exchange, int64_t deltas);
  void Deliver(Exchange& exchange, std::string json);
  void Flush(Exchange& exchange);
  void Detach(Exchange& exchange);
  void Reply(const Incoming& message, const Json& json);
  void ReplyError(const Incoming& message, const Json& id, const std::string& code, const std::string& text,
                  const Json& more = Json::object());

  // What has to be done from time to time. Returns whether all is over.
  bool Tend(Clock::time_point now);
  // Of what it does the part that costs time with every exchange that is remembered.
  void LookAtAll(Clock::time_point now);

  ServerSettings settings_;
  LogFn log_;
  std::shared_ptr<WakeUp> wake_ = std::make_shared<WakeUp>();
  Front front_;
  std::vector<ModelSource> sources_;
  std::vector<Served> models_;
  std::vector<std::shared_ptr<EngineThread>> retired_;  // with requests that still run
  EngineCounts past_;                                   // of engines that are gone
  Exchanges exchanges_;
  Metrics metrics_;
  JobId last_job_ = 0;
  Clock::time_point next_look_ = {};  // at all exchanges
  Clock::time_point begin_ = Clock::now();

  std::atomic<bool> drain_{false};
  std::atomic<bool> reload_{false};
  std::optional<Clock::time_point> draining_;  // since when
  bool cancelled_ = false;                     // what was left after drain_s
  std::thread loader_;
  std::atomic<bool> loaded_{false};
  std::vector<std::shared_ptr<EngineThread>> fresh_;  // of loader_, one for each model; null where it failed
  std::vector<std::string> load_errors_;
};

}  // namespace tritwise::serve
