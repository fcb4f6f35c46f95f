#include "tools/serve/server.h"

#include <algorithm>

#include "tools/machine.h"
#include "tools/serve/protocol.h"
#include "trainer/error_status.h"

namespace tritwise::serve {
namespace {

constexpr std::chrono::milliseconds kIdle{200};   // between looks at all exchanges: deadlines, who came back
constexpr std::chrono::milliseconds kBlocked{5};  // the same while a client has no room
constexpr int kMessagesInARow = 64;               // before events are looked at again
constexpr size_t kMostName = 64;

double Seconds(Clock::duration time) { return std::chrono::duration<double>(time).count(); }
double Milliseconds(Clock::duration time) { return 1e3 * Seconds(time); }

std::string Dump(const Json& json) { return json.dump(-1, ' ', false, Json::error_handler_t::replace); }

}  // namespace

Server::Server(const ServerSettings& settings, std::vector<ModelSource> sources, LogFn log)
    : settings_(settings), log_(std::move(log)), front_(settings), sources_(std::move(sources)) {
  for (const ModelSource& source : sources_) {
    for (const Served& other : models_) {
      if (other.source.name == source.name) throw Error("two models are called " + source.name);
    }
    models_.push_back({source, StartEngine(source)});
  }
  metrics_.Describe("requests_total", "Requests by type");
  metrics_.Describe("errors_total", "Error replies by code");
  metrics_.Describe("finished_total", "Generated texts by reason of their end");
  metrics_.Describe("tokens_total", "Tokens generated");
  metrics_.Describe("prompt_tokens_total", "Tokens of prompts computed");
  metrics_.Describe("cached_tokens_total", "Tokens of prompts taken over from earlier texts");
  metrics_.Describe("steps_total", "Passes over a model");
  metrics_.Describe("rows_total", "Rows in these passes");
  metrics_.Describe("compute_seconds_total", "Time in these passes");
  metrics_.Describe("first_token_seconds_total", "Sum of times from arrival to first token");
  metrics_.Describe("first_tokens_total", "Texts that had a first token");
  metrics_.Describe("keys_refused_total", "Connections refused for their key");
  metrics_.Describe("clients_lost_total", "Connections found gone with replies left");
  metrics_.Describe("waiting", "Requests that wait for a sequence");
  metrics_.Describe("running", "Texts under way");
  metrics_.Describe("resident_bytes", "Memory of this process");
  metrics_.Describe("uptime_seconds", "Since the server began");
}

Server::~Server() {
  if (loader_.joinable()) loader_.join();
}

std::shared_ptr<EngineThread> Server::StartEngine(const ModelSource& source) const {
  auto model = ValueOrThrow(Model::Load(source.path, {source.verify}));
  return std::make_shared<EngineThread>(std::move(model), EngineOptionsOf(settings_),
                                        static_cast<size_t>(settings_.queue), wake_);
}

void Server::Drain() {
  drain_ = true;
  wake_->Set();
}

void Server::Reload() {
  reload_ = true;
  wake_->Set();
}

void Server::Run() {
  bool over = false;
  while (!over) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(next_look_ - Clock::now());
    front_.Wait(wake_->descriptor(), std::max(left, std::chrono::milliseconds(0)));
    wake_->Clear();
    TakeEvents();
    for (int i = 0; i < kMessagesInARow; ++i) {
      const std::optional<Incoming> message = front_.Receive();
      if (!message) break;
      Take(*message);
    }
    over = Tend(Clock::now());
  }
}

void Server::Take(const Incoming& message) {
  Json id = nullptr;
  try {
    if (message.frames.empty() || message.frames[0] != kProtocol) {
      return ReplyError(message, id, "unsupported_version", "the first frame must be tritwise/1", {{"versions", {1}}});
    }
    if (message.frames.size() < 2 || message.frames.size() > 3) {
      throw RequestError("bad_request", "a message has two or three frames");
    }
    RequestFields fields(message.frames[1]);
    const std::string name = fields.Text("id", {}, kMostName);
    if (name.empty()) throw RequestError("bad_request", "id must be a string of 1 to 64 bytes");
    id = name;
    const std::string type = fields.Text("type", {}, kMostName);
    Dispatch(message, fields, name, type);
  } catch (const RequestError& error) {
    ReplyError(message, id, error.code, error.what());
  } catch (const std::exception& error) {
    log_({{"level", "error"}, {"event", "internal"}, {"message", error.what()}});
    ReplyError(message, id, "internal", error.what());
  }
}

void Server::Dispatch(const Incoming& message, RequestFields& fields, const std::string& id, const std::string& type) {
  static const std::vector<std::string> kComputed = {"generate", "score", "classify"};
  if (std::find(kComputed.begin(), kComputed.end(), type) != kComputed.end()) {
    metrics_.Add("requests_total", 1.0, {{"type", type}});
    if (message.control) throw RequestError("bad_request", type + " belongs on the work socket");
    return Compute(message, fields, id, type);
  }
  Json reply = {{"id", id}, {"type", "result"}};
  reply.update(Control(message, fields, type));
  metrics_.Add("requests_total", 1.0, {{"type", type}});
  Reply(message, reply);
}

Server::Served& Server::ModelNamed(const std::string& name) {
  if (name.empty() && models_.size() == 1) return models_[0];
  for (Served& served : models_) {
    if (served.source.name == name) return served;
  }
  throw RequestError("unknown_model",
                     name.empty() ? "there are several models: say which" : "there is no model \"" + name + "\"");
}

Owner Server::OwnerOf(const Incoming& message, RequestFields& fields) const {
  const std::string client = fields.Text("client", {}, kMostName);
  // The route of a connection is bytes of ZeroMQ's making that no client can send as text.
  return {message.user, client.empty() ? std::string("\xFF") + message.route : client, !client.empty()};
}

Json Server::Control(const Incoming& message, RequestFields& fields, const std::string& type) {
  if (type == "health") {
    fields.Done();
    return {{"status", draining_ ? "draining" : "ok"},
            {"version", TRITWISE_VERSION},
            {"uptime_s", Seconds(Clock::now() - begin_)}};
  }
  if (type == "stats") {
    fields.Done();
    return StatsJson();
  }
  if (type == "models") {
    fields.Done();
    Json all = Json::array();
    for (const Served& served : models_) all.push_back(ModelJson(served.source.name, *served.engine->model()));
    return {{"models", all}};
  }
  if (type == "tokenize" || type == "detokenize") {
    const Model& model = *ModelNamed(fields.Text("model", {}, kMostName)).engine->model();
    Json result = type == "tokenize" ? Tokenise(fields, model) : Detokenise(fields, model);
    fields.Done();
    return result;
  }
  if (type == "cancel" || type == "credit") {
    const Owner owner = OwnerOf(message, fields);
    const std::string request = fields.Text("request", {}, kMostName);
    const int64_t credit = type == "credit" ? fields.Integer("credit", 0, 1, 1 << 30) : 0;
    fields.Done();
    Exchange* exchange = exchanges_.Find(owner, request);
    const bool found = exchange != nullptr && !exchange->done();
    if (found && type == "cancel") exchange->engine->End(exchange->job, Reason::kCancelled);
    if (found && type == "credit") Grant(*exchange, credit);
    return {{"found", found}};
  }
  if (type == "drain") {
    fields.Done();
    const AllowedKey* key = front_.Allowed(message.user);
    if (!settings_.secret_key.empty() && (key == nullptr || !key->admin)) {
      throw RequestError("forbidden", "only an admin's key may drain the server");
    }
    drain_ = true;
    return Json::object();
  }
  throw RequestError("bad_request", "there is no type \"" + type + "\"");
}

void Server::Compute(const Incoming& message, RequestFields& fields, const std::string& id, const std::string& type) {
  const Owner owner = OwnerOf(message, fields);
  const size_t content =
      std::hash<std::string>()(message.frames[1] + (message.frames.size() > 2 ? message.frames[2] : ""));
  if (Repeat(message, owner, id, content)) return;
  if (draining_ || drain_) throw RequestError("draining", "this server is about to end");

  Served& served = ModelNamed(fields.Text("model", {}, kMostName));
  const Model& model = *served.engine->model();
  const AllowedKey* key = front_.Allowed(message.user);
  RequestLimits limits{settings_.max_tokens, settings_.context != 0 ? settings_.context : model.graph().context};
  if (key != nullptr && key->max_tokens != 0) limits.max_tokens = std::min(limits.max_tokens, key->max_tokens);
  if (key != nullptr && key->max_requests != 0 &&
      exchanges_.UnderWay(message.user) >= static_cast<size_t>(key->max_requests)) {
    return ReplyError(message, id, "busy", "this key has " + std::to_string(key->max_requests) + " requests under way",
                      {{"retry_after_ms", 1000}});
  }

  Job job;
  job.id = ++last_job_;
  job.arrived = Clock::now();
  const int64_t deadline_ms =
      fields.Integer("deadline_ms", static_cast<int64_t>(1e3 * settings_.deadline_s), 0, int64_t{1} << 40);
  if (deadline_ms != 0) job.deadline = job.arrived + std::chrono::milliseconds(deadline_ms);
  Exchange exchange;
  if (type == "generate") {
    Generation generation = ReadGeneration(fields, model, limits);
    if (generation.stream) exchange.credit = generation.credit;
    if (exchange.credit == 0) exchange.out_of_credit = job.arrived;
    job.work = std::move(generation);
  } else if (type == "score") {
    Scoring scoring = ReadScoring(fields, model, limits);
    exchange.shape = {scoring.ids, scoring.first};
    job.work = std::move(scoring);
  } else {
    job.work = ReadClassification(fields, model, message.frames.size() > 2 ? &message.frames[2] : nullptr);
  }
  fields.Done();

  exchange.job = job.id;
  exchange.owner = owner;
  exchange.id = id;
  exchange.type = type;
  exchange.route = message.route;
  exchange.content = content;
  exchange.engine = served.engine;
  exchange.arrived = job.arrived;
  if (const auto later = served.engine->Submit(std::move(job))) {
    return ReplyError(message, id, "busy", "the queue is full", {{"retry_after_ms", later->count()}});
  }
  exchanges_.Add(std::move(exchange));
}

bool Server::Repeat(const Incoming& message, const Owner& owner, const std::string& id, size_t content) {
  Exchange* exchange = exchanges_.Find(owner, id);
  if (exchange == nullptr) return false;
  if (!owner.returns && exchange->done() && exchange->outbox.empty()) {  // answered: the connection's id is free again
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
    exchange->engine->Hold(exchange->job, exchange->blocked.has_value());
  }
  return true;
}

void Server::TakeEvents() {
  const auto take = [&](EngineThread& engine) {
    for (Event& event : engine.TakeEvents()) {
      if (Exchange* exchange = exchanges_.Find(event.job)) HandOut(*exchange, std::move(event));
    }
  };
  for (const Served& served : models_) take(*served.engine);
  for (const auto& engine : retired_) take(*engine);
}

void Server::HandOut(Exchange& exchange, Event event) {
  Json json = {{"id", exchange.id}, {"type", "result"}};
  if (auto* delta = std::get_if<Delta>(&event.what)) {
    if (!exchange.first_token) {
      exchange.first_token = Clock::now();
      metrics_.Add("first_token_seconds_total", Seconds(*exchange.first_token - exchange.arrived));
      metrics_.Add("first_tokens_total");
    }
    json["type"] = "delta";
    json["seq"] = exchange.seq++;
    json["text"] = delta->text;
    json["ids"] = delta->ids;
    if (exchange.credit > 0 && --exchange.credit == 0) exchange.out_of_credit = Clock::now();
    if (exchange.owner.returns) {
      exchange.text += delta->text;
      exchange.ids.insert(exchange.ids.end(), delta->ids.begin(), delta->ids.end());
    }
    return Deliver(exchange, Dump(json));
  }
  Json line = {
      {"level", "info"},   {"event", "request"},          {"type", exchange.type},
      {"id", exchange.id}, {"user", exchange.owner.user}, {"ms", Milliseconds(Clock::now() - exchange.arrived)}};
  if (const auto* finished = std::get_if<Finished>(&event.what)) {
    json["type"] = "finish";
    json["seq"] = exchange.seq++;
    json["reason"] = NameOf(finished->reason);
    json["usage"] = UsageJson(finished->usage);
    metrics_.Add("finished_total", 1.0, {{"reason", NameOf(finished->reason)}});
    line["reason"] = NameOf(finished->reason);
    line["tokens"] = finished->usage.tokens;
  } else if (const auto* scored = std::get_if<Scored>(&event.what)) {
    json.update(ScoredJson(*scored, exchange.shape));
  } else if (const auto* classified = std::get_if<Classified>(&event.what)) {
    json.update(ClassifiedJson(*classified));
  } else {
    json["type"] = "error";
    json["code"] = "internal";
    json["message"] = std::get<Failed>(event.what).message;
    metrics_.Add("errors_total", 1.0, {{"code", "internal"}});
    line["level"] = "error";
    line["message"] = json["message"];
  }
  exchange.last = std::move(json);
  exchange.ended = Clock::now();
  log_(std::move(line));
  Deliver(exchange, Dump(exchange.last));
}

void Server::Grant(Exchange& exchange, int64_t deltas) {
  if (exchange.credit == kNoLimit) return;
  exchange.credit += deltas;
  exchange.out_of_credit.reset();
  exchange.engine->Grant(exchange.job, deltas);
}

void Server::Deliver(Exchange& exchange, std::string json) {
  if (exchange.detached) return;  // kept in what a repetition is answered from
  exchange.outbox.push_back(std::move(json));
  Flush(exchange);
}

void Server::Flush(Exchange& exchange) {
  while (!exchange.outbox.empty()) {
    const Sent sent = front_.Send(false, exchange.route, exchange.outbox.front());
    if (sent == Sent::kGone) return Detach(exchange);
    if (sent == Sent::kFull) {
      if (!exchange.blocked) {
        exchange.blocked = Clock::now();
        next_look_ = std::min(next_look_, *exchange.blocked + kBlocked);
        if (!exchange.done()) exchange.engine->Hold(exchange.job, true);
      }
      return;
    }
    exchange.outbox.pop_front();
  }
  if (exchange.blocked) {
    exchange.blocked.reset();
    if (!exchange.done()) exchange.engine->Hold(exchange.job, false);
  }
}

void Server::Detach(Exchange& exchange) {
  metrics_.Add("clients_lost_total");
  exchange.outbox.clear();
  exchange.blocked.reset();
  exchange.detached = Clock::now();
  if (exchange.done()) return;
  exchange.engine->Hold(exchange.job, false);
  if (!exchange.owner.returns) exchange.engine->End(exchange.job, Reason::kCancelled);
}

void Server::Reply(const Incoming& message, const Json& json) {
  // A client that does not read its answers to short questions loses them.
  front_.Send(message.control, message.route, Dump(json));
}

void Server::ReplyError(const Incoming& message, const Json& id, const std::string& code, const std::string& text,
                        const Json& more) {
  metrics_.Add("errors_total", 1.0, {{"code", code}});
  Json json = {{"id", id}, {"type", "error"}, {"code", code}, {"message", text}};
  json.update(more);
  Reply(message, json);
}

Json Server::StatsJson() {
  EngineCounts counts = past_;
  EngineLoad load;
  const auto add = [&](const EngineThread& engine) {
    counts += engine.counts();
    load.waiting += engine.load().waiting;
    load.running += engine.load().running;
  };
  for (const Served& served : models_) add(*served.engine);
  for (const auto& engine : retired_) add(*engine);
  metrics_.Set("steps_total", static_cast<double>(counts.steps));
  metrics_.Set("rows_total", static_cast<double>(counts.rows));
  metrics_.Set("tokens_total", static_cast<double>(counts.tokens));
  metrics_.Set("prompt_tokens_total", static_cast<double>(counts.prompt_tokens));
  metrics_.Set("cached_tokens_total", static_cast<double>(counts.cached_tokens));
  metrics_.Set("compute_seconds_total", counts.busy_s);
  metrics_.Set("waiting", static_cast<double>(load.waiting));
  metrics_.Set("running", static_cast<double>(load.running));
  metrics_.Set("keys_refused_total", static_cast<double>(front_.refused()));
  metrics_.Set("resident_bytes", static_cast<double>(ResidentBytes()));
  metrics_.Set("uptime_seconds", Seconds(Clock::now() - begin_));
  return {{"stats", metrics_.AsJson()}, {"prometheus", metrics_.AsPrometheus()}};
}

void Server::Load() {
  fresh_.clear();
  load_errors_.clear();
  loaded_ = false;
  loader_ = std::thread([this] {
    for (const ModelSource& source : sources_) {
      try {
        fresh_.push_back(StartEngine(source));
      } catch (const std::exception& error) {
        fresh_.push_back(nullptr);
        load_errors_.emplace_back(error.what());
      }
    }
    loaded_ = true;
    wake_->Set();
  });
}

bool Server::Tend(Clock::time_point now) {
  if (reload_.exchange(false) && !loader_.joinable()) {
    log_({{"level", "info"}, {"event", "reload"}});
    try {
      if (!settings_.allow.empty()) front_.Allow(ReadAllowList(settings_.allow));
    } catch (const Error& error) {
      log_({{"level", "error"}, {"event", "reload"}, {"message", error.what()}});
    }
    Load();
  }
  if (loader_.joinable() && loaded_) {
    loader_.join();
    for (const std::string& error : load_errors_) {
      log_({{"level", "error"}, {"event", "reload"}, {"message", error}});
    }
    for (size_t i = 0; i < models_.size(); ++i) {
      if (fresh_[i] == nullptr) continue;
      retired_.push_back(std::exchange(models_[i].engine, fresh_[i]));
      log_({{"level", "info"}, {"event", "reloaded"}, {"model", models_[i].source.name}});
    }
    fresh_.clear();
  }
  if (now >= next_look_) LookAtAll(now);
  std::erase_if(retired_, [&](const auto& engine) {
    if (engine->unfinished() != 0) return false;
    past_ += engine->counts();
    return true;
  });

  if (!drain_) return false;
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
    exchanges_.ForEach([](Exchange& e) {
      if (!e.done()) e.engine->End(e.job, Reason::kCancelled);
    });
  }
  constexpr double kLastWords_s = 2.0;
  return waited > settings_.drain_s + kLastWords_s;
}

void Server::LookAtAll(Clock::time_point now) {
  next_look_ = now + kIdle;
  exchanges_.ForEach([&](Exchange& e) {
    Flush(e);
    if (!e.outbox.empty()) next_look_ = now + kBlocked;
    const auto longer = [&](const std::optional<Clock::time_point>& since, double most_s) {
      return since && Seconds(now - *since) > most_s;
    };
    if (longer(e.blocked, settings_.slow_reader_s)) {
      log_({{"level", "warning"}, {"event", "slow_reader"}, {"id", e.id}, {"user", e.owner.user}});
      Detach(e);
      if (!e.done()) e.engine->End(e.job, Reason::kCancelled);
    }
    if (!e.done() && longer(e.out_of_credit, settings_.credit_s)) {
      log_({{"level", "warning"}, {"event", "out_of_credit"}, {"id", e.id}, {"user", e.owner.user}});
      e.out_of_credit.reset();
      e.engine->End(e.job, Reason::kCancelled);
    }
    if (e.detached && !e.done() && now - *e.detached > Exchanges::kReturn) e.engine->End(e.job, Reason::kCancelled);
  });
  exchanges_.Expire(now);
}

}  // namespace tritwise::serve
