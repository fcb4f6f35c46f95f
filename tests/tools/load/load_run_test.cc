// Load tests of a real server in a thread, over real sockets.
#include "tools/bench/load/load_run.h"

#include <catch2/catch.hpp>

#include "tests/tools/serve/server_fixture.h"
#include "tools/bench/load/load_tables.h"

namespace tritwise {
namespace {

using test::ServerRun;

ClientOptions For(const ServerRun& run) {
  ClientOptions options;
  options.address = ParseAddress(run.work(), run.control());
  return options;
}

LoadOptions Options(size_t clients, uint64_t requests) {
  LoadOptions options;
  options.clients = clients;
  options.requests = requests;
  options.work.prompts = 4;
  options.work.prompt_tokens = 12;
  options.work.max_tokens = 10;
  return options;
}

LoadResult Run(const ServerRun& server, const LoadOptions& options) {
  return LoadRun(For(server), options).Run([](const LoadProgress&) { return true; });
}

// Every request has one end.
void CheckSums(const LoadTally& tally) {
  CHECK(tally.begun == tally.ok + tally.cancelled + tally.errors() + tally.unfinished);
}

TEST_CASE("Each of so many requests is answered, and equal ones equally") {
  const ServerRun server;
  const LoadOptions options = Options(5, 40);
  const LoadResult result = Run(server, options);
  const LoadTally& tally = result.tally;
  CHECK(tally.begun == 40);
  CHECK(tally.ok == 40);
  CHECK(tally.errors() == 0);
  CHECK(tally.mismatches == 0);
  CHECK(tally.texts.compared() == 36);  // all but the first of each prompt
  CHECK(tally.first_token.count() == 40);
  CHECK(tally.request.count() == 40);
  CHECK(tally.between_tokens.count() == tally.tokens - 40);
  CHECK(server.Stat("finished_total", "reason=length") + server.Stat("finished_total", "reason=end") == 40.0);
  CHECK(result.server["tokens_total"] == server.Stat("tokens_total"));
}

TEST_CASE("The result's JSON has the keys that programs read") {
  const ServerRun server;
  const LoadOptions options = Options(2, 6);
  const Json json = LoadJson(options, Run(server, options));
  CHECK(json["version"] == 1);
  CHECK(json["errors"] == 0);
  CHECK(json["errors_by_code"].is_object());
  CHECK(json["tokens_per_s"].get<double>() > 0.0);
  CHECK(json["tokens_per_s"].get<double>() * json["seconds"].get<double>() == Approx(json["tokens"].get<double>()));
  for (const char* key : {"first_token_ms", "between_tokens_ms", "request_ms", "queue_ms"}) {
    INFO(key);
    CHECK(json[key]["p50"].get<double>() <= json[key]["p99"].get<double>());
    CHECK(json[key]["p99"].get<double>() <= json[key]["max"].get<double>());
  }
  CHECK(json["over_time"]["t_s"].size() == json["over_time"]["resident_bytes"].size());
  CHECK(json["server"]["resident_bytes"]["end"].get<double>() > 0.0);
  CHECK_FALSE(LoadTables(json).empty());
}

TEST_CASE("Cancelled requests end as cancelled, in the queue and under way") {
  serve::ServerSettings settings;
  settings.sequences = 2;
  const ServerRun server(settings, 1 << 10);
  LoadOptions options = Options(12, 60);
  options.work.cancel = 0.5;
  options.work.max_tokens = 200;
  options.work.prompts = 1;
  const LoadTally tally = Run(server, options).tally;
  CheckSums(tally);
  CHECK(tally.begun == 60);
  CHECK(tally.cancelled > 10);
  CHECK(tally.errors() == 0);
  CHECK(tally.mismatches == 0);
  CHECK(tally.texts.compared() == 59);
}

TEST_CASE("A server that is full is asked again, and the time counts from the arrival") {
  serve::ServerSettings settings;
  settings.sequences = 1;
  settings.queue = 1;
  const ServerRun server(settings);
  const LoadTally tally = Run(server, Options(8, 24)).tally;
  CHECK(tally.ok == 24);
  CHECK(tally.errors() == 0);
  CHECK(tally.busy > 0);
  CHECK(server.Stat("errors_total", "code=busy") == static_cast<double>(tally.busy));
  CHECK(tally.request.At(1.0) >= tally.queue.At(1.0));
}

TEST_CASE("Requests arrive at their rate whatever becomes of those before") {
  serve::ServerSettings settings;
  settings.sequences = 1;
  const ServerRun server(settings, 1 << 12);
  LoadOptions options = Options(1, 50);
  options.work.rate = 2000.0;
  options.work.max_tokens = 80;
  const LoadTally tally = Run(server, options).tally;
  CHECK(tally.ok == 50);
  CHECK(tally.late > 30);  // there is one client
  // In a closed loop no request would wait for others; here the last one's time has in it that of nearly all.
  CHECK(tally.request.At(1.0) > 5.0 * (tally.request.At(0.0) + tally.queue.At(0.5)));
}

TEST_CASE("Slow readers get all of their texts") {
  const ServerRun server({}, 1 << 12);
  LoadOptions options = Options(4, 8);
  options.slow = 0.5;
  options.work.max_tokens = 16;
  const LoadTally tally = Run(server, options).tally;
  CHECK(tally.ok == 8);
  CHECK(tally.errors() == 0);
  CHECK(tally.mismatches == 0);
  CHECK(tally.request.count() < 8);  // theirs are not times of the server
}

TEST_CASE("What the server refuses is an error by its code") {
  const ServerRun server;
  LoadOptions options = Options(2, 6);
  options.work.prompt_tokens = 500;  // more than its context
  const LoadTally tally = Run(server, options).tally;
  CheckSums(tally);
  CHECK(tally.errors() == 6);
  CHECK(tally.errors_by_code.at("too_large") == 6);
}

TEST_CASE("A test that is interrupted says how many requests it left") {
  const ServerRun server({}, 1 << 16);
  LoadOptions options = Options(3, 3);
  options.work.max_tokens = 4096;
  LoadRun run(For(server), options);
  const LoadResult result = run.Run([](const LoadProgress& progress) { return progress.tally.tokens < 10; });
  CHECK(result.interrupted);
  CHECK(result.tally.unfinished == 3);
  CheckSums(result.tally);
  CHECK(ServerRun::Soon([&] { return server.Stat("running") == 0.0; }));  // they were cancelled
}

TEST_CASE("A request without an end is an error when patience is over") {
  const ServerRun server({}, 1 << 16);
  LoadOptions options = Options(1, 1);
  options.work.max_tokens = 4096;
  options.patience_s = 0.05;
  const LoadTally tally = Run(server, options).tally;
  CHECK(tally.errors_by_code.at("no_reply") == 1);
}

TEST_CASE("Hundreds of clients are served from one thread") {
  const ServerRun server;
  const LoadTally tally = Run(server, Options(300, 600)).tally;
  CHECK(tally.ok == 600);
  CHECK(tally.errors() == 0);
  CHECK(tally.mismatches == 0);
}

TEST_CASE("Where nobody answers there is no test") {
  ClientOptions options;
  options.address = ParseAddress("ipc:///nonexistent/tritwise");
  options.give_up = Milliseconds(200);
  CHECK_THROWS_WITH(LoadRun(options, Options(1, 1)), Catch::Contains("no server answers"));
}

TEST_CASE("A model that the server has not is refused by name") {
  const ServerRun server;
  LoadOptions options = Options(1, 1);
  options.work.model = "other";
  CHECK_THROWS_WITH(LoadRun(For(server), options), Catch::Contains("there are: text"));
}

}  // namespace
}  // namespace tritwise
