// One of the servers behind the router: the connection to it, what it said about itself, and what it has to do.
//
// It is asked how it is doing again and again, and may be absent, come back or hang: requests that it had then end with
// code `unreachable`, and whoever gave them decides what becomes of them.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "tools/client/client.h"
#include "tools/route/settings.h"
#include "tools/serve/service.h"

namespace tritwise::route {

class Worker {
 public:
  // Does not wait for a connection. Throws Error.
  Worker(const WorkerSource& source, const RouterSettings& settings, serve::Service::LogFn log);

  const WorkerSource& source() const { return source_; }
  const std::string& name() const { return source_.address; }
  // "ok", "draining", or "gone".
  std::string status() const { return !there_ ? "gone" : draining_ ? "draining" : "ok"; }
  std::string why_gone() const { return silent_ ? "it does not answer" : client_->Unreachable(); }
  // Its models have been named at least once; they stay known while it is gone.
  bool heard() const { return heard_; }
  // By name, each as in a reply to `models`.
  const std::map<std::string, Json>& models() const { return models_; }
  Json ModelNames() const;
  bool CanServe(const std::string& model) const { return there_ && !draining_ && models_.count(model) != 0; }
  void SetDraining() { draining_ = true; }  // until it says otherwise

  // Requests that the router gave it, and such as it has from elsewhere, by what it said last.
  size_t under_way() const { return under_way_.size(); }
  size_t others() const { return others_; }

  // `request` has an id. Throws Error where it is larger than a worker takes.
  void Say(Json request, std::string binary);
  void Cancel(const std::string& id) { client_->Cancel(id); }
  void Grant(const std::string& id, int64_t deltas) { client_->Grant(id, deltas); }

  void AddPollItems(std::vector<zmq::pollitem_t>* items) { client_->AddPollItems(items); }
  // Replies to what was said, without waiting for any.
  std::vector<Reply> Take(Clock::time_point now);

 private:
  void Connect();
  void Probe(Clock::time_point now);
  void TakeProbe(const std::string& id, const Json& reply);
  void SetThere(bool there);

  WorkerSource source_;
  ClientOptions options_;
  std::chrono::duration<double> probe_;
  std::chrono::duration<double> silence_;
  serve::Service::LogFn log_;
  std::unique_ptr<Client> client_;
  std::set<std::string> under_way_;  // ids

  bool there_ = false;   // connected, and has said what it is
  bool silent_ = false;  // was lost because it left a question unanswered
  bool heard_ = false;
  bool draining_ = false;
  size_t others_ = 0;
  std::map<std::string, Json> models_;
  std::set<std::string> probes_;  // ids without a reply
  Clock::time_point asked_ = {};
};

}  // namespace tritwise::route
