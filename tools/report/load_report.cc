#include "tools/report/load_report.h"

#include <nlohmann/json.hpp>

#include "format/atomic_file.h"
#include "tools/report/embedded.h"
#include "tools/report/page.h"
#include "tools/report/script_json.h"
#include "trainer/error_status.h"
#include "trainer/log/units.h"

namespace tritwise {
namespace {

using Json = nlohmann::ordered_json;

std::string Item(const std::string& name, const std::string& value) {
  return "<div><dt>" + EscapeHtml(name) + "</dt><dd>" + EscapeHtml(value) + "</dd></div>\n";
}

std::string Count(const Json& value) { return CountText(value.get<int64_t>()); }

std::string Time(const Json& percentiles, const char* key) {
  return percentiles.is_null() ? "-" : FixedText(percentiles[key], 1) + " ms";
}

std::string Headline(const Json& json) {
  return Item("tokens a second", FixedText(json["tokens_per_s"], 1)) + Item("requests answered", Count(json["ok"])) +
         Item("errors", Count(json["errors"])) + Item("first token, p99", Time(json["first_token_ms"], "p99"));
}

std::string Errors(const Json& json) {
  std::string text;
  for (const auto& [code, count] : json["errors_by_code"].items()) {
    text += (text.empty() ? "" : ", ") + code + " " + Count(count);
  }
  return text.empty() ? "none" : text;
}

std::string Details(const Json& json) {
  const Json& server = json["server"];
  const Json& memory = server["resident_bytes"];
  std::string html;
  for (const auto& [name, key] : {std::pair{"To the first token", "first_token_ms"},
                                  {"Between tokens", "between_tokens_ms"},
                                  {"Whole request", "request_ms"},
                                  {"In the queue", "queue_ms"}}) {
    const Json& p = json[key];
    html += Item(std::string(name) + ": p50, p90, p99, most",
                 Time(p, "p50") + ", " + Time(p, "p90") + ", " + Time(p, "p99") + ", " + Time(p, "max"));
  }
  html += Item("Requests", Count(json["requests"]) + ", " + FixedText(json["arrivals_per_s"], 2) + " a second");
  html += Item("Cancelled", Count(json["cancelled"]));
  html += Item("Errors", Errors(json));
  html += Item("Asked again because the server was full", Count(json["busy"]));
  html += Item("Said again because a connection broke", Count(json["repeated"]));
  html += Item("Equal requests compared, and of them different",
               Count(json["compared"]) + ", " + Count(json["mismatches"]));
  html += Item("Rows in a step of the server", FixedText(server["rows_per_step"], 2));
  html += Item("Share of the time in which it computed", FixedText(server["compute_share"], 3));
  html +=
      Item("Its memory at the beginning, at the end", MemoryText(memory["begin"]) + ", " + MemoryText(memory["end"]));
  html += Item("Reply to stats, p99", Time(server["stats_reply_ms"], "p99"));
  return html;
}

// What the curves show.
std::string Data(const Json& json) {
  Json data = {{"over_time", json["over_time"]}, {"curves", json["curves"]}};
  for (Json& column : data["over_time"]) {
    for (Json& value : column) value = value.is_null() ? Json() : RoundedNumber(value);
  }
  for (Json& curve : data["curves"]) {
    for (Json& point : curve) point[1] = RoundedNumber(point[1]);
  }
  return ScriptText(data);
}

}  // namespace

void WriteLoadReport(const std::string& path, const std::string& json_text) {
  const Json json = Json::parse(json_text);
  const bool open = !json["rate_per_s"].is_null();
  const std::string about = Count(json["clients"]) + " clients, " +
                            (open ? FixedText(json["rate_per_s"], 2) + " requests arriving a second"
                                  : "each asking again when it was answered") +
                            ", up to " + Count(json["max_tokens"]) + " tokens each, for " +
                            DurationText(json["seconds"]) + (json["interrupted"] == true ? "; interrupted." : ".");
  const Placeholder placeholders[] = {{"TITLE", EscapeHtml(json["model"].get<std::string>())},
                                      {"ABOUT", EscapeHtml(about)},
                                      {"HEADLINE", Headline(json)},
                                      {"DETAILS", Details(json)},
                                      {"DATA", Data(json)},
                                      {"LOAD_JS", std::string(kLoadJs)}};
  ThrowIfError(WriteFileAtomically(path, FillPage(kLoadTemplate, placeholders)));
}

}  // namespace tritwise
