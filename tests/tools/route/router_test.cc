// What clients see through a router: the same protocol, and no more of the workers than has to be.
#include "tests/tools/route/router_fixture.h"

#include "tests/tools/serve/key_folder.h"

namespace tritwise::test {
namespace {

// One text at a time, and none that waits.
serve::ServerSettings OneAtATime() {
  serve::ServerSettings settings;
  settings.sequences = 1;
  settings.queue = 0;
  return settings;
}

}  // namespace

TEST_CASE("a text through a router is the worker's") {
  const ServerRun worker;
  const RouterRun router({&worker});
  Client direct(worker.work());
  direct.Send(GenerateRequest("a", "hello", 30));
  const std::string text = direct.Text("a");
  Client client(router.work());
  client.Send(GenerateRequest("a", "hello", 30));
  CHECK(client.Text("a") == text);
  CHECK(client.last["reason"] == "length");
  CHECK(client.last["usage"]["tokens"] == 30);
}

TEST_CASE("a long text comes whole, though a worker may be only so far ahead") {
  const ServerRun worker({}, 4000);
  const RouterRun router({&worker});
  Client client(router.work());
  client.Send(GenerateRequest("a", "hello", 1500));
  client.Text("a");
  CHECK(client.last["usage"]["tokens"] == 1500);
}

TEST_CASE("scores, ids and texts come from a worker") {
  const ServerRun worker;
  const RouterRun router({&worker});
  Client client(router.work());
  CHECK(client.Ask({{"type", "score"}, {"id", "1"}, {"prompt", "abc def"}})["logprobs"].size() > 1);
  Client control(router.control());
  const Json ids = control.Ask({{"type", "tokenize"}, {"id", "2"}, {"text", "hello"}})["ids"];
  CHECK(control.Ask({{"type", "detokenize"}, {"id", "3"}, {"ids", ids}})["text"] == "hello");
}

TEST_CASE("the models of all workers are served by name") {
  const ServerRun a({}, 96, "a");
  const ServerRun b({}, 128, "b");
  const RouterRun router({&a, &b});
  Client client(router.work());
  const Json models = client.Ask({{"type", "models"}, {"id", "1"}})["models"];
  REQUIRE(models.size() == 2);
  CHECK(models[1]["context"] == 128);
  CHECK(client.Ask(GenerateRequest("x", "hello", 3))["code"] == "unknown_model");
  Json request = GenerateRequest("y", "hello", 3);
  request["model"] = "b";
  client.Send(request);
  CHECK(!client.Text("y").empty());
  CHECK(router.Stat("worker_requests_total", "worker=" + b.work()) == 1.0);
  CHECK(router.Stat("worker_requests_total", "worker=" + a.work()) == 0.0);
}

TEST_CASE("requests under way are shared among workers") {
  const ServerRun a;
  const ServerRun b;
  const RouterRun router({&a, &b});
  Client client(router.work());
  for (int i = 0; i < 6; ++i) client.Send(HeldRequest("r" + std::to_string(i)));
  CHECK(ServiceRun::Soon([&] { return router.Health()["running"] == 6; }));
  CHECK(router.RunningAt(a.work()) == 3);
  CHECK(router.RunningAt(b.work()) == 3);
}

TEST_CASE("one client's requests go to one worker while there is room, and take over what it computed") {
  const ServerRun a;
  const ServerRun b;
  const RouterRun router({&a, &b});
  Client client(router.work());
  for (int i = 0; i < 6; ++i) {
    Json request = GenerateRequest("r" + std::to_string(i), "hello, said again and again", 3);
    request["client"] = "me";
    client.Send(request);
    client.Text(request["id"]);
    if (i > 0) CHECK(client.last["usage"]["cached_tokens"] > 0);
  }
  const double at_a = router.Stat("worker_requests_total", "worker=" + a.work());
  const double at_b = router.Stat("worker_requests_total", "worker=" + b.work());
  CHECK(std::max(at_a, at_b) == 6.0);
  CHECK(std::min(at_a, at_b) == 0.0);
}

TEST_CASE("a request is cancelled through a router") {
  const ServerRun worker({}, 100000);
  const RouterRun router({&worker});
  Client client(router.work());
  Json request = GenerateRequest("long", "hello", 4000);
  request["client"] = "me";
  client.Send(request);
  CHECK(client.Receive()["type"] == "delta");
  Client control(router.control());
  CHECK(control.Ask({{"type", "cancel"}, {"id", "1"}, {"client", "me"}, {"request", "long"}})["found"] == true);
  Json reply = client.Receive();
  while (reply["type"] == "delta") reply = client.Receive();
  CHECK(reply["reason"] == "cancelled");
  CHECK(reply["usage"]["tokens"].get<int>() < 4000);
  CHECK(control.Ask({{"type", "cancel"}, {"id", "2"}, {"client", "me"}, {"request", "long"}})["found"] == false);
}

TEST_CASE("a text waits for credit at the worker") {
  const ServerRun worker;
  const RouterRun router({&worker});
  Client client(router.work());
  const Json request = WithCredit(HeldRequest("a"), 2);
  client.Send(request);
  CHECK(client.Receive()["seq"] == 0);
  CHECK(client.Receive()["seq"] == 1);
  CHECK(client.Receive(std::chrono::milliseconds(200)).is_null());
  CHECK(GiveCredit(router.control(), "a", 1)["found"] == true);
  CHECK(client.Receive()["seq"] == 2);
  CHECK(client.Receive(std::chrono::milliseconds(200)).is_null());
  GiveCredit(router.control(), "a", 100);
  Json reply = client.Receive();
  while (reply["type"] == "delta") reply = client.Receive();
  CHECK(reply["usage"]["tokens"] == 10);
}

TEST_CASE("credit that comes before the first delta is not lost") {
  const ServerRun worker;
  const RouterRun router({&worker});
  for (int i = 0; i < 20; ++i) {
    const std::string id = "r" + std::to_string(i);
    Client client(router.work());
    client.Send(HeldRequest(id, 3));
    client.Send({{"type", "credit"}, {"id", "c"}, {"client", "me"}, {"request", id}, {"credit", 100}});
    Json reply = client.Receive();
    while (reply["type"] != "finish") reply = client.Receive();
    CHECK(reply["usage"]["tokens"] == 3);
  }
}

TEST_CASE("a deadline holds through a router") {
  const ServerRun worker;
  const RouterRun router({&worker});
  Client client(router.work());
  Json request = HeldRequest("a");
  request["deadline_ms"] = 50;
  client.Send(request);
  client.Text("a");
  CHECK(client.last["reason"] == "deadline");
}

TEST_CASE("a router answers the same request again without a worker") {
  const ServerRun worker;
  const RouterRun router({&worker});
  Json request = GenerateRequest("a", "hello", 20);
  request["client"] = "me";
  Client first(router.work());
  first.Send(request);
  const std::string text = first.Text("a");
  Client second(router.work());
  second.Send(request);
  CHECK(second.Text("a") == text);
  CHECK(router.Stat("worker_requests_total", "worker=" + worker.work()) == 1.0);
  request["max_tokens"] = 21;
  CHECK(second.Ask(request)["code"] == "id_reused");
}

TEST_CASE("a request that one worker has no room for goes to another") {
  const ServerRun full(OneAtATime());
  const ServerRun free;
  Client direct(full.work());
  direct.Send(HeldRequest("mine"));
  CHECK(ServiceRun::Soon([&] { return full.Stat("running") == 1.0; }));
  const RouterRun router({&full, &free});
  Client client(router.work());
  for (int i = 0; i < 4; ++i) client.Send(HeldRequest("r" + std::to_string(i)));
  CHECK(ServiceRun::Soon([&] { return router.RunningAt(free.work()) == 4; }));
  CHECK(router.Stat("retried_total", "reason=busy") > 0.0);
  GiveCredit(router.control(), "r3", 100);
  client.Text("r3");
  CHECK(client.last["usage"]["tokens"] == 10);
}

TEST_CASE("where every worker is busy the client hears when to come back") {
  const ServerRun a(OneAtATime());
  const ServerRun b(OneAtATime());
  const RouterRun router({&a, &b});
  Client client(router.work());
  client.Send(HeldRequest("r0"));
  client.Send(HeldRequest("r1"));
  CHECK(ServiceRun::Soon([&] { return a.Stat("running") + b.Stat("running") == 2.0; }));
  const Json reply = client.Ask(HeldRequest("r2"));
  CHECK(reply["code"] == "busy");
  CHECK(reply["retry_after_ms"].is_number_integer());
  GiveCredit(router.control(), "r0", 100);
  client.Text("r0");
  const Json again = WithCredit(HeldRequest("r2"), 100);  // an error leaves the id free
  client.Send(again);
  client.Text("r2");
  CHECK(client.last["usage"]["tokens"] == 10);
}

TEST_CASE("a router takes so many requests and no more") {
  const ServerRun worker;
  route::RouterSettings settings;
  settings.requests = 2;
  const RouterRun router({&worker}, settings);
  Client client(router.work());
  client.Send(HeldRequest("r0"));
  client.Send(HeldRequest("r1"));
  CHECK(client.Ask(HeldRequest("r2"))["message"] == "2 requests are under way");
}

TEST_CASE("what is wrong in a request is said through a router too, and the connection goes on") {
  const ServerRun worker;
  const RouterRun router({&worker});
  Client client(router.work());
  const auto code = [&](const Json& request) { return client.Ask(request)["code"]; };
  CHECK(code({{"type", "generate"}, {"id", "a"}}) == "bad_request");
  Json request = GenerateRequest("a", "x", 3);
  request["max_tokns"] = 3;
  CHECK(code(request) == "bad_request");
  CHECK(code(GenerateRequest("a", "x", 1 << 30)) == "bad_request");
  CHECK(code(GenerateRequest("a", std::string(500, 'q'), 3)) == "too_large");
  request = GenerateRequest("a", "x", 3);
  request["model"] = "another";
  CHECK(code(request) == "unknown_model");
  CHECK(code({{"type", "walk"}, {"id", "a"}}) == "bad_request");
  for (const std::vector<std::string>& frames : std::vector<std::vector<std::string>>{
           {"tritwise/2", "{}"}, {"tritwise/1", "{"}, {"tritwise/1", "[]", "x"}, std::vector<std::string>(500, "z")}) {
    client.SendFrames(frames);
    CHECK(client.Receive()["type"] == "error");
  }
  client.Send(GenerateRequest("a", "hello", 3));
  CHECK(!client.Text("a").empty());
}

TEST_CASE("a request that grows on its way beyond what a worker takes is refused, and the worker stays") {
  const ServerRun worker;
  route::RouterSettings settings;
  settings.max_message = 4096;
  const RouterRun router({&worker}, settings);
  Client client(router.work());
  Json request = GenerateRequest("a", "", 3);
  request["prompt"] = std::string(4096 - request.dump().size(), 'x');
  CHECK(client.Ask(request)["code"] == "too_large");
  client.Send(GenerateRequest("b", "hello", 3));
  CHECK(!client.Text("b").empty());
}

TEST_CASE("a router has keys of its own towards clients and workers, and limits by key") {
  const KeyFolder theirs;
  theirs.Allow();
  const KeyFolder ours;
  ours.Allow("max_requests = 1\nmax_tokens = 10\n");
  const ServerRun worker(theirs.Settings(true));
  route::RouterSettings settings;
  static_cast<serve::ServiceSettings&>(settings) = ours.Settings(true);
  settings.worker_secret_key = theirs.Path("friend.secret");
  const RouterRun router({{worker.work(), worker.control(), theirs.Path("server.public")}}, settings);
  Client control(router.control(), ours.friendly, ours.server.public_key);
  CHECK(ServiceRun::Soon([&] { return control.Ask({{"type", "health"}, {"id", "h"}})["status"] == "ok"; }));
  Client client(router.work(), ours.friendly, ours.server.public_key);
  CHECK(client.Ask(GenerateRequest("a", "hello", 11))["code"] == "bad_request");
  Json request = GenerateRequest("b", "hello", 0);
  request.erase("max_tokens");
  client.Send(request);
  client.Text("b");
  CHECK(client.last["usage"]["tokens"] == 10);
  client.Send(HeldRequest("c"));
  CHECK(client.Ask(GenerateRequest("d", "hello", 5))["code"] == "busy");
  CHECK(control.Ask({{"type", "drain"}, {"id", "1"}})["code"] == "forbidden");
}

TEST_CASE("a worker that does not know the router's key is told apart from one that is not there") {
  const KeyFolder keys;
  keys.Allow();
  const ServerRun worker(keys.Settings(true));
  route::RouterSettings settings;
  settings.worker_secret_key = keys.Path("stranger.secret");
  const RouterRun router({{worker.work(), worker.control(), keys.Path("server.public")}}, settings);
  CHECK(ServiceRun::Soon([&] {
    const Json state = router.Worker(worker.work());
    return state["why"].get<std::string>().find("are the keys right?") != std::string::npos;
  }));
  CHECK(router.Health()["status"] == "no_worker");
}

}  // namespace tritwise::test
