// Workers that come, go, hang and talk nonsense, and clients that go while a worker computes for them.
#include <filesystem>
#include <fstream>
#include <optional>

#include "tests/tools/client/relay.h"
#include "tests/tools/route/odd_worker.h"
#include "tests/tools/route/router_fixture.h"

namespace tritwise::test {
namespace {

// Of a worker whose connection can be broken.
route::WorkerSource Through(const Relay& relay, const ServerRun& worker) {
  return {relay.address(), worker.control(), ""};
}

route::WorkerSource Direct(const ServerRun& worker) { return {worker.work(), worker.control(), ""}; }

// One that is reachable no more, and its address.
std::pair<std::string, std::string> FreeAddress() {
  const ServerRun worker;
  return {worker.work(), worker.control()};
}

}  // namespace

TEST_CASE("without a worker the answer is busy, not wrong") {
  const RouterRun router(std::vector<route::WorkerSource>{}, {});
  Client client(router.work());
  const Json reply = client.Ask(GenerateRequest("a", "hello", 3));
  CHECK(reply["code"] == "busy");
  CHECK(reply["retry_after_ms"] == 1000);
  CHECK(client.Ask({{"type", "tokenize"}, {"id", "t"}, {"text", "x"}})["code"] == "busy");
  CHECK(client.Ask({{"type", "models"}, {"id", "m"}})["models"].empty());
  CHECK(router.Health()["status"] == "no_worker");
}

TEST_CASE("a worker that comes later is found") {
  const auto [work, control] = FreeAddress();
  const RouterRun router({{work, control, ""}}, {});
  CHECK(router.StatusOf(work) == "gone");
  serve::ServerSettings settings;
  settings.bind = work;
  settings.control = control;
  const ServerRun worker(settings);
  CHECK(ServiceRun::Soon([&] { return router.StatusOf(work) == "ok"; }));
  Client client(router.work());
  client.Send(GenerateRequest("a", "hello", 5));
  CHECK(!client.Text("a").empty());
}

TEST_CASE("a worker that ends finishes what it has, and the others get the rest") {
  auto ending = std::make_unique<ServerRun>();
  const ServerRun other;
  const RouterRun router({ending.get(), &other});
  Client client(router.work());
  client.Send(HeldRequest("r0"));
  client.Send(HeldRequest("r1"));
  CHECK(ServiceRun::Soon([&] { return router.RunningAt(ending->work()) == 1; }));
  const std::string address = ending->work();
  ending->server->Drain();
  CHECK(ServiceRun::Soon([&] { return router.StatusOf(address) == "draining"; }));
  for (const char* id : {"r2", "r3"}) client.Send(HeldRequest(id));
  CHECK(ServiceRun::Soon([&] { return router.RunningAt(other.work()) == 3; }));
  for (const char* id : {"r0", "r1", "r2", "r3"}) {
    GiveCredit(router.control(), id, 100);
    client.Text(id);
    CHECK(client.last["usage"]["tokens"] == 10);
  }
  ending.reset();
  CHECK(ServiceRun::Soon([&] { return router.StatusOf(address) == "gone"; }));
  CHECK(router.Health()["status"] == "ok");
}

TEST_CASE("what a lost worker had said nothing of goes to another") {
  const ServerRun lost;
  const ServerRun other;
  auto relay = std::make_unique<Relay>(lost.work());
  const std::string address = relay->address();
  const RouterRun router({Through(*relay, lost), Direct(other)}, {});
  CHECK(ServiceRun::Soon([&] { return router.StatusOf(address) == "ok" && router.StatusOf(other.work()) == "ok"; }));
  Client client(router.work());
  client.Send(HeldRequest("r0"));
  client.Send(HeldRequest("r1"));
  CHECK(ServiceRun::Soon([&] { return lost.Stat("running") == 1.0; }));
  relay.reset();
  CHECK(ServiceRun::Soon([&] { return router.RunningAt(other.work()) == 2; }));
  CHECK(router.Stat("retried_total", "reason=worker_lost") == 1.0);
  for (const char* id : {"r0", "r1"}) {
    GiveCredit(router.control(), id, 100);
    client.Text(id);
    CHECK(client.last["usage"]["tokens"] == 10);
  }
}

TEST_CASE("a text whose worker is lost ends with worker_lost, and is computed anew when it is said again") {
  const ServerRun worker({}, 4000);
  Client direct(worker.work());
  direct.Send(GenerateRequest("w", "hello", 50));
  const std::string text = direct.Text("w");
  Relay relay(worker.work());
  const RouterRun router({Through(relay, worker)}, {});
  CHECK(ServiceRun::Soon([&] { return router.StatusOf(relay.address()) == "ok"; }));
  Client client(router.work());
  const Json request = WithCredit(HeldRequest("a", 50), 3);
  client.Send(request);
  for (int i = 0; i < 3; ++i) CHECK(client.Receive()["seq"] == i);
  relay.Break();
  const Json reply = client.Receive();
  CHECK(reply["code"] == "worker_lost");
  CHECK(reply["id"] == "a");
  CHECK(ServiceRun::Soon([&] { return router.StatusOf(relay.address()) == "ok"; }));
  client.Send(request);
  CHECK(client.Receive()["seq"] == 0);
  GiveCredit(router.control(), "a", 1000);
  Json last = client.Receive();
  while (last["type"] == "delta") last = client.Receive();
  CHECK(last["usage"]["tokens"] == 50);
  CHECK(!text.empty());
}

TEST_CASE("a worker stops computing for a router that is gone") {
  const ServerRun worker({}, 100000);
  Client client(worker.work());
  {
    Relay relay(worker.work());
    const RouterRun router({Through(relay, worker)}, {});
    CHECK(ServiceRun::Soon([&] { return router.StatusOf(relay.address()) == "ok"; }));
    Client through(router.work());
    through.Send(GenerateRequest("a", "hello", 4000));
    CHECK(through.Receive()["type"] == "delta");
    relay.Break();
    CHECK(ServiceRun::Soon([&] { return worker.Stat("finished_total", "reason=cancelled") == 1.0; }));
  }
}

TEST_CASE("a request that was cancelled is not said to another worker") {
  const OddWorker deaf(OddWorker::kDeaf);
  route::RouterSettings settings;
  settings.silence_s = 0.5;
  const RouterRun router({deaf.source()}, settings);
  CHECK(ServiceRun::Soon([&] { return router.StatusOf(deaf.source().address) == "ok"; }));
  Client client(router.work());
  client.Send(HeldRequest("a"));
  CHECK(client.Ask({{"type", "cancel"}, {"id", "1"}, {"client", "me"}, {"request", "a"}})["found"] == true);
  const Json reply = client.Receive();
  CHECK(reply["reason"] == "cancelled");
  CHECK(reply["usage"]["tokens"] == 0);
}

TEST_CASE("a worker that hangs loses what it has to another") {
  const OddWorker deaf(OddWorker::kDeaf);
  const ServerRun other;
  route::RouterSettings settings;
  settings.silence_s = 0.5;
  const RouterRun router({deaf.source(), Direct(other)}, settings);
  Client client(router.work());
  for (int i = 0; i < 2; ++i) {
    const std::string id = "r" + std::to_string(i);
    CHECK(ServiceRun::Soon([&] { return router.StatusOf(other.work()) == "ok"; }));
    client.Send(GenerateRequest(id, "hello", 5));
    CHECK(!client.Text(id).empty());
  }
  CHECK(ServiceRun::Soon([&] { return router.Logged("worker_gone"); }));
}

TEST_CASE("a worker that talks nonsense ends its request and not the router") {
  const OddWorker odd(OddWorker::kNonsense);
  const RouterRun router({odd.source()}, {});
  CHECK(ServiceRun::Soon([&] { return router.StatusOf(odd.source().address) == "ok"; }));
  Client client(router.work());
  const Json reply = client.Ask(GenerateRequest("a", "hello", 5));
  CHECK(reply["code"] == "internal");
  CHECK(reply["message"].get<std::string>().find(odd.source().address) != std::string::npos);
  CHECK(router.Health()["status"] == "ok");
}

TEST_CASE("workers are added and taken out by reading the recipe again") {
  const ServerRun first;
  const ServerRun second;
  const TempDir folder;
  route::RouterSettings settings;
  settings.recipe = (folder.path() / "route.toml").string();
  const auto write = [&](const std::string& text) {
    std::ofstream(settings.recipe + ".new") << text;
    std::filesystem::rename(settings.recipe + ".new", settings.recipe);
  };
  const auto worker = [](const ServerRun& run) {
    return "[[worker]]\naddress = \"" + run.work() + "\"\ncontrol = \"" + run.control() + "\"\n";
  };
  write(worker(first));
  const RouterRun router(std::vector<route::WorkerSource>{}, settings);
  CHECK(ServiceRun::Soon([&] { return router.StatusOf(first.work()) == "ok"; }));
  Client client(router.work());
  client.Send(HeldRequest("old"));
  CHECK(ServiceRun::Soon([&] { return first.Stat("running") == 1.0; }));

  write(worker(second));
  router.server->Reload();
  CHECK(ServiceRun::Soon([&] { return router.StatusOf(second.work()) == "ok"; }));
  CHECK(router.StatusOf(first.work()).empty());
  client.Send(HeldRequest("new"));
  CHECK(ServiceRun::Soon([&] { return second.Stat("running") == 1.0; }));
  for (const char* id : {"old", "new"}) {
    GiveCredit(router.control(), id, 100);
    client.Text(id);
    CHECK(client.last["usage"]["tokens"] == 10);
  }

  write("[[worker]]\nnonsense = 1\n");
  router.server->Reload();
  CHECK(ServiceRun::Soon([&] { return router.Logged("reload"); }));
  CHECK(router.StatusOf(second.work()) == "ok");
}

TEST_CASE("the request of a client that is gone ends at its worker") {
  const ServerRun worker({}, 100000);
  const RouterRun router({&worker});
  {
    Client client(router.work());
    client.Send(GenerateRequest("a", "hello", 4000));
    client.Receive();
  }
  CHECK(ServiceRun::Soon([&] { return worker.Stat("finished_total", "reason=cancelled") == 1.0; }));
}

TEST_CASE("a client that does not read makes its worker wait, then is cancelled") {
  route::RouterSettings settings;
  settings.slow_reader_s = 0.5;
  serve::ServerSettings many;
  many.sequences = 16;
  const ServerRun worker(many, 4000);
  const RouterRun router({&worker}, settings);
  Client slow(router.work(), Room::kLittle);
  // What lies between must be full: ids are in every delta.
  for (char i = '0'; i <= '9'; ++i) slow.Send(GenerateRequest(std::string(63, 'a') + i, "hello", 3900));
  CHECK(ServiceRun::Soon([&] { return worker.Stat("tokens_total") > 100.0; }));
  Client other(router.work());
  other.Send(GenerateRequest("b", "hello", 20));
  CHECK(!other.Text("b").empty());
  CHECK(ServiceRun::Soon([&] { return router.Logged("slow_reader"); }, std::chrono::seconds(600)));
  CHECK(ServiceRun::Soon([&] { return worker.Stat("running") == 0.0; }));
}

TEST_CASE("a router that drains finishes what was accepted, then ends, and its workers stay") {
  const ServerRun worker;
  const RouterRun router({&worker});
  Client client(router.work());
  client.Send(HeldRequest("a"));
  CHECK(ServiceRun::Soon([&] { return worker.Stat("running") == 1.0; }));
  router.server->Drain();
  CHECK(ServiceRun::Soon([&] { return router.Logged("draining"); }));
  client.Text("a");  // its credit never comes
  CHECK(client.last["reason"] == "cancelled");
  CHECK(ServiceRun::Soon([&] { return router.ended.load(); }));
  CHECK(Client(worker.control()).Ask({{"type", "health"}, {"id", "h"}})["status"] == "ok");
}

}  // namespace tritwise::test
