// A real router in a thread, and what it says about its workers.
#pragma once

#include <algorithm>
#include <initializer_list>

#include "tests/tools/serve/server_fixture.h"
#include "tools/route/router.h"

namespace tritwise::test {

class RouterRun : public ServiceRun {
 public:
  explicit RouterRun(std::initializer_list<const ServiceRun*> workers, route::RouterSettings settings = {}) {
    for (const ServiceRun* worker : workers) settings.workers.push_back({worker->work(), worker->control(), ""});
    Start(settings);
    for (const ServiceRun* worker : workers) REQUIRE(Soon([&] { return StatusOf(worker->work()) == "ok"; }));
  }
  // Workers that need not be there.
  RouterRun(const std::vector<route::WorkerSource>& workers, route::RouterSettings settings) {
    settings.workers = workers;
    Start(settings);
  }

  Json Health() const { return Client(control()).Ask({{"type", "health"}, {"id", "h"}}); }
  Json Worker(const std::string& address) const {
    const Json health = Health();
    for (const Json& worker : health["workers"]) {
      if (worker["address"] == address) return worker;
    }
    return nullptr;
  }
  std::string StatusOf(const std::string& address) const {
    const Json worker = Worker(address);
    return worker.is_null() ? "" : worker["status"].get<std::string>();
  }
  int RunningAt(const std::string& address) const { return Worker(address)["running"].get<int>(); }

 private:
  void Start(route::RouterSettings& settings) {
    if (settings.drain_s == route::RouterSettings().drain_s) settings.drain_s = 0.2;
    ForTests(settings);
    if (settings.probe_s == route::RouterSettings().probe_s) settings.probe_s = 0.05;
    Begin(std::make_unique<route::Router>(settings, Log()));
  }
};

// A text that sends nothing before it is given credit.
inline Json HeldRequest(const std::string& id, int tokens = 10) {
  Json request = WithCredit(GenerateRequest(id, "hello", tokens), 0);
  request["client"] = "me";
  return request;
}

inline Json GiveCredit(const std::string& control, const std::string& id, int64_t credit) {
  Client client(control);
  return client.Ask({{"type", "credit"}, {"id", "c"}, {"client", "me"}, {"request", id}, {"credit", credit}});
}

}  // namespace tritwise::test
