#include "tools/bench/load/server_watch.h"

#include <algorithm>

#include "trainer/error.h"

namespace tritwise {
namespace {

constexpr Milliseconds kPatience{10000};
constexpr const char* kCounters[] = {"steps_total",         "rows_total",          "tokens_total",
                                     "prompt_tokens_total", "cached_tokens_total", "compute_seconds_total",
                                     "clients_lost_total"};

double Value(const Json& stats, const char* name) { return stats.is_object() ? stats.value(name, 0.0) : 0.0; }

}  // namespace

Json ServerWatch::Model(const std::string& model) {
  const Json models = client_.Ask({{"type", "models"}}, kPatience)["models"];
  for (const Json& one : models) {
    if (model.empty() ? models.size() == 1 : one["name"] == model) {
      if (one["input"] != "tokens") throw Error("the model " + one["name"].get<std::string>() + " generates no text");
      return one;
    }
  }
  std::string names;
  for (const Json& one : models) names += " " + one["name"].get<std::string>();
  throw Error((model.empty() ? "the server has several models, say which with --model:"
                             : "the server has no model \"" + model + "\"; there are:") +
              names);
}

void ServerWatch::Begin(Clock::time_point begin) {
  last_ = client_.Ask({{"type", "stats"}}, kPatience)["stats"];
  begin_ = begin;
  Take(last_, 0, begin);
  next_ = begin + interval_;
}

Clock::time_point ServerWatch::next() const {
  const auto timeout = client_.NextTimeout();
  const auto own = asked_.empty() ? next_ : Clock::time_point::max();
  return timeout ? std::min(*timeout, own) : own;
}

void ServerWatch::Advance(uint64_t tokens) {
  const auto now = Clock::now();
  if (asked_.empty() && now >= next_) {
    next_ = now + interval_;
    asked_ = client_.Send({{"type", "stats"}});
    asked_at_ = now;
  }
  for (const Reply& reply : client_.Take()) {
    if (reply.id != asked_) continue;
    asked_.clear();
    if (!reply.json.contains("stats")) continue;  // it is away for the moment
    reply_.Add(std::chrono::duration<double, std::milli>(now - asked_at_).count());
    Take(reply.json["stats"], tokens, now);
  }
}

void ServerWatch::Take(const Json& stats, uint64_t tokens, Clock::time_point now) {
  const bool another = Value(stats, "uptime_seconds") < Value(last_, "uptime_seconds");
  if (another) ++restarts_;
  for (const char* name : kCounters) sums_[name] += Value(stats, name) - (another ? 0.0 : Value(last_, name));
  last_ = stats;
  samples_.push_back({std::chrono::duration<double>(now - begin_).count(), tokens, Value(stats, "running"),
                      Value(stats, "waiting"), Value(stats, "resident_bytes")});
  if (samples_.size() < kMostSamples) return;
  for (size_t i = 0; 2 * i < samples_.size(); ++i) samples_[i] = samples_[2 * i];
  samples_.resize((samples_.size() + 1) / 2);
  interval_ *= 2;
}

void ServerWatch::End(uint64_t tokens) {
  try {
    const Json stats = client_.Ask({{"type", "stats"}}, kPatience)["stats"];
    Take(stats, tokens, Clock::now());
  } catch (const Error&) {
    // It is gone: what it said last stands.
  }
}

Json ServerWatch::AsJson(double seconds) const {
  const double steps = sums_.at("steps_total");
  Json json;
  for (const char* name : kCounters) json[name] = sums_.at(name);
  json["rows_per_step"] = steps > 0.0 ? sums_.at("rows_total") / steps : 0.0;
  json["compute_share"] = seconds > 0.0 ? sums_.at("compute_seconds_total") / seconds : 0.0;
  json["restarts"] = restarts_;
  json["stats_reply_ms"] = reply_.AsJson();
  const auto most = std::max_element(samples_.begin(), samples_.end(),
                                     [](const auto& a, const auto& b) { return a.resident_bytes < b.resident_bytes; });
  json["resident_bytes"] = {{"begin", samples_.front().resident_bytes},
                            {"quarters", ResidentByQuarter(samples_)},
                            {"end", samples_.back().resident_bytes},
                            {"max", most->resident_bytes}};
  return json;
}

std::vector<double> ResidentByQuarter(const std::vector<ServerSample>& samples) {
  std::vector<double> quarters;
  for (size_t quarter = 0; quarter < 4; ++quarter) {
    std::vector<double> values;
    for (size_t i = quarter * samples.size() / 4; i < (quarter + 1) * samples.size() / 4; ++i) {
      values.push_back(samples[i].resident_bytes);
    }
    if (values.empty()) continue;
    std::sort(values.begin(), values.end());
    quarters.push_back(values[values.size() / 2]);
  }
  return quarters;
}

}  // namespace tritwise
