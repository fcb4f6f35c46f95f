// The client against a real server, and through a relay that breaks connections.
#include "tools/client/client.h"

#include <catch2/catch.hpp>

#include <thread>

#include "tests/tools/client/relay.h"
#include "tests/tools/serve/server_fixture.h"
#include "trainer/error.h"

namespace tritwise {
namespace {

using test::Relay;
using test::ServerRun;

ClientOptions For(const ServerRun& run) {
  ClientOptions options;
  options.address = ParseAddress(run.work(), run.control());
  return options;
}

Json Prompt(const std::string& prompt, int tokens) { return {{"prompt", prompt}, {"max_tokens", tokens}}; }

// All replies until each of `open` requests has ended, by id.
std::map<std::string, std::vector<Json>> All(Client& client, size_t open) {
  std::map<std::string, std::vector<Json>> all;
  const auto end = Clock::now() + std::chrono::seconds(30);
  while (open > 0 && Clock::now() < end) {
    for (const Reply& reply : client.Poll(Milliseconds(100))) {
      all[reply.id].push_back(reply.json);
      if (reply.last) --open;
    }
  }
  return all;
}

std::string TextOf(const std::vector<Json>& replies) {
  std::string text;
  for (const Json& reply : replies) text += reply.value("text", "");
  return text;
}

TEST_CASE("A text comes in pieces and ends with its finish") {
  const ServerRun run;
  Client client(For(run));
  std::string text;
  const Json finish = client.Generate(Prompt("ab", 20), [&](const Json* delta) {
    if (delta != nullptr) text += delta->value("text", "");
    return true;
  });
  CHECK(finish["reason"] == "length");
  CHECK(finish["usage"]["tokens"] == 20);
  CHECK_FALSE(text.empty());
}

TEST_CASE("Many requests at once get each its own text") {
  const ServerRun run;
  Client client(For(run));
  std::vector<std::string> ids;
  for (int i = 0; i < 12; ++i) {
    Json request = Prompt(std::string(1, static_cast<char>('a' + i)), 10);
    request["type"] = "generate";
    ids.push_back(client.Send(request));
  }
  auto together = All(client, ids.size());
  REQUIRE(together.size() == ids.size());
  for (int i = 0; i < 12; ++i) {
    Json request = Prompt(std::string(1, static_cast<char>('a' + i)), 10);
    request["type"] = "generate";
    const std::string id = client.Send(request);
    CHECK(TextOf(All(client, 1)[id]) == TextOf(together[ids[static_cast<size_t>(i)]]));
  }
}

TEST_CASE("A cancelled request ends as cancelled") {
  const ServerRun run({}, 1 << 15);
  Client client(For(run));
  int deltas = 0;
  const Json finish = client.Generate(Prompt("ab", 4000), [&](const Json* delta) {
    if (delta != nullptr) ++deltas;
    return deltas == 0;
  });
  CHECK(finish["reason"] == "cancelled");
  CHECK(finish["usage"]["tokens"] < 4000);
}

TEST_CASE("Cancelling reaches a request that was sent a moment ago, and one that was not") {
  const ServerRun run({}, 1 << 15);
  Client client(For(run));
  Json request = Prompt("ab", 4000);
  request["type"] = "generate";
  for (int i = 0; i < 20; ++i) {
    const std::string id = client.Send(request);
    if (i % 2 == 0) client.Poll(Milliseconds(0));
    client.Cancel(id);
    const auto replies = All(client, 1);
    REQUIRE(replies.count(id) == 1);
    CHECK(replies.at(id).back()["reason"] == "cancelled");
  }
}

TEST_CASE("What the server refuses is one line") {
  const ServerRun run;
  Client client(For(run));
  Json request = Prompt("ab", 10);
  request["model"] = "other";
  CHECK_THROWS_WITH(client.Generate(request, [](const Json*) { return true; }), Catch::Contains("unknown_model"));
  CHECK_THROWS_AS(client.Ask({{"type", "nonsense"}}, Milliseconds(5000)), Error);
  request["prompt"] = std::string(2 << 20, 'a');
  CHECK_THROWS_WITH(client.Generate(request, [](const Json*) { return true; }), Catch::Contains("at most 1048576"));
  CHECK(client.Ask({{"type", "health"}}, Milliseconds(5000))["status"] == "ok");
}

TEST_CASE("Where nobody answers, a request ends when its time is over") {
  ClientOptions options;
  options.address = ParseAddress("ipc:///nonexistent/tritwise");
  options.give_up = Milliseconds(200);
  Client client(options);
  const auto begin = Clock::now();
  CHECK_THROWS_WITH(client.Generate(Prompt("a", 1), [](const Json*) { return true; }),
                    Catch::Contains("no server answers at ipc:///nonexistent/tritwise"));
  CHECK(Clock::now() - begin < std::chrono::seconds(3));
}

TEST_CASE("Encrypted connections need the server's key") {
  const test::TempDir folder;
  const std::string name = (folder.path() / "server").string();
  const std::string own = (folder.path() / "own").string();
  serve::MakeKeys(name);
  serve::MakeKeys(own);
  serve::ServerSettings settings;
  settings.secret_key = name + ".secret";
  const ServerRun run(settings);
  ClientOptions options = For(run);
  options.give_up = Milliseconds(3000);
  SECTION("right") {
    options.give_up = Milliseconds(60000);  // a handshake takes long where everything does
    options.curve = Curve{serve::ReadPublicKey(name + ".public"), serve::ReadSecretKey(own + ".secret")};
    Client client(options);
    CHECK(client.Ask({{"type", "health"}}, Milliseconds(60000))["status"] == "ok");
  }
  SECTION("another server's") {
    options.curve = Curve{serve::ReadPublicKey(own + ".public"), serve::ReadSecretKey(own + ".secret")};
    Client client(options);
    CHECK_THROWS_AS(client.Ask({{"type", "health"}}, Milliseconds(5000)), Error);
  }
  SECTION("none") {
    Client client(options);
    CHECK_THROWS_WITH(client.Ask({{"type", "health"}}, Milliseconds(5000)), Catch::Contains("keys"));
  }
}

TEST_CASE("A text goes on where it was after its connection broke") {
  const ServerRun run({}, 4096);
  Client direct(For(run));
  std::string expected;
  direct.Generate(Prompt("ab", 1500), [&](const Json* delta) {
    if (delta != nullptr) expected += delta->value("text", "");
    return true;
  });

  Relay relay(run.work());
  ClientOptions options = For(run);
  options.address = ParseAddress(relay.address(), run.control());
  Client client(options);
  std::string text;
  int deltas = 0;
  int breaks = 0;
  const Json finish = client.Generate(Prompt("ab", 1500), [&](const Json* delta) {
    if (delta == nullptr) return true;
    text += delta->value("text", "");
    if (++deltas == 2 || deltas == 4) {
      relay.Break();
      ++breaks;
    }
    return true;
  });
  CHECK(breaks == 2);
  CHECK(relay.connections() >= 2);
  CHECK(finish["reason"] == "length");
  CHECK(text == expected);
}

TEST_CASE("What came before a connection broke is read, and its request is not said again") {
  const ServerRun run({}, 4096);
  Relay relay(run.work());
  ClientOptions options = For(run);
  options.address = ParseAddress(relay.address(), run.control());
  Client client(options);
  Json request = Prompt("ab", 1500);
  request["type"] = "generate";
  client.Send(request);
  std::vector<Reply> replies;
  const auto take = [&] {
    for (Reply& reply : client.Poll(Milliseconds(10))) replies.push_back(std::move(reply));
  };
  REQUIRE(ServerRun::Soon([&] { return take(), !replies.empty(); }));
  const std::chrono::seconds patience(1200);  // emulated vectors take minutes for it
  REQUIRE(ServerRun::Soon([&] { return run.Stat("finished_total", "reason=length") == 1.0; }, patience));
  relay.BreakWhenQuiet();
  std::this_thread::sleep_for(Milliseconds(100));  // for the client's side to see it
  REQUIRE(ServerRun::Soon([&] { return take(), replies.back().last; }));
  CHECK(replies.back().json["usage"]["tokens"] == 1500);
  CHECK(client.repetitions() == 0);
}

// What clients connect to, made again at the same place each time.
struct Listener {
  explicit Listener(const Address& address) {
    work.bind(address.work);
    control.bind(address.control);
  }
  zmq::context_t context;
  zmq::socket_t work{context, zmq::socket_type::router};
  zmq::socket_t control{context, zmq::socket_type::router};
};

TEST_CASE("Connections that break by the hundred are all made again") {
  const test::TempDir folder;
  ClientOptions options;
  options.address = ParseAddress("ipc://" + (folder.path() / "socket").string());
  options.context = std::make_shared<zmq::context_t>();
  std::vector<std::unique_ptr<Client>> clients;
  for (int i = 0; i < 100; ++i) clients.push_back(std::make_unique<Client>(options));
  const auto connected = [&] {
    size_t count = 0;
    for (const auto& client : clients) {
      client->Take();
      count += client->connected() ? 1 : 0;
    }
    return count;
  };
  for (int round = 0; round < 10; ++round) {
    INFO(round);
    {
      const Listener listener(options.address);
      REQUIRE(ServerRun::Soon([&] { return connected() == clients.size(); }));
    }
    REQUIRE(ServerRun::Soon([&] { return connected() == 0; }));
  }
}

TEST_CASE("Wake ends a Poll from another thread") {
  const ServerRun run;
  Client client(For(run));
  std::thread other([&] {
    std::this_thread::sleep_for(Milliseconds(50));
    client.Wake();
  });
  const auto begin = Clock::now();
  CHECK(client.Poll(Milliseconds(20000)).empty());
  CHECK(Clock::now() - begin < std::chrono::seconds(10));
  other.join();
}

}  // namespace
}  // namespace tritwise
