#include "tools/bench/report.h"

#include <cstdio>

namespace tritwise {
namespace {

constexpr double kGiga = 1e-9;

std::string Giga(double value, int digits) { return FormatNumber(value * kGiga, digits); }
std::string Percent(double share) { return FormatNumber(100.0 * share, 1) + "%"; }
std::string Count(size_t n) { return std::to_string(n); }
// Tokens a second, of models of any size.
std::string Speed(double per_s) { return FormatNumber(per_s, per_s < 100.0 ? 2 : 0); }
std::string InMilliseconds(double per_s) { return FormatNumber(1e3 / per_s, 2); }

std::string Pages(const ReadLimit& limit) { return limit.huge_pages ? "huge" : "4 KiB"; }

std::string ShapeName(const KernelSpeed& s) { return Count(s.outputs) + "x" + Count(s.inputs); }

Rate Scaled(Rate rate, double factor) {
  rate.median *= factor;
  rate.fastest *= factor;
  rate.slowest *= factor;
  return rate;
}

// {name: median, "fastest", "slowest", "spread", "repetitions"}; the spread is that of all, as a share of the median.
Json RateJson(const char* name, const Rate& rate) {
  return {{name, rate.median},
          {"fastest", rate.fastest},
          {"slowest", rate.slowest},
          {"spread", (rate.fastest - rate.slowest) / rate.median},
          {"repetitions", rate.repetitions}};
}

// Of a rate of single events: seconds for one.
Json SecondsJson(const Rate& rate) {
  return {{"seconds", 1.0 / rate.median},
          {"fastest", 1.0 / rate.fastest},
          {"slowest", 1.0 / rate.slowest},
          {"repetitions", rate.repetitions}};
}

Json TokensJson(const Rate& rate) {
  Json json = RateJson("tokens_per_s", rate);
  json["tokens"] = rate.amount;
  json["us_per_token"] = 1e6 / rate.median;
  return json;
}

Json OrNull(const std::optional<double>& value) { return value ? Json(*value) : Json(nullptr); }

// `more` behind the keys of `json`.
Json Joined(Json json, const Json& more) {
  json.update(more);
  return json;
}

}  // namespace

void PrintTables(const Tables& tables) {
  for (const auto& table : tables) {
    PrintTable(table);
    std::puts("");
  }
}

Tables LimitTables(const Limits& limits) {
  Tables tables = {{{"reading", "threads", "pages", "loads", "GB/s", "slowest", "fastest"}},
                   {{"byte products", "threads", "GOP/s", "slowest", "fastest"}}};
  for (const ReadLimit& limit : limits.reads()) {
    const Rate& r = limit.bytes_per_s;
    tables[0].push_back({"", Count(limit.threads), Pages(limit), MannerName(limit.manner), Giga(r.median, 2),
                         Giga(r.slowest, 2), Giga(r.fastest, 2)});
  }
  for (const DotLimit& limit : limits.dots()) {
    const Rate& r = limit.operations_per_s;
    tables[1].push_back({"", Count(limit.threads), Giga(r.median, 0), Giga(r.slowest, 0), Giga(r.fastest, 0)});
  }
  return tables;
}

Tables KernelTables(const std::vector<KernelSpeed>& speeds) {
  Tables tables = {{{"kernel, 1 thread", "shape", "rows", "GOP/s", "slowest", "fastest", "GB/s", "share", "of"}}};
  for (const KernelSpeed& s : speeds) {
    const Rate& r = s.operations_per_s;
    tables[0].push_back({s.name, ShapeName(s), Count(s.rows), Giga(r.median, 1), Giga(r.slowest, 1), Giga(r.fastest, 1),
                         Giga(s.weight_bytes_per_s, 2), Percent(s.share), s.rows == 1 ? "reading" : "products"});
  }
  return tables;
}

Tables ModelTables(const ModelSpeed& speed) {
  Tables tables;
  tables.push_back({{"", "threads", "batch", "context", "tokens/s", "slowest", "fastest", "us/token"}});
  const auto row = [&](const char* what, int threads, const std::string& batch, const std::string& context,
                       const Rate& r) {
    tables[0].push_back({what, std::to_string(threads), batch, context, Speed(r.median), Speed(r.slowest),
                         Speed(r.fastest), FormatNumber(1e6 / r.median, 1)});
  };
  for (const PrefillSpeed& s : speed.prefill) {
    row("prefill", s.threads, "", Count(speed.prompt_tokens), s.tokens_per_s);
  }
  for (const DecodeSpeed& s : speed.decode) {
    row("decode", s.threads, Count(s.batch), std::to_string(s.context), s.tokens_per_s);
  }

  tables.push_back({{"", "ms", "slowest", "fastest"}});
  const auto time = [&](const std::string& what, const Rate& r) {
    tables[1].push_back({what, InMilliseconds(r.median), InMilliseconds(r.slowest), InMilliseconds(r.fastest)});
  };
  time("load, checksums checked", speed.loads_per_s);
  time("load, not checked", speed.unchecked_loads_per_s);
  time("first token after loading (prompt of " + Count(speed.prompt_tokens) + ")", speed.first_tokens_per_s);
  for (const StartTime& start : speed.starts) {
    tables[1].push_back({std::string("start to first token, file ") + (start.from_disk ? "on disk" : "in memory") +
                             (start.checked ? ", checked" : ", not checked"),
                         FormatNumber(1e3 * start.seconds, 2)});
  }

  const DecodeShare& d = speed.decode_share;
  const PrefillShare& p = speed.prefill_share;
  tables.push_back({{"in turns with the limit", "measured", "limit", "share"}});
  tables[2].push_back({"decode: bytes read", Giga(static_cast<double>(d.bytes_a_token) * d.tokens_per_s, 2) + " GB/s",
                       Giga(d.read_bytes_per_s, 2) + " GB/s", Percent(d.share)});
  if (p.share) {
    const std::string limit = Giga(p.dot_operations_per_s, 0) + " GOP/s";
    tables[2].push_back(
        {"prefill: ternary linears", Giga(p.operations / p.ternary_seconds, 0) + " GOP/s", limit, Percent(*p.share)});
    tables[2].push_back({"prefill: the same, of all its time", Giga(p.operations / p.whole_seconds, 0) + " GOP/s",
                         limit, Percent(*p.share_whole)});
  }

  double all = 0.0;
  for (const OperationTime& op : p.by_kind) all += op.seconds;
  tables.push_back({{"prefill by operation", "ms", "share"}});
  for (const OperationTime& op : p.by_kind) {
    tables[3].push_back({op.kind, FormatNumber(1e3 * op.seconds, 2), Percent(op.seconds / all)});
  }

  tables.push_back({{"memory", "bytes", ""}});
  for (const auto& [part, bytes] : speed.memory) {
    tables[4].push_back({part, std::to_string(bytes), FormatBytes(bytes)});
  }
  return tables;
}

void AddLimitsJson(Limits& limits, size_t threads, Json& machine) {
  const std::vector<ReadLimit> reads = limits.reads();
  const std::vector<DotLimit> dots = limits.dots();
  machine["buffer_bytes"] = limits.buffer_bytes();
  machine["read"] = Json::array();
  machine["dot"] = Json::array();
  for (const ReadLimit& limit : reads) {
    if (limit.threads == threads) machine["read_gb_per_s"] = limits.BestRead(threads).bytes_per_s.median * kGiga;
    machine["read"].push_back(
        Joined({{"threads", limit.threads}, {"pages", Pages(limit)}, {"loads", MannerName(limit.manner)}},
               RateJson("gb_per_s", Scaled(limit.bytes_per_s, kGiga))));
  }
  for (const DotLimit& limit : dots) {
    if (limit.threads == threads) machine["dot_gops"] = limit.operations_per_s.median * kGiga;
    machine["dot"].push_back(
        Joined({{"threads", limit.threads}}, RateJson("gops", Scaled(limit.operations_per_s, kGiga))));
  }
}

Json KernelsJson(const std::vector<KernelSpeed>& speeds, const char* target) {
  Json array = Json::array();
  for (const KernelSpeed& s : speeds) {
    const Json head = {{"name", s.name}, {"target", target}, {"shape", ShapeName(s)}, {"rows", s.rows}};
    Json kernel = Joined(head, RateJson("gops", Scaled(s.operations_per_s, kGiga)));
    kernel["gb_per_s"] = s.weight_bytes_per_s * kGiga;
    kernel["share"] = s.share;
    kernel["share_of"] = s.rows == 1 ? "read" : "dot";
    kernel["checked"] = true;  // else there would be no figure
    array.push_back(std::move(kernel));
  }
  return array;
}

void AddModelJson(const ModelSpeed& speed, Json& object) {
  object["machine"]["kernels"] = speed.kernels;
  object["load"] = {{"checked", SecondsJson(speed.loads_per_s)},
                    {"unchecked", SecondsJson(speed.unchecked_loads_per_s)}};
  object["first_token"] = SecondsJson(speed.first_tokens_per_s);
  object["first_token"]["prompt_tokens"] = speed.prompt_tokens;
  object["start"] = {
      {"prompt_tokens", speed.start_tokens}, {"kept_in_memory", speed.kept_in_memory}, {"by", Json::array()}};
  for (const StartTime& start : speed.starts) {
    object["start"]["by"].push_back({{"from_disk", start.from_disk},
                                     {"checked", start.checked},
                                     {"seconds", start.seconds},
                                     {"repetitions", start.repetitions}});
  }

  Json& prefill = object["prefill"];
  const PrefillShare& p = speed.prefill_share;
  prefill = TokensJson(speed.prefill[0].tokens_per_s);
  prefill["share_of_dot"] = OrNull(p.share);
  prefill["share_of_dot_whole"] = OrNull(p.share_whole);
  prefill["ternary_gops"] = p.operations * kGiga / p.ternary_seconds;
  prefill["dot_gops"] = p.dot_operations_per_s * kGiga;
  prefill["rounds"] = p.rounds;
  prefill["by"] = Json::array();
  for (const PrefillSpeed& s : speed.prefill) {
    prefill["by"].push_back(Joined({{"threads", s.threads}}, TokensJson(s.tokens_per_s)));
  }
  double all = 0.0;
  for (const OperationTime& op : p.by_kind) all += op.seconds;
  prefill["operations"] = Json::array();
  for (const OperationTime& op : p.by_kind) {
    prefill["operations"].push_back({{"kind", op.kind}, {"seconds", op.seconds}, {"share", op.seconds / all}});
  }

  Json& decode = object["decode"];
  const DecodeShare& d = speed.decode_share;
  decode = TokensJson(speed.decode[0].tokens_per_s);
  decode["share_of_read"] = d.share;
  decode["bytes_per_token"] = d.bytes_a_token;
  decode["read_gb_per_s"] = d.read_bytes_per_s * kGiga;
  decode["rounds"] = d.rounds;
  decode["by"] = Json::array();
  for (const DecodeSpeed& s : speed.decode) {
    decode["by"].push_back(
        Joined({{"threads", s.threads}, {"batch", s.batch}, {"context", s.context}}, TokensJson(s.tokens_per_s)));
  }
  for (const auto& [part, bytes] : speed.memory) object["memory"][part + "_bytes"] = bytes;
}

}  // namespace tritwise
