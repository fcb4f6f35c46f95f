// The router: several servers behind one address. To its clients it is a server (service.h), to its workers a client.
//
// A request goes to the worker that has the model and the fewest requests of the router's under way; among equals to
// the one with the fewest from elsewhere, and among those to the one that this client's requests go to when all are
// idle, because a text that begins alike is computed faster there. What a worker refuses (busy, draining) goes to
// another, as does what it had when it was lost, as long as nothing of the reply was handed on.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "tools/route/settings.h"
#include "tools/route/worker.h"
#include "tools/serve/service.h"

namespace tritwise::route {

class Router : public serve::Service {
 public:
  // Binds the sockets; does not wait for workers. Reload() reads those of the recipe anew. Throws Error.
  Router(const RouterSettings& settings, LogFn log);

 private:
  using JobId = serve::JobId;
  using RequestError = serve::RequestError;

  // What a worker computes for an exchange.
  struct Task {
    Json request;  // null after the first reply: it cannot be said again
    std::string binary;
    std::string model;
    std::string home;  // of whom: the same goes to the same worker
    Clock::time_point deadline = {};
    std::shared_ptr<Worker> worker;
    std::set<std::string> tried;      // workers that had it
    int lost = 0;                     // of them that were lost
    std::optional<int64_t> retry_ms;  // soonest of those that are busy
    bool cancelled = false;
    // Deltas: what the client allows, what the worker may send, what has come.
    int64_t credit = 0;
    int64_t granted = 0;
    int64_t received = 0;
    bool held = false;
  };

  void AddPollItems(std::vector<zmq::pollitem_t>* items) override;
  void TakeEvents() override;
  void Begin(const Request& request, const serve::Exchange& exchange, int64_t most_tokens) override;
  void Cancel(JobId job) override;
  void Grant(JobId job, int64_t deltas) override;
  void Hold(JobId job, bool held) override;
  std::optional<Json> Answer(const Request& request) override;
  Json Health() override;
  void Measure() override;
  void Tend(Clock::time_point now) override;
  void Renew() override;

  // As the settings and the recipe say; those that stay are not touched. Throws Error.
  void SetWorkers();
  Json ModelsJson() const;
  // What a request without a name means. Throws RequestError.
  std::string ModelNamed(const std::string& name) const;
  Task MakeTask(const Request& request, const serve::Exchange& exchange) const;
  std::shared_ptr<Worker> Choose(const Task& task) const;
  // Gives it to a worker; throws RequestError where there is none.
  void Place(Task& task);
  void PlaceAgain(serve::Exchange& exchange, Task& task, const std::string& reason);
  void TakeReply(Worker& worker, Reply reply);
  void TakeLoss(serve::Exchange& exchange, Task& task);
  void End(serve::Exchange& exchange, const Json& reply);
  void GrantMore(JobId job, Task& task);

  RouterSettings settings_;
  std::vector<std::shared_ptr<Worker>> workers_;
  std::vector<std::shared_ptr<Worker>> leaving_;  // no longer in the recipe, with requests that still run
  std::map<JobId, Task> tasks_;
};

}  // namespace tritwise::route
