// Clients that misbehave or vanish, keys, and the server's own end and renewal.
#include <sys/stat.h>

#include <filesystem>
#include <fstream>

#include "tests/tools/serve/key_folder.h"
#include "tests/tools/serve/server_fixture.h"
#include "trainer/error.h"

namespace tritwise::test {
namespace {

constexpr std::chrono::milliseconds kShort{300};

}  // namespace

TEST_CASE("a frame over the limit closes its connection and no other") {
  serve::ServerSettings settings;
  settings.max_message = 4096;
  const ServerRun run(settings);
  Client good(run.work());
  CHECK(good.Ask({{"type", "health"}, {"id", "1"}})["status"] == "ok");
  Client huge(run.work());
  huge.SendFrames({"tritwise/1", std::string(1 << 20, 'x')});
  CHECK(huge.Receive(kShort).is_null());
  CHECK(good.Ask({{"type", "health"}, {"id", "2"}})["status"] == "ok");
}

TEST_CASE("connections that say nothing right do not keep others from being served") {
  const ServerRun run;
  zmq::context_t context;
  std::vector<zmq::socket_t> raw;
  for (int i = 0; i < 100; ++i) {  // bytes that are no handshake
    raw.emplace_back(context, ZMQ_STREAM);
    raw.back().set(zmq::sockopt::linger, 0);
    raw.back().connect(run.work());
    zmq::message_t id;
    raw.back().set(zmq::sockopt::rcvtimeo, 2000);
    if (!raw.back().recv(id)) continue;
    raw.back().send(zmq::buffer(id.to_string()), zmq::send_flags::sndmore);
    raw.back().send(zmq::str_buffer("GET / HTTP/1.1\r\n\r\n"), zmq::send_flags::none);
  }
  Client client(run.work());
  client.Send(GenerateRequest("a", "hello", 5));
  CHECK(!client.Text("a").empty());
}

TEST_CASE("hundreds of connections come and go while one is served") {
  const ServerRun run({}, 4000);
  Client steady(run.work());
  steady.Send(GenerateRequest("a", "hello", 1000));
  for (int i = 0; i < 300; ++i) {
    Client passing(run.work());
    passing.Send(GenerateRequest("p", "hello", 1000));
  }
  steady.Text("a");
  CHECK(steady.last["usage"]["tokens"] == 1000);
}

TEST_CASE("the request of a client that is gone ends") {
  const ServerRun run({}, 100000);
  {
    Client client(run.work());
    client.Send(GenerateRequest("a", "hello", 4000));
    client.Receive();
  }
  CHECK(ServerRun::Soon([&] { return run.Stat("finished_total", "reason=cancelled") == 1.0; }));
}

TEST_CASE("the request of a client that is gone ends, though it waits for credit") {
  const ServerRun run;
  {
    Client client(run.work());
    client.Send(WithCredit(GenerateRequest("a", "hello", 50), 2));
    CHECK(client.Receive()["type"] == "delta");
    CHECK(client.Receive()["type"] == "delta");  // the last: no other will be sent
  }
  CHECK(ServerRun::Soon([&] { return run.Stat("finished_total", "reason=cancelled") == 1.0; }));
  CHECK(run.Stat("clients_lost_total") == 1.0);
}

TEST_CASE("a connection that waits for a reply gets keep-alives") {
  const ServerRun run;
  Client client(run.work());
  client.Send(WithCredit(GenerateRequest("a", "hello", 50), 1));
  CHECK(client.Receive()["type"] == "delta");
  zmq::message_t frame;
  for (int i = 0; i < 2; ++i) {
    REQUIRE(client.socket().recv(frame));
    CHECK(frame.to_string() == "tritwise/1");
    CHECK(!frame.more());
  }
}

TEST_CASE("a client that does not read is cancelled in time, and others are served meanwhile") {
  serve::ServerSettings settings;
  settings.slow_reader_s = 0.5;
  settings.sequences = 16;
  const ServerRun run(settings, 4000);
  Client slow(run.work(), Room::kLittle);
  // What lies between must be full: ids are in every delta.
  for (char i = '0'; i <= '9'; ++i) slow.Send(GenerateRequest(std::string(63, 'a') + i, "hello", 3900));
  CHECK(ServerRun::Soon([&] { return run.Stat("tokens_total") > 100.0; }));
  Client other(run.work());
  other.Send(GenerateRequest("b", "hello", 20));
  CHECK(!other.Text("b").empty());
  CHECK(ServerRun::Soon([&] { return run.Logged("slow_reader"); }, std::chrono::seconds(600)));
  CHECK(ServerRun::Soon([&] { return run.Stat("running") == 0.0; }));
}

TEST_CASE("a text whose client gives no more credit is cancelled in the end") {
  serve::ServerSettings settings;
  settings.credit_s = 0.2;
  settings.sequences = 1;
  const ServerRun run(settings);
  Client forgetful(run.work());
  forgetful.Send(WithCredit(GenerateRequest("a", "hello", 50), 2));
  CHECK(forgetful.Receive()["type"] == "delta");
  CHECK(forgetful.Receive()["type"] == "delta");
  Client other(run.work());
  other.Send(GenerateRequest("b", "hello", 5));
  CHECK(!other.Text("b").empty());
  CHECK(run.Logged("out_of_credit"));
}

TEST_CASE("credit that comes in time keeps a text") {
  serve::ServerSettings settings;
  settings.credit_s = 20.0;
  const ServerRun run(settings);
  Client client(run.work());
  Json request = WithCredit(GenerateRequest("a", "hello", 6), 2);
  request["client"] = "me";
  client.Send(request);
  CHECK(client.Receive()["type"] == "delta");
  CHECK(client.Receive()["type"] == "delta");
  Client control(run.control());
  control.Ask({{"type", "credit"}, {"id", "1"}, {"client", "me"}, {"request", "a"}, {"credit", 10}});
  Json last = client.Receive();
  while (last["type"] == "delta") last = client.Receive();
  CHECK(last["reason"] == "length");
  CHECK(!run.Logged("out_of_credit"));
}

TEST_CASE("only keys of the list may connect") {
  const KeyFolder keys;
  keys.Allow();
  const ServerRun run(keys.Settings(true));
  Client stranger(run.work(), keys.stranger, keys.server.public_key);
  stranger.Send({{"type", "health"}, {"id", "1"}});
  CHECK(stranger.Receive(kShort).is_null());
  Client plain(run.work());
  plain.Send({{"type", "health"}, {"id", "1"}});
  CHECK(plain.Receive(kShort).is_null());
  Client wrong_server(run.work(), keys.friendly, keys.stranger.public_key);
  wrong_server.Send({{"type", "health"}, {"id", "1"}});
  CHECK(wrong_server.Receive(kShort).is_null());
  Client allowed(run.work(), keys.friendly, keys.server.public_key);
  CHECK(allowed.Ask({{"type", "health"}, {"id", "1"}})["status"] == "ok");
}

TEST_CASE("without a list every key that knows the server's may connect") {
  const KeyFolder keys;
  const ServerRun run(keys.Settings(false));
  Client client(run.work(), keys.stranger, keys.server.public_key);
  client.Send(GenerateRequest("a", "hello", 3));
  CHECK(!client.Text("a").empty());
}

TEST_CASE("a key has its own limits, and only an admin's drains") {
  const KeyFolder keys;
  keys.Allow("max_requests = 1\nmax_tokens = 10\n");
  serve::ServerSettings settings = keys.Settings(true);
  settings.drain_s = 0.1;
  const ServerRun run(settings);
  Client client(run.work(), keys.friendly, keys.server.public_key);
  CHECK(client.Ask(GenerateRequest("a", "hello", 11))["code"] == "bad_request");
  client.Send(WithCredit(GenerateRequest("b", "hello", 10), 0));
  CHECK(client.Ask(GenerateRequest("c", "hello", 5))["code"] == "busy");
  Client control(run.control(), keys.friendly, keys.server.public_key);
  CHECK(control.Ask({{"type", "drain"}, {"id", "1"}})["code"] == "forbidden");
}

TEST_CASE("one key cannot reach another's requests") {
  const KeyFolder keys;
  keys.Allow("[[key]]\nname = \"other\"\npublic = \"" + keys.stranger.public_key + "\"\nadmin = true\n");
  const ServerRun run(keys.Settings(true));
  Client owner(run.work(), keys.friendly, keys.server.public_key);
  Json request = WithCredit(GenerateRequest("a", "hello", 10), 1);
  request["client"] = "me";
  owner.Send(request);
  owner.Receive();
  Client other(run.control(), keys.stranger, keys.server.public_key);
  CHECK(other.Ask({{"type", "cancel"}, {"id", "1"}, {"client", "me"}, {"request", "a"}})["found"] == false);
  CHECK(other.Ask({{"type", "drain"}, {"id", "2"}})["type"] == "result");
  Client control(run.control(), keys.friendly, keys.server.public_key);
  CHECK(control.Ask({{"type", "cancel"}, {"id", "1"}, {"client", "me"}, {"request", "a"}})["found"] == true);
}

TEST_CASE("plain connections from other machines need to be asked for") {
  serve::ServerSettings settings;
  settings.bind = "tcp://0.0.0.0:5555";
  CHECK_THROWS_AS(CheckServerSettings(settings), Error);
  settings.insecure = true;
  CheckServerSettings(settings);
  settings.insecure = false;
  settings.secret_key = "some file";
  CheckServerSettings(settings);
  settings.bind = "nonsense";
  CHECK_THROWS_WITH(CheckServerSettings(settings), Catch::Contains("not an address"));
  settings = {};
  settings.bind = "ipc:///tmp/x";
  CheckServerSettings(settings);
  settings.control = "tcp://192.0.2.1:7";
  CHECK_THROWS_AS(CheckServerSettings(settings), Error);
}

TEST_CASE("secret keys that others may read are refused") {
  const KeyFolder keys;
  chmod(keys.Path("server.secret").c_str(), 0644);
  CHECK_THROWS_WITH(serve::ReadSecretKey(keys.Path("server.secret")), Catch::Contains("chmod 600"));
  CHECK_THROWS_AS(serve::MakeKeys(keys.Path("server")), Error);  // never over one that is there
}

TEST_CASE("draining refuses new work, finishes what was accepted, then ends") {
  serve::ServerSettings settings;
  settings.drain_s = 300.0;
  const ServerRun run(settings, 4000);
  Client client(run.work());
  client.Send(GenerateRequest("a", "hello", 500));
  CHECK(client.Receive()["type"] == "delta");
  run.server->Drain();
  CHECK(ServerRun::Soon([&] { return run.Logged("draining"); }));
  Client late(run.work());
  const Json refused = late.Ask(GenerateRequest("b", "hello", 5));
  if (!run.ended) CHECK(refused["code"] == "draining");
  Json reply = client.Receive();
  while (reply["type"] == "delta") reply = client.Receive();
  CHECK(reply["usage"]["tokens"] == 500);
  CHECK(ServerRun::Soon([&] { return run.ended.load(); }));
}

TEST_CASE("what is not finished when draining has taken too long is cancelled") {
  serve::ServerSettings settings;
  settings.drain_s = 0.1;
  const ServerRun run(settings);
  Client client(run.work());
  Json request = WithCredit(GenerateRequest("a", "hello", 10), 0);  // would wait for ever
  client.Send(request);
  CHECK(ServerRun::Soon([&] { return run.Stat("running") == 1.0; }));
  run.server->Drain();
  client.Text("a");
  CHECK(client.last["reason"] == "cancelled");
  CHECK(ServerRun::Soon([&] { return run.ended.load(); }));
}

TEST_CASE("reloading changes the model for new requests and drops nobody") {
  const ServerRun run({}, 4000);
  Client client(run.work());
  Json request = WithCredit(GenerateRequest("a", "hello", 2000), 5);
  request["client"] = "me";
  client.Send(request);
  for (int i = 0; i < 5; ++i) client.Receive();
  WriteTextModel(run.path, true, 128);
  run.server->Reload();
  CHECK(ServerRun::Soon([&] { return run.Logged("reloaded"); }));
  Client other(run.control());
  CHECK(other.Ask({{"type", "models"}, {"id", "1"}})["models"][0]["context"] == 128);
  other.Ask({{"type", "credit"}, {"id", "2"}, {"client", "me"}, {"request", "a"}, {"credit", 1 << 20}});
  Json reply = client.Receive();
  while (reply["type"] == "delta") reply = client.Receive();
  CHECK(reply["usage"]["tokens"] == 2000);
}

TEST_CASE("a model that cannot be loaded anew leaves the old one") {
  const ServerRun run;
  std::ofstream(run.path + ".new") << "no model";
  std::filesystem::rename(run.path + ".new", run.path);  // never into a file that is mapped
  run.server->Reload();
  CHECK(ServerRun::Soon([&] { return run.Logged("reload"); }));
  Client client(run.work());
  client.Send(GenerateRequest("a", "hello", 5));
  CHECK(!client.Text("a").empty());
}

TEST_CASE("an address that is taken is named") {
  const ServerRun run;
  serve::ServerSettings settings;
  settings.bind = run.work();
  settings.control = "tcp://127.0.0.1:*";
  CHECK_THROWS_WITH(serve::Server(settings, {{"text", run.path, true}}, [](const Json&) {}),
                    Catch::Contains(run.work()));
}

}  // namespace tritwise::test
