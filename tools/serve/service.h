// What a server and a router have in common: the sockets at the front, the requests under way and who may have them,
// repetition, clients that do not read or are gone, and the end. One thread does all of this and never waits for a
// computation or a client. What computes is the deriving class's: engines here (server.h), other servers there
// (tools/route/router.h).
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "tools/serve/exchanges.h"
#include "tools/serve/front.h"
#include "tools/serve/metrics.h"
#include "tools/serve/settings.h"
#include "tools/serve/wake_up.h"

namespace tritwise::serve {

class Service {
 public:
  // Gets every line of the log: an object with "event" and what belongs to it.
  using LogFn = std::function<void(Json)>;

  virtual ~Service() = default;
  Service(const Service&) = delete;
  Service& operator=(const Service&) = delete;

  // Serves until everything is drained after Drain(). Throws Error.
  void Run();

  // From any thread: refuse new work, finish what was accepted (what takes longer than drain_s is cancelled), then end.
  void Drain();
  // From any thread: read again what can change, the list of keys for one. Requests under way are not affected; what
  // cannot be read is logged, and the old stays.
  void Reload();

  const std::string& work_address() const { return front_.work_address(); }
  const std::string& control_address() const { return front_.control_address(); }
  bool curve() const { return !settings_.secret_key.empty(); }

 protected:
  struct Request {
    const Incoming& message;
    RequestFields& fields;
    std::string id;
    std::string type;
  };

  // Binds the sockets. Throws Error.
  Service(const ServiceSettings& settings, LogFn log);

  // What else the thread waits for, and what it does with that.
  virtual void AddPollItems(std::vector<zmq::pollitem_t>* items) = 0;
  virtual void TakeEvents() = 0;
  // Begins to compute; hands its replies out later. `most_tokens`: that the request may ask for. Throws RequestError.
  virtual void Begin(const Request& request, const Exchange& exchange, int64_t most_tokens) = 0;
  // Of jobs under way: the job ends as cancelled, may send more deltas, should pause or go on.
  virtual void Cancel(JobId job) = 0;
  virtual void Grant(JobId job, int64_t deltas) = 0;
  virtual void Hold(JobId job, bool held) = 0;
  // The rest of the reply to a request that does not compute; none where it comes later. Throws RequestError.
  virtual std::optional<Json> Answer(const Request& request) = 0;
  // Keys of `health` and metrics of `stats` that are the deriving class's.
  virtual Json Health() = 0;
  virtual void Measure() = 0;
  // Now and then; and when Reload was called.
  virtual void Tend(Clock::time_point now) = 0;
  virtual void Renew() = 0;

  // Hands a reply of the exchange's job out, without id and seq: these are put in. One that is no delta ends it.
  void HandOut(Exchange& exchange, const Json& reply);
  // For requests that do not compute and are answered later.
  JobId NextJob() { return ++last_job_; }

  LogFn log_;
  std::shared_ptr<WakeUp> wake_ = std::make_shared<WakeUp>();
  Exchanges exchanges_;
  Metrics metrics_;

 private:
  void Take(const Incoming& message);
  void Dispatch(const Request& request);
  void Compute(const Request& request);
  std::optional<Json> Control(const Request& request);
  Json Stats();
  Owner OwnerOf(const Request& request) const;

  // Answers from what there is of a request that was made before; false where there is none.
  bool Repeat(const Incoming& message, const Owner& owner, const std::string& id, size_t content);
  void Credit(Exchange& exchange, int64_t deltas);
  void Deliver(Exchange& exchange, std::string json);
  void Flush(Exchange& exchange);
  void Detach(Exchange& exchange);
  void Respond(const Incoming& message, const Json& json);
  void ReplyError(const Incoming& message, const Json& id, const RequestError& error);

  void Reread();
  // What costs time with every exchange that is remembered.
  void LookAtAll(Clock::time_point now);
  // Whether all is over.
  bool Drained(Clock::time_point now);

  ServiceSettings settings_;
  Front front_;
  JobId last_job_ = 0;
  Clock::time_point next_look_ = {};  // at all exchanges
  Clock::time_point begin_ = Clock::now();
  std::atomic<bool> drain_{false};
  std::atomic<bool> reload_{false};
  std::optional<Clock::time_point> draining_;  // since when
  bool cancelled_ = false;                     // what was left after drain_s
};

}  // namespace tritwise::serve
