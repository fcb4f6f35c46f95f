#include "tools/bench/load/load_tables.h"

#include <algorithm>

namespace tritwise {
namespace {

constexpr int kVersion = 1;  // of the JSON: new keys may come, none change their meaning

// Of each sample; tokens/s are those since the one before.
Json OverTime(const std::vector<ServerSample>& samples) {
  Json json = {{"t_s", Json::array()},
               {"tokens_per_s", Json::array()},
               {"running", Json::array()},
               {"waiting", Json::array()},
               {"resident_bytes", Json::array()}};
  for (size_t i = 0; i < samples.size(); ++i) {
    const ServerSample& s = samples[i];
    const double seconds = i == 0 ? 0.0 : s.time_s - samples[i - 1].time_s;
    const bool known = seconds > 0.0;
    json["t_s"].push_back(s.time_s);
    json["tokens_per_s"].push_back(known ? Json(static_cast<double>(s.tokens - samples[i - 1].tokens) / seconds)
                                         : Json());
    json["running"].push_back(s.running);
    json["waiting"].push_back(s.waiting);
    json["resident_bytes"].push_back(s.resident_bytes);
  }
  return json;
}

// The same share of the values between any two points: [[percent, milliseconds], ...].
Json CurveOf(const Percentiles& values) {
  Json curve = Json::array();
  if (values.count() == 0) return curve;
  for (int percent = 0; percent <= 99; ++percent) curve.push_back({percent, values.At(percent / 100.0)});
  for (const double percent : {99.5, 99.9, 100.0}) curve.push_back({percent, values.At(percent / 100.0)});
  return curve;
}

std::string Number(const Json& value, int digits) {
  return value.is_number() ? FormatNumber(value.get<double>(), digits) : "-";
}
std::string Count(const Json& value) { return std::to_string(value.get<uint64_t>()); }

std::vector<std::string> PercentileRow(const std::string& name, const Json& p) {
  std::vector<std::string> row = {name};
  for (const char* key : {"p50", "p90", "p99", "max", "mean"}) row.push_back(p.is_null() ? "-" : Number(p[key], 1));
  return row;
}

std::string Errors(const Json& json) {
  std::string text = Count(json["errors"]);
  for (const auto& [code, count] : json["errors_by_code"].items()) text += ", " + code + " " + Count(count);
  return text;
}

}  // namespace

Json LoadJson(const LoadOptions& options, const LoadResult& result) {
  const LoadTally& tally = result.tally;
  const double seconds = std::max(result.seconds, 1e-9);
  const auto per_s = [&](uint64_t count) { return static_cast<double>(count) / seconds; };
  Json json = {{"version", kVersion}, {"model", result.model["name"]}, {"clients", options.clients}};
  json["slow_share"] = options.slow;
  json["cancel_share"] = options.work.cancel;
  json["rate_per_s"] = options.work.rate != 0.0 ? Json(options.work.rate) : Json(nullptr);
  json["max_tokens"] = options.work.max_tokens;
  json["seconds"] = result.seconds;
  json["interrupted"] = result.interrupted;
  json["tokens_per_s"] = per_s(tally.tokens);
  json["arrivals_per_s"] = per_s(tally.begun);
  json["ok_per_s"] = per_s(tally.ok);
  json.update(tally.AsJson());
  json["repeated"] = result.repetitions;
  json["server"] = result.server;
  json["load"] = {{"cpu_s", result.load_cpu_s}, {"cpu_share", result.load_cpu_s / seconds}};
  json["over_time"] = OverTime(result.samples);
  json["curves"] = {{"first_token_ms", CurveOf(tally.first_token)},
                    {"between_tokens_ms", CurveOf(tally.between_tokens)},
                    {"request_ms", CurveOf(tally.request)}};
  return json;
}

std::vector<Table> LoadTables(const Json& json) {
  const Json& server = json["server"];
  const Json& memory = server["resident_bytes"];
  const auto mib = [&](const char* when) { return FormatBytes(static_cast<uint64_t>(memory[when].get<double>())); };
  std::vector<Table> tables;
  tables.push_back({{"clients", Count(json["clients"]) +
                                    (json["rate_per_s"].is_null() ? ", each asks again when it was answered" : "")},
                    {"seconds", Number(json["seconds"], 1)},
                    {"tokens/s", Number(json["tokens_per_s"], 1)},
                    {"requests", Count(json["requests"]) + ", " + Number(json["arrivals_per_s"], 2) + " a second"},
                    {"ok", Count(json["ok"])},
                    {"cancelled", Count(json["cancelled"])},
                    {"errors", Errors(json)}});
  const auto also = [&](const char* name, const char* key) {
    if (json[key] != 0) tables[0].push_back({name, Count(json[key])});
  };
  also("unfinished", "unfinished");
  also("cancelled too late", "cancelled_too_late");
  also("asked again, server full", "busy");
  also("said again, connection broke", "repeated");
  also("waited for a client", "late");
  tables[0].push_back(
      {"equal requests", Count(json["compared"]) + " compared, " + Count(json["mismatches"]) + " differ"});

  tables.push_back({{"milliseconds", "p50", "p90", "p99", "max", "mean"},
                    PercentileRow("to the first token", json["first_token_ms"]),
                    PercentileRow("between tokens", json["between_tokens_ms"]),
                    PercentileRow("whole request", json["request_ms"]),
                    PercentileRow("of it in the queue", json["queue_ms"]),
                    PercentileRow("stats (control)", server["stats_reply_ms"])});
  tables.push_back({{"server", ""},
                    {"steps", Number(server["steps_total"], 0)},
                    {"rows a step", Number(server["rows_per_step"], 2)},
                    {"share of the time computing", Number(server["compute_share"], 3)},
                    {"tokens of prompts taken over", Number(server["cached_tokens_total"], 0)},
                    {"memory at begin, end, most", mib("begin") + ", " + mib("end") + ", " + mib("max")},
                    {"began anew", Count(server["restarts"])},
                    {"cores that this test took", Number(json["load"]["cpu_share"], 3)}});
  return tables;
}

std::string LoadProgressLine(const LoadOptions& options, const LoadProgress& progress) {
  const LoadTally& t = progress.tally;
  std::string line = FormatNumber(progress.seconds, 0) + " s";
  if (options.seconds != 0.0) line += " of " + FormatNumber(options.seconds, 0);
  line += "  " + std::to_string(t.ok + t.cancelled + t.errors());
  if (options.requests != 0) line += " of " + std::to_string(options.requests);
  line +=
      " requests  " + FormatNumber(static_cast<double>(t.tokens) / std::max(progress.seconds, 1e-9), 0) + " tokens/s";
  line +=
      "  running " + FormatNumber(progress.server.running, 0) + "  waiting " + FormatNumber(progress.server.waiting, 0);
  if (t.cancelled != 0) line += "  cancelled " + std::to_string(t.cancelled);
  if (t.errors() != 0) line += "  errors " + std::to_string(t.errors());
  return line;
}

}  // namespace tritwise
