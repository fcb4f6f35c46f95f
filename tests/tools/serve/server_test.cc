// The protocol over real sockets: what every client can rely on.
#include "tests/tools/serve/server_fixture.h"

namespace tritwise::test {

TEST_CASE("a generated text comes in numbered deltas and ends with usage") {
  const ServerRun run;
  Client client(run.work());
  client.Send(GenerateRequest("a", "hello", 12));
  const std::string text = client.Text("a");
  CHECK(!text.empty());
  CHECK(client.last["type"] == "finish");
  CHECK(client.last["reason"] == "length");
  CHECK(client.last["usage"]["tokens"] == 12);
  CHECK(client.last["usage"]["prompt_tokens"].get<int>() > 1);
}

TEST_CASE("clients at the same time get what each would get alone") {
  const ServerRun run;
  std::vector<std::string> alone;
  for (int i = 0; i < 6; ++i) {
    Client client(run.work());
    client.Send(GenerateRequest("x", "prompt " + std::to_string(i), 30));
    alone.push_back(client.Text("x"));
  }
  std::vector<std::unique_ptr<Client>> clients;
  for (int i = 0; i < 6; ++i) {
    clients.push_back(std::make_unique<Client>(run.work()));
    clients.back()->Send(GenerateRequest("x", "prompt " + std::to_string(i), 30));
  }
  for (size_t i = 0; i < 6; ++i) CHECK(clients[i]->Text("x") == alone[i]);
}

TEST_CASE("one connection can have many requests under way") {
  const ServerRun run;
  Client client(run.work());
  for (const char* id : {"a", "b", "c"}) client.Send(GenerateRequest(id, "hello", 10));
  std::map<std::string, std::string> texts;
  for (size_t ended = 0; ended < 3;) {
    const Json reply = client.Receive();
    REQUIRE(reply.is_object());
    if (reply["type"] == "delta") texts[reply["id"]] += reply["text"].get<std::string>();
    if (reply["type"] == "finish") ++ended;
  }
  CHECK(texts["a"] == texts["b"]);
  CHECK(texts["a"] == texts["c"]);
}

TEST_CASE("texts become ids and come back") {
  const ServerRun run;
  Client client(run.control());
  const Json ids = client.Ask({{"type", "tokenize"}, {"id", "1"}, {"text", "hello"}})["ids"];
  CHECK(client.Ask({{"type", "detokenize"}, {"id", "2"}, {"ids", ids}})["text"] == "hello");
  const Json with_begin = client.Ask({{"type", "tokenize"}, {"id", "3"}, {"text", "hello"}, {"begin", true}})["ids"];
  CHECK(with_begin.size() == ids.size() + 1);
}

TEST_CASE("a completion is scored after its prompt") {
  const ServerRun run;
  Client client(run.work());
  const Json all = client.Ask({{"type", "score"}, {"id", "1"}, {"prompt", "abc def"}});
  CHECK(all["logprobs"].size() == all["ids"].size());
  CHECK(all["logprobs"][0].is_null());
  CHECK(all["tokens"].get<size_t>() == all["ids"].size() - 1);
  const Json part = client.Ask({{"type", "score"}, {"id", "2"}, {"prompt", "abc"}, {"completion", " def"}});
  double sum = 0.0;
  for (const Json& logprob : part["logprobs"]) sum += logprob.is_null() ? 0.0 : logprob.get<double>();
  CHECK(part["sum"].get<double>() == Approx(sum));
  CHECK(part["tokens"].get<size_t>() < part["ids"].size());
}

TEST_CASE("a text that is to be JSON is JSON when it ends by itself") {
  const ServerRun run({}, 4000);
  Client client(run.work());
  int whole = 0;
  for (int seed = 1; seed <= 20; ++seed) {
    Json request = GenerateRequest("j" + std::to_string(seed), "hello", 200);
    request["format"] = "json";
    request["temperature"] = 1.0;
    request["seed"] = seed;
    client.Send(request);
    const std::string text = client.Text(request["id"]);
    if (client.last["reason"] != "end") continue;
    ++whole;
    INFO(text);
    CHECK(Json::accept(text));
  }
  CHECK(whole > 0);
}

TEST_CASE("messages need a template in the model") {
  const ServerRun run;
  Client client(run.work());
  Json request = {{"type", "generate"}, {"id", "a"}, {"messages", {{{"role", "user"}, {"content", "hello"}}}}};
  CHECK(client.Ask(request)["code"] == "not_supported");
  CHECK(client.Ask({{"type", "models"}, {"id", "m"}})["models"][0]["chat"] == false);
}

TEST_CASE("models, health and stats are answered on both sockets") {
  const ServerRun run;
  for (const std::string& address : {run.work(), run.control()}) {
    Client client(address);
    CHECK(client.Ask({{"type", "health"}, {"id", "1"}})["status"] == "ok");
    const Json models = client.Ask({{"type", "models"}, {"id", "2"}})["models"];
    REQUIRE(models.size() == 1);
    CHECK(models[0]["name"] == "text");
    CHECK(models[0]["context"] == 96);
    const Json stats = client.Ask({{"type", "stats"}, {"id", "3"}});
    CHECK(stats["stats"]["requests_total"].contains("type=health"));
    CHECK(stats["prometheus"].get<std::string>().find("# TYPE tritwise_requests_total counter") != std::string::npos);
  }
}

TEST_CASE("wrong requests are answered by an error that says what is wrong, and the connection goes on") {
  const ServerRun run;
  Client client(run.work());
  const auto code = [&](const Json& request) { return client.Ask(request)["code"]; };
  CHECK(code({{"type", "generate"}, {"id", "a"}}) == "bad_request");
  CHECK(code({{"type", "generate"}, {"id", "a"}, {"prompt", "x"}, {"ids", {1}}}) == "bad_request");
  CHECK(code({{"type", "generate"}, {"id", "a"}, {"prompt", 7}}) == "bad_request");
  CHECK(code({{"type", "generate"}, {"id", "a"}, {"ids", {1, 100000}}}) == "bad_request");
  CHECK(code({{"type", "generate"}, {"id", "a"}, {"ids", Json::array()}}) == "bad_request");
  for (const auto& [key, value] : std::vector<std::pair<std::string, Json>>{{"max_tokens", 0},
                                                                            {"max_tokens", 1.5},
                                                                            {"max_tokens", 1 << 30},
                                                                            {"temperature", -1},
                                                                            {"temperature", "hot"},
                                                                            {"top_p", 0},
                                                                            {"seed", -1},
                                                                            {"stop", {""}},
                                                                            {"stop", "x"},
                                                                            {"stream", 1},
                                                                            {"credit", -2},
                                                                            {"deadline_ms", -1},
                                                                            {"client", std::string(65, 'c')},
                                                                            {"format", "yaml"},
                                                                            {"max_tokns", 3}}) {
    Json request = GenerateRequest("a", "x", 3);
    request[key] = value;
    INFO(key << " " << value.dump());
    CHECK(code(request) == "bad_request");
  }
  CHECK(code(GenerateRequest("a", std::string(500, 'q'), 3)) == "too_large");
  Json other = GenerateRequest("a", "x", 3);
  other["model"] = "another";
  CHECK(code(other) == "unknown_model");
  CHECK(code({{"type", "classify"}, {"id", "a"}, {"rows", {{1}}}}) == "not_supported");
  CHECK(code({{"type", "walk"}, {"id", "a"}}) == "bad_request");
  CHECK(code({{"type", "health"}}) == "bad_request");
  CHECK(code({{"type", "health"}, {"id", ""}}) == "bad_request");
  CHECK(code({{"type", "health"}, {"id", std::string(65, 'i')}}) == "bad_request");
  CHECK(code(Json::array({1, 2})) == "bad_request");
  client.Send(GenerateRequest("a", "hello", 3));
  CHECK(!client.Text("a").empty());
}

TEST_CASE("frames that are no protocol are answered or ignored, and others are served") {
  const ServerRun run;
  Client client(run.work());
  client.SendFrames({"tritwise/2", "{}"});
  const Json reply = client.Receive();
  CHECK(reply["code"] == "unsupported_version");
  CHECK(reply["versions"] == Json::array({1}));
  CHECK(reply["id"].is_null());
  for (const std::vector<std::string>& frames :
       std::vector<std::vector<std::string>>{{""},
                                             {"tritwise/1"},
                                             {"tritwise/1", ""},
                                             {"tritwise/1", "{\"id\":\"\xFF\"}"},
                                             {"tritwise/1", "{", "x"},
                                             {"tritwise/1", "{}", "x", "y"},
                                             {"tritwise/1", std::string(100000, '[')},
                                             std::vector<std::string>(500, "z")}) {
    client.SendFrames(frames);
    CHECK(client.Receive()["type"] == "error");
  }
  CHECK(client.Ask({{"type", "health"}, {"id", "1"}})["status"] == "ok");
}

TEST_CASE("computing on the control socket is refused") {
  const ServerRun run;
  Client client(run.control());
  CHECK(client.Ask(GenerateRequest("a", "hello", 3))["code"] == "bad_request");
}

TEST_CASE("a request is cancelled from the control socket while others go on") {
  const ServerRun run({}, 4000);
  Client worker(run.work());
  Json request = GenerateRequest("long", "hello", 3000);
  request["client"] = "me";
  worker.Send(request);
  CHECK(worker.Receive()["type"] == "delta");
  Client control(run.control());
  CHECK(control.Ask({{"type", "cancel"}, {"id", "1"}, {"client", "me"}, {"request", "long"}})["found"] == true);
  Json reply = worker.Receive();
  while (reply["type"] == "delta") reply = worker.Receive();
  CHECK(reply["reason"] == "cancelled");
  CHECK(reply["usage"]["tokens"].get<int>() < 3000);
  CHECK(control.Ask({{"type", "cancel"}, {"id", "2"}, {"client", "me"}, {"request", "long"}})["found"] == false);
  CHECK(control.Ask({{"type", "cancel"}, {"id", "3"}, {"client", "you"}, {"request", "long"}})["found"] == false);
}

TEST_CASE("credit is granted over the control socket") {
  const ServerRun run;
  Client worker(run.work());
  Json request = WithCredit(GenerateRequest("a", "hello", 10), 2);
  request["client"] = "me";
  worker.Send(request);
  CHECK(worker.Receive()["seq"] == 0);
  CHECK(worker.Receive()["seq"] == 1);
  CHECK(worker.Receive(std::chrono::milliseconds(200)).is_null());
  Client control(run.control());
  control.Ask({{"type", "credit"}, {"id", "1"}, {"client", "me"}, {"request", "a"}, {"credit", 100}});
  Json reply = worker.Receive();
  CHECK(reply["seq"] == 2);
  while (reply["type"] == "delta") reply = worker.Receive();
  CHECK(reply["usage"]["tokens"] == 10);
}

TEST_CASE("a deadline ends a request with what there is") {
  const ServerRun run;
  Client client(run.work());
  Json request = WithCredit(GenerateRequest("a", "hello", 50), 0);
  request["deadline_ms"] = 50;
  client.Send(request);
  client.Text("a");
  CHECK(client.last["reason"] == "deadline");
}

TEST_CASE("a full queue answers busy and when to come back") {
  serve::ServerSettings settings;
  settings.sequences = 1;
  settings.queue = 2;
  const ServerRun run(settings);
  Client client(run.work());
  for (int i = 0; i < 3; ++i) {
    Json request = WithCredit(GenerateRequest("r" + std::to_string(i), "hello", 5), 0);
    client.Send(request);
  }
  const Json reply = client.Ask(GenerateRequest("r4", "hello", 5));
  CHECK(reply["code"] == "busy");
  CHECK(reply["retry_after_ms"].get<int>() >= 10);
}

TEST_CASE("the same request again is not computed again") {
  const ServerRun run;
  Json request = GenerateRequest("a", "hello", 20);
  request["client"] = "me";
  Client first(run.work());
  first.Send(request);
  const std::string text = first.Text("a");
  const double computed = run.Stat("tokens_total");
  Client second(run.work());
  second.Send(request);
  CHECK(second.Text("a") == text);
  CHECK(second.last["usage"]["tokens"] == 20);
  CHECK(run.Stat("tokens_total") == computed);
  request["max_tokens"] = 21;
  CHECK(second.Ask(request)["code"] == "id_reused");
}

TEST_CASE("a connection may use an id again as soon as it was answered") {
  const ServerRun run;
  Client client(run.work());
  for (int i = 0; i < 1000; ++i) {
    client.Send(GenerateRequest("a", "prompt " + std::to_string(i), 1));
    client.Text("a");
    REQUIRE(client.last["type"] == "finish");
    REQUIRE(client.last["seq"] >= client.last["usage"]["tokens"]);  // its own deltas, not an old end alone
  }
}

TEST_CASE("a client that comes back gets what it missed and the rest") {
  const ServerRun run({}, 4000);
  Client whole(run.work());
  whole.Send(GenerateRequest("w", "hello", 600));
  const std::string text = whole.Text("w");
  Json request = GenerateRequest("a", "hello", 600);
  request["client"] = "me";
  {
    Client lost(run.work());
    lost.Send(request);
    for (int i = 0; i < 3; ++i) lost.Receive();
  }
  Client back(run.work());
  back.Send(request);
  CHECK(back.Text("a") == text);
}

TEST_CASE("ids of connections that gave no client are their own") {
  const ServerRun run;
  Client a(run.work());
  Client b(run.work());
  a.Send(GenerateRequest("same", "hello", 10));
  b.Send(GenerateRequest("same", "another prompt", 10));
  CHECK(!a.Text("same").empty());
  CHECK(!b.Text("same").empty());
  CHECK(a.last["type"] == "finish");
  CHECK(b.last["type"] == "finish");
}

}  // namespace tritwise::test
