#include "tools/bench/load/load_client.h"

#include <algorithm>
#include <utility>

namespace tritwise {
namespace {

constexpr int kCredit = 4;  // deltas at a time
constexpr Milliseconds kGrant{200};
constexpr Milliseconds kPause{1000};

double InMilliseconds(Clock::duration time) { return std::chrono::duration<double, std::milli>(time).count(); }

bool Due(const std::optional<Clock::time_point>& time, Clock::time_point now) { return time && *time <= now; }

}  // namespace

LoadClient::LoadClient(ClientOptions options, Reading reading, const Workload& workload, Milliseconds patience,
                       LoadTally* tally)
    : client_(options), reading_(reading), workload_(workload), patience_(patience), tally_(tally) {}

void LoadClient::Begin(const PlannedRequest& request, Clock::time_point arrival) {
  Current begun;
  begun.plan = request;
  begun.arrival = arrival;
  current_ = std::move(begun);
  ++tally_->begun;
  Ask();
}

void LoadClient::Ask() {
  Json request = workload_.Request(current_->plan.prompt);
  const auto now = Clock::now();
  if (reading_ == Reading::kByCredit) {
    request["credit"] = kCredit;
    current_->grant_at = now + kGrant;
  }
  if (current_->plan.fate != Fate::kRead) current_->cancel_at = now + current_->plan.cancel_after;
  current_->again.reset();
  current_->id = client_.Send(std::move(request));
}

void LoadClient::Advance() {
  auto now = Clock::now();
  DoWhatIsDue(now);
  listening_ = now >= paused_until_;
  if (!listening_) return;
  // Again where something came: what is said about it goes out.
  for (auto replies = client_.Take(); !replies.empty(); replies = client_.Take()) {
    now = Clock::now();
    for (const Reply& reply : replies) Take(reply, now);
  }
  listening_ = now >= paused_until_;
}

void LoadClient::DoWhatIsDue(Clock::time_point now) {
  if (!current_) return;
  if (now - current_->arrival >= patience_) {
    client_.Drop(current_->id);
    return Fail("no_reply");
  }
  if (Due(current_->again, now)) Ask();
  if (Due(current_->cancel_at, now)) Cancel();
  // Whether or not the last ones came: after a broken connection some were for what is known.
  if (Due(current_->grant_at, now)) {
    current_->grant_at = now + kGrant;
    client_.Send({{"type", "credit"}, {"request", current_->id}, {"credit", kCredit}});
  }
}

Clock::time_point LoadClient::next() const {
  auto next = Clock::time_point::max();
  const auto at = [&](const std::optional<Clock::time_point>& time) {
    if (time) next = std::min(next, *time);
  };
  if (!listening_) at(paused_until_);
  if (listening_) at(client_.NextTimeout());
  if (!current_) return next;
  at(current_->arrival + patience_);
  at(current_->again);
  at(current_->cancel_at);
  at(current_->grant_at);
  return next;
}

void LoadClient::Cancel() {
  current_->cancel_at.reset();
  current_->cancelled = true;
  if (current_->again) {  // nothing of it is at the server
    ++tally_->cancelled;
    current_.reset();
    return;
  }
  client_.Cancel(current_->id);
}

void LoadClient::Take(const Reply& reply, Clock::time_point now) {
  if (!current_ || reply.id != current_->id) return;  // an answer to `credit`
  const std::string type = reply.json["type"];
  if (type == "delta") return TakeDelta(reply.json, now);
  if (type == "finish") return TakeFinish(reply.json, now);
  TakeError(reply.json, now);
}

void LoadClient::TakeDelta(const Json& delta, Clock::time_point now) {
  const auto ids = delta.value("ids", std::vector<int32_t>());
  tally_->tokens += ids.size();
  current_->ids.insert(current_->ids.end(), ids.begin(), ids.end());
  if (reading_ == Reading::kFast && !ids.empty()) {
    if (!current_->last_delta) {
      tally_->first_token.Add(InMilliseconds(now - current_->arrival));
    } else {
      tally_->between_tokens.Add(InMilliseconds(now - *current_->last_delta));
    }
  }
  if (reading_ == Reading::kInPauses) paused_until_ = now + kPause;
  if (!current_->last_delta && current_->plan.fate == Fate::kCancelledLater) Cancel();
  current_->last_delta = now;
}

void LoadClient::TakeFinish(const Json& finish, Clock::time_point now) {
  const std::string reason = finish.value("reason", "");
  const Json usage = finish.value("usage", Json::object());
  const Current done = *std::exchange(current_, std::nullopt);
  ++tally_->finish_reasons[reason];
  tally_->prompt_tokens += usage.value("prompt_tokens", uint64_t{0});
  tally_->cached_tokens += usage.value("cached_tokens", uint64_t{0});
  const bool whole = reason == "length" || reason == "end" || reason == "context_full";
  // None may be lost on the way. A request that was never sent, or found waiting, has no usage.
  const bool all = !usage.contains("tokens") || usage["tokens"] == done.ids.size();
  if ((whole && !all) || !tally_->texts.Agrees(done.plan.prompt, done.ids, whole)) ++tally_->mismatches;
  if (!whole) {
    if (reason == "cancelled" && done.cancelled) {
      ++tally_->cancelled;
    } else {  // by the server
      tally_->Error(reason);
    }
    return;
  }
  ++tally_->ok;
  if (done.cancelled) ++tally_->too_late;
  if (reading_ != Reading::kFast) return;
  tally_->queue.Add(usage.value("queue_ms", 0.0));
  tally_->request.Add(InMilliseconds(now - done.arrival));
}

void LoadClient::TakeError(const Json& error, Clock::time_point now) {
  const std::string code = error.value("code", "internal");
  if (code != "busy") return Fail(code);
  ++tally_->busy;
  if (current_->cancelled) {
    ++tally_->cancelled;
    current_.reset();
    return;
  }
  current_->again = now + Milliseconds(std::max<int64_t>(1, error.value("retry_after_ms", int64_t{100})));
}

void LoadClient::Fail(const std::string& code) {
  tally_->Error(code);
  current_.reset();
}

void LoadClient::Abandon() {
  if (!current_) return;
  ++tally_->unfinished;
  if (!current_->again) client_.Drop(current_->id);
  current_.reset();
}

bool LoadClient::Flush() {
  client_.Take();
  return !client_.NextTimeout();
}

}  // namespace tritwise
