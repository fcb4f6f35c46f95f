#include "tools/serve/service.h"

#include <algorithm>

#include "tools/machine/machine.h"
#include "tools/serve/protocol.h"

namespace tritwise::serve {
namespace {

constexpr std::chrono::milliseconds kIdle{200};   // between looks at all exchanges: deadlines, who came back
constexpr std::chrono::milliseconds kBlocked{5};  // the same while a client has no room
constexpr std::chrono::seconds kKeepAlive{1};     // without a message to a connection that waits for one
constexpr int kMessagesInARow = 64;               // before events are looked at again

std::string Dump(const Json& json) { return json.dump(-1, ' ', false, Json::error_handler_t::replace); }

}  // namespace

Service::Service(const ServiceSettings& settings, LogFn log)
    : log_(std::move(log)), settings_(settings), front_(settings) {
  metrics_.Describe("requests_total", "Requests by type");
  metrics_.Describe("errors_total", "Error replies by code");
  metrics_.Describe("finished_total", "Generated texts by reason of their end");
  metrics_.Describe("first_token_seconds_total", "Sum of times from arrival to first token");
  metrics_.Describe("first_tokens_total", "Texts that had a first token");
  metrics_.Describe("keys_refused_total", "Connections refused for their key");
  metrics_.Describe("clients_lost_total", "Connections found gone with replies left");
  metrics_.Describe("waiting", "Requests that wait for a sequence");
  metrics_.Describe("running", "Texts under way");
  metrics_.Describe("resident_bytes", "Memory of this process");
  metrics_.Describe("uptime_seconds", "Since the server began");
}

void Service::Drain() {
  drain_ = true;
  wake_->Set();
}

void Service::Reload() {
  reload_ = true;
  wake_->Set();
}

void Service::Run() {
  for (bool over = false; !over;) {
    std::vector<zmq::pollitem_t> items = {{nullptr, wake_->descriptor(), ZMQ_POLLIN, 0}};
    AddPollItems(&items);
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(next_look_ - Clock::now());
    front_.Wait(std::move(items), std::max(left, std::chrono::milliseconds(0)));
    wake_->Clear();
    TakeEvents();
    for (int i = 0; i < kMessagesInARow; ++i) {
      const std::optional<Incoming> message = front_.Receive();
      if (!message) break;
      Take(*message);
    }
    const auto now = Clock::now();
    if (reload_.exchange(false)) Reread();
    Tend(now);
    if (now >= next_look_) LookAtAll(now);
    over = drain_ && Drained(now);
  }
}

void Service::Take(const Incoming& message) {
  Json id = nullptr;
  try {
    if (message.frames.empty() || message.frames[0] != kProtocol) {
      throw RequestError("unsupported_version", "the first frame must be tritwise/1", {{"versions", {1}}});
    }
    if (message.frames.size() < 2 || message.frames.size() > 3) {
      throw RequestError("bad_request", "a message has two or three frames");
    }
    RequestFields fields(message.frames[1]);
    const std::string name = fields.Text("id", {}, kMostName);
    if (name.empty()) throw RequestError("bad_request", "id must be a string of 1 to 64 bytes");
    id = name;
    const std::string type = fields.Text("type", {}, kMostName);
    Dispatch({message, fields, name, type});
  } catch (const RequestError& error) {
    ReplyError(message, id, error);
  } catch (const std::exception& error) {
    log_({{"level", "error"}, {"event", "internal"}, {"message", error.what()}});
    ReplyError(message, id, RequestError("internal", error.what()));
  }
}

void Service::Dispatch(const Request& request) {
  static const std::vector<std::string> kComputed = {"generate", "score", "classify"};
  if (std::find(kComputed.begin(), kComputed.end(), request.type) != kComputed.end()) {
    metrics_.Add("requests_total", 1.0, {{"type", request.type}});
    if (request.message.control) throw RequestError("bad_request", request.type + " belongs on the work socket");
    return Compute(request);
  }
  const std::optional<Json> answer = Control(request);
  metrics_.Add("requests_total", 1.0, {{"type", request.type}});
  if (!answer) return;
  Json reply = {{"id", request.id}, {"type", "result"}};
  reply.update(*answer);
  Respond(request.message, reply);
}

Owner Service::OwnerOf(const Request& request) const {
  const std::string client = request.fields.Text("client", {}, kMostName);
  const Incoming& message = request.message;
  // The route of a connection is bytes of ZeroMQ's making that no client can send as text.
  return {message.user, client.empty() ? std::string("\xFF") + message.route : client, !client.empty()};
}

std::optional<Json> Service::Control(const Request& request) {
  const std::string& type = request.type;
  RequestFields& fields = request.fields;
  if (type == "health") {
    fields.Done();
    Json health = Health();
    if (draining_) health["status"] = "draining";
    health["version"] = TRITWISE_VERSION;
    health["uptime_s"] = Seconds(Clock::now() - begin_);
    return health;
  }
  if (type == "stats") {
    fields.Done();
    return Stats();
  }
  if (type == "models" || type == "tokenize" || type == "detokenize") return Answer(request);
  if (type == "cancel" || type == "credit") {
    const Owner owner = OwnerOf(request);
    const std::string name = fields.Text("request", {}, kMostName);
    const int64_t credit = type == "credit" ? fields.Integer("credit", 0, 1, 1 << 30) : 0;
    fields.Done();
    Exchange* exchange = exchanges_.Find(owner, name);
    const bool found = exchange != nullptr && !exchange->done();
    if (found && type == "cancel") Cancel(exchange->job);
    if (found && type == "credit") Credit(*exchange, credit);
    return Json{{"found", found}};
  }
  if (type == "drain") {
    fields.Done();
    const AllowedKey* key = front_.Allowed(request.message.user);
    if (curve() && (key == nullptr || !key->admin)) {
      throw RequestError("forbidden", "only an admin's key may drain the server");
    }
    drain_ = true;
    return Json::object();
  }
  throw RequestError("bad_request", "there is no type \"" + type + "\"");
}

void Service::Compute(const Request& request) {
  const Incoming& message = request.message;
  Exchange exchange;
  exchange.owner = OwnerOf(request);
  exchange.content = std::hash<std::string>()(message.frames[1] + (message.frames.size() > 2 ? message.frames[2] : ""));
  if (Repeat(message, exchange.owner, request.id, exchange.content)) return;
  if (draining_ || drain_) throw RequestError("draining", "this server is about to end");
  const AllowedKey* key = front_.Allowed(message.user);
  int64_t most_tokens = settings_.max_tokens;
  if (key != nullptr && key->max_tokens != 0) most_tokens = std::min(most_tokens, key->max_tokens);
  if (key != nullptr && key->max_requests != 0 &&
      exchanges_.UnderWay(message.user) >= static_cast<size_t>(key->max_requests)) {
    throw RequestError("busy", "this key has " + std::to_string(key->max_requests) + " requests under way",
                       {{"retry_after_ms", 1000}});
  }
  exchange.arrived = Clock::now();
  const int64_t deadline_ms =
      request.fields.Integer("deadline_ms", static_cast<int64_t>(1e3 * settings_.deadline_s), 0, int64_t{1} << 40);
  if (deadline_ms != 0) exchange.deadline = exchange.arrived + std::chrono::milliseconds(deadline_ms);
  if (request.type == "generate" && request.fields.Flag("stream", true)) {
    exchange.credit = request.fields.Integer("credit", kNoLimit, kNoLimit, 1 << 30);
  }
  if (exchange.credit == 0) exchange.out_of_credit = exchange.arrived;
  exchange.job = NextJob();
  exchange.id = request.id;
  exchange.type = request.type;
  exchange.route = message.route;
  Begin(request, exchange, most_tokens);
  exchanges_.Add(std::move(exchange));
}

bool Service::Repeat(const Incoming& message, const Owner& owner, const std::string& id, size_t content) {
  Exchange* exchange = exchanges_.Find(owner, id);
  if (exchange == nullptr) return false;
  // Of a connection an id is free again as soon as it was answered, of a client where that was an error.
  if (exchange->failed() || (!owner.returns && exchange->done() && exchange->outbox.empty())) {
    exchanges_.Erase(exchange->job);
    return false;
  }
  if (exchange->content != content) throw RequestError("id_reused", "this id stands for another request");
  if (!owner.returns && !exchange->done()) return true;  // the same connection says it twice: the replies come
  exchange->route = message.route;
  exchange->outbox.clear();
  exchange->detached.reset();
  exchange->seq = 0;
  if (!exchange->text.empty() || !exchange->ids.empty()) {
    Deliver(*exchange, Dump({{"id", exchange->id},
                             {"type", "delta"},
                             {"seq", exchange->seq++},
                             {"text", exchange->text},
                             {"ids", exchange->ids}}));
  }
  if (exchange->done()) {
    if (exchange->last.contains("seq")) exchange->last["seq"] = exchange->seq++;
    Deliver(*exchange, Dump(exchange->last));
  } else {
    Hold(exchange->job, exchange->blocked.has_value());
  }
  return true;
}

void Service::HandOut(Exchange& exchange, const Json& reply) {
  const std::string type = reply.value("type", "");
  Json json = {{"id", exchange.id}, {"type", type}};
  if (type == "delta" || type == "finish") json["seq"] = exchange.seq++;
  for (const auto& [key, value] : reply.items()) {
    if (key != "id" && key != "seq") json[key] = value;
  }
  if (type == "delta") {
    if (!exchange.first_token) {
      exchange.first_token = Clock::now();
      metrics_.Add("first_token_seconds_total", Seconds(*exchange.first_token - exchange.arrived));
      metrics_.Add("first_tokens_total");
    }
    if (exchange.credit > 0 && --exchange.credit == 0) exchange.out_of_credit = Clock::now();
    if (exchange.owner.returns) {
      exchange.text += json["text"].get<std::string>();
      for (const Json& id : json["ids"]) exchange.ids.push_back(id.get<int32_t>());
    }
    return Deliver(exchange, Dump(json));
  }
  Json line = {
      {"level", "info"},   {"event", "request"},          {"type", exchange.type},
      {"id", exchange.id}, {"user", exchange.owner.user}, {"ms", Milliseconds(Clock::now() - exchange.arrived)}};
  if (type == "finish") {
    const std::string reason = json["reason"];
    metrics_.Add("finished_total", 1.0, {{"reason", reason}});
    line["reason"] = reason;
    line["tokens"] = json["usage"]["tokens"];
  } else if (type == "error") {
    const std::string code = json["code"];
    metrics_.Add("errors_total", 1.0, {{"code", code}});
    if (code == "internal") line["level"] = "error";
    line["code"] = code;
    line["message"] = json["message"];
  }
  exchange.last = std::move(json);
  exchange.ended = Clock::now();
  log_(std::move(line));
  Deliver(exchange, Dump(exchange.last));
}

void Service::Credit(Exchange& exchange, int64_t deltas) {
  if (exchange.credit == kNoLimit) return;
  exchange.credit += deltas;
  exchange.out_of_credit.reset();
  Grant(exchange.job, deltas);
}

void Service::Deliver(Exchange& exchange, std::string json) {
  if (exchange.detached) return;  // kept in what a repetition is answered from
  exchange.outbox.push_back(std::move(json));
  Flush(exchange);
}

void Service::Flush(Exchange& exchange) {
  while (!exchange.outbox.empty()) {
    const Sent sent = front_.Send(exchange.control, exchange.route, exchange.outbox.front());
    if (sent == Sent::kGone) return Detach(exchange);
    if (sent == Sent::kFull) {
      if (!exchange.blocked) {
        exchange.blocked = Clock::now();
        next_look_ = std::min(next_look_, *exchange.blocked + kBlocked);
        if (!exchange.done()) Hold(exchange.job, true);
      }
      return;
    }
    exchange.outbox.pop_front();
    exchange.heard = Clock::now();
  }
  if (exchange.blocked) {
    exchange.blocked.reset();
    if (!exchange.done()) Hold(exchange.job, false);
  }
}

void Service::Detach(Exchange& exchange) {
  metrics_.Add("clients_lost_total");
  exchange.outbox.clear();
  exchange.blocked.reset();
  exchange.detached = Clock::now();
  if (exchange.done()) return;
  Hold(exchange.job, false);
  if (!exchange.owner.returns) Cancel(exchange.job);
}

void Service::Respond(const Incoming& message, const Json& json) {
  // A client that does not read its answers to short questions loses them.
  front_.Send(message.control, message.route, Dump(json));
}

void Service::ReplyError(const Incoming& message, const Json& id, const RequestError& error) {
  metrics_.Add("errors_total", 1.0, {{"code", error.code}});
  Json json = {{"id", id}};
  json.update(error.AsReply());
  Respond(message, json);
}

Json Service::Stats() {
  Measure();
  metrics_.Set("keys_refused_total", static_cast<double>(front_.refused()));
  metrics_.Set("resident_bytes", static_cast<double>(ResidentBytes()));
  metrics_.Set("uptime_seconds", Seconds(Clock::now() - begin_));
  return {{"stats", metrics_.AsJson()}, {"prometheus", metrics_.AsPrometheus()}};
}

void Service::Reread() {
  log_({{"level", "info"}, {"event", "reload"}});
  try {
    if (!settings_.allow.empty()) front_.Allow(ReadAllowList(settings_.allow));
  } catch (const Error& error) {
    log_({{"level", "error"}, {"event", "reload"}, {"message", error.what()}});
  }
  Renew();
}

void Service::LookAtAll(Clock::time_point now) {
  next_look_ = now + kIdle;
  exchanges_.ForEach([&](Exchange& e) {
    Flush(e);
    if (!e.done() && !e.detached && !e.blocked && now - e.heard > kKeepAlive) {
      e.heard = now;
      if (front_.SendKeepAlive(e.control, e.route) == Sent::kGone) Detach(e);
    }
    if (!e.outbox.empty()) next_look_ = now + kBlocked;
    const auto longer = [&](const std::optional<Clock::time_point>& since, double most_s) {
      return since && Seconds(now - *since) > most_s;
    };
    if (longer(e.blocked, settings_.slow_reader_s)) {
      log_({{"level", "warning"}, {"event", "slow_reader"}, {"id", e.id}, {"user", e.owner.user}});
      Detach(e);
      if (!e.done()) Cancel(e.job);
    }
    if (!e.done() && longer(e.out_of_credit, settings_.credit_s)) {
      log_({{"level", "warning"}, {"event", "out_of_credit"}, {"id", e.id}, {"user", e.owner.user}});
      e.out_of_credit.reset();
      Cancel(e.job);
    }
    if (e.detached && !e.done() && now - *e.detached > Exchanges::kReturn) Cancel(e.job);
  });
  exchanges_.Expire(now);
}

bool Service::Drained(Clock::time_point now) {
  if (!draining_) {
    draining_ = now;
    log_({{"level", "info"}, {"event", "draining"}, {"under_way", exchanges_.UnderWay()}});
  }
  bool unsent = false;
  exchanges_.ForEach([&](const Exchange& e) { unsent = unsent || !e.outbox.empty(); });
  if (exchanges_.UnderWay() == 0 && !unsent) return true;
  const double waited = Seconds(now - *draining_);
  if (!cancelled_ && waited > settings_.drain_s) {
    cancelled_ = true;
    log_({{"level", "warning"}, {"event", "drain_deadline"}, {"cancelled", exchanges_.UnderWay()}});
    exchanges_.ForEach([this](const Exchange& e) {
      if (!e.done()) Cancel(e.job);
    });
  }
  constexpr double kLastWords_s = 2.0;
  return waited > settings_.drain_s + kLastWords_s;
}

}  // namespace tritwise::serve
