#include "tools/route/router.h"

#include <algorithm>
#include <charconv>
#include <functional>
#include <limits>
#include <tuple>
#include <utility>

#include "tools/serve/requests.h"

namespace tritwise::route {
namespace {

constexpr int kMostLost = 2;          // workers that one request may have been lost with: it may be what ends them
constexpr int64_t kWindow = 128;      // deltas that a worker may be ahead of the router
constexpr int64_t kNobody_ms = 1000;  // a fair time until a worker is there
constexpr int64_t kEndless = std::numeric_limits<int64_t>::max() / 2;

// How a worker knows a job: the client's own ids are numbers.
std::string IdOf(serve::JobId job) { return "r" + std::to_string(job); }

Json Cancelled() { return {{"type", "finish"}, {"reason", "cancelled"}, {"usage", serve::UsageJson({})}}; }

}  // namespace

Router::Router(const RouterSettings& settings, LogFn log) : Service(settings, std::move(log)), settings_(settings) {
  metrics_.Describe("tokens_total", "Tokens of texts that ended");
  metrics_.Describe("retried_total", "Requests given to another worker, by reason");
  metrics_.Describe("worker_requests_total", "Requests given to each worker");
  metrics_.Describe("worker_tokens_total", "Tokens of each worker's texts that ended");
  metrics_.Describe("worker_up", "Whether the worker takes requests");
  metrics_.Describe("worker_under_way", "Requests that the worker has from here");
  metrics_.Describe("worker_others", "Requests that the worker has from elsewhere, as it says");
  SetWorkers();
}

void Router::SetWorkers() {
  std::vector<WorkerSource> sources = settings_.workers;
  if (!settings_.recipe.empty()) {
    RouterSettings others;  // cannot change while it runs
    const std::vector<WorkerSource> more = ReadRouterSettings(settings_.recipe, others);
    sources.insert(sources.end(), more.begin(), more.end());
  }
  CheckWorkers(sources, settings_);
  std::vector<std::shared_ptr<Worker>> workers;
  for (const WorkerSource& source : sources) {
    const auto old =
        std::find_if(workers_.begin(), workers_.end(), [&](const auto& w) { return w->source() == source; });
    workers.push_back(old != workers_.end() ? *old : std::make_shared<Worker>(source, settings_, log_));
  }
  for (const auto& worker : workers_) {
    if (std::find(workers.begin(), workers.end(), worker) == workers.end()) leaving_.push_back(worker);
  }
  workers_ = std::move(workers);
}

void Router::Renew() {
  try {
    SetWorkers();
    log_({{"level", "info"}, {"event", "reloaded"}, {"workers", workers_.size()}});
  } catch (const Error& error) {
    log_({{"level", "error"}, {"event", "reload"}, {"message", error.what()}});
  }
}

void Router::AddPollItems(std::vector<zmq::pollitem_t>* items) {
  for (const auto* list : {&workers_, &leaving_}) {
    for (const auto& worker : *list) worker->AddPollItems(items);
  }
}

void Router::Tend(Clock::time_point /*now*/) {
  std::erase_if(leaving_, [](const auto& worker) { return worker->under_way() == 0; });
}

std::string Router::ModelNamed(const std::string& name) const {
  std::set<std::string> names;
  bool all_heard = true;
  for (const auto& worker : workers_) {
    all_heard = all_heard && worker->heard();
    for (const auto& [model, json] : worker->models()) names.insert(model);
  }
  if (name.empty() && names.size() == 1) return *names.begin();
  if (name.empty() && names.size() > 1) throw RequestError("unknown_model", "there are several models: say which");
  if (names.count(name) != 0) return name;
  if (!all_heard || workers_.empty()) {
    throw RequestError("busy", "no worker with this model is there yet", {{"retry_after_ms", kNobody_ms}});
  }
  throw RequestError("unknown_model", "there is no model \"" + name + "\"");
}

Router::Task Router::MakeTask(const Request& request, const serve::Exchange& exchange) const {
  if (exchanges_.UnderWay() >= static_cast<size_t>(settings_.requests)) {
    throw RequestError("busy", std::to_string(settings_.requests) + " requests are under way",
                       {{"retry_after_ms", kNobody_ms}});
  }
  Task task;
  task.model = ModelNamed(request.fields.Text("model", {}, serve::kMostName));
  task.request = request.fields.object();
  task.request["model"] = task.model;
  task.request["id"] = IdOf(exchange.job);
  if (request.message.frames.size() > 2) task.binary = request.message.frames[2];
  task.home = exchange.owner.user + "/" + exchange.owner.client;
  task.deadline = exchange.deadline;
  return task;
}

void Router::Begin(const Request& request, const serve::Exchange& exchange, int64_t most_tokens) {
  Task task = MakeTask(request, exchange);
  task.request.erase("client");
  if (request.type == "generate") {
    serve::RequestFields& fields = request.fields;
    task.request["max_tokens"] =
        fields.Integer("max_tokens", std::min<int64_t>(serve::Generation().max_tokens, most_tokens), 1, most_tokens);
    const int64_t credit = fields.Integer("credit", serve::kNoLimit, serve::kNoLimit, 1 << 30);
    task.credit = credit == serve::kNoLimit ? kEndless : credit;
    task.request["credit"] = credit;  // Place says how much of it
  }
  Place(task);
  tasks_[exchange.job] = std::move(task);
}

std::optional<Json> Router::Answer(const Request& request) {
  if (request.type == "models") {
    request.fields.Done();
    return Json{{"models", ModelsJson()}};
  }
  serve::Exchange exchange;
  exchange.job = NextJob();
  exchange.control = request.message.control;
  // No client's name, and no connection's that could cancel it: such a request cannot be said again.
  exchange.owner = {request.message.user, std::string("\xFE") + request.message.route, false};
  exchange.id = request.id;
  exchange.type = request.type;
  exchange.route = request.message.route;
  exchange.work = false;
  exchange.arrived = Clock::now();
  Task task = MakeTask(request, exchange);
  Place(task);
  tasks_[exchange.job] = std::move(task);
  exchanges_.Add(std::move(exchange));
  return std::nullopt;
}

std::shared_ptr<Worker> Router::Choose(const Task& task) const {
  using Rank = std::tuple<size_t, size_t, size_t>;
  std::shared_ptr<Worker> best;
  Rank least;
  for (const auto& worker : workers_) {
    if (!worker->CanServe(task.model) || task.tried.count(worker->name()) != 0) continue;
    // Which of all is home follows from both names (rendezvous hashing), so there is nothing to remember.
    const Rank rank{worker->under_way(), worker->others(), std::hash<std::string>()(task.home + worker->name())};
    if (best != nullptr && rank >= least) continue;
    best = worker;
    least = rank;
  }
  return best;
}

void Router::Place(Task& task) {
  task.worker = Choose(task);
  if (task.worker == nullptr) {
    throw RequestError("busy", task.retry_ms ? "every worker is busy" : "no worker with this model is there",
                       {{"retry_after_ms", task.retry_ms.value_or(kNobody_ms)}});
  }
  if (task.deadline != Clock::time_point::max()) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(task.deadline - Clock::now());
    task.request["deadline_ms"] = std::max<int64_t>(1, left.count());
  }
  task.granted = std::min(task.credit, kWindow);
  if (task.request.contains("credit")) task.request["credit"] = task.granted;
  try {
    task.worker->Say(task.request, task.binary);
  } catch (const Error& error) {
    throw RequestError("too_large", error.what());
  }
  task.tried.insert(task.worker->name());
  metrics_.Add("worker_requests_total", 1.0, {{"worker", task.worker->name()}});
}

void Router::PlaceAgain(serve::Exchange& exchange, Task& task, const std::string& reason) {
  if (task.cancelled) return End(exchange, Cancelled());
  metrics_.Add("retried_total", 1.0, {{"reason", reason}});
  try {
    Place(task);
  } catch (const RequestError& error) {
    End(exchange, error.AsReply());
  }
}

void Router::TakeEvents() {
  const auto now = Clock::now();
  for (const auto* list : {&workers_, &leaving_}) {
    for (const auto& worker : *list) {
      for (Reply& reply : worker->Take(now)) TakeReply(*worker, std::move(reply));
    }
  }
}

void Router::TakeReply(Worker& worker, Reply reply) {
  JobId job = 0;
  std::from_chars(reply.id.data() + 1, reply.id.data() + reply.id.size(), job);
  serve::Exchange* exchange = exchanges_.Find(job);
  const auto found = tasks_.find(job);
  if (exchange == nullptr || found == tasks_.end() || found->second.worker.get() != &worker) return;
  Task& task = found->second;
  try {
    if (reply.json["type"] == "delta") {
      task.request = nullptr;
      task.binary = {};
      ++task.received;
      HandOut(*exchange, reply.json);
      return GrantMore(job, task);
    }
    const std::string code = reply.json["type"] == "error" ? reply.json.at("code").get<std::string>() : "";
    if (code == "unreachable") return TakeLoss(*exchange, task);
    if ((code == "busy" || code == "draining") && !task.request.is_null()) {
      if (code == "draining") worker.SetDraining();
      if (code == "busy") {
        const int64_t ms = reply.json.value("retry_after_ms", kNobody_ms);
        task.retry_ms = std::min(ms, task.retry_ms.value_or(ms));
      }
      return PlaceAgain(*exchange, task, code);
    }
    if (reply.json["type"] == "finish") {
      if (!reply.json.contains("usage")) reply.json["usage"] = serve::UsageJson({});
      const double tokens = reply.json["usage"].value("tokens", 0.0);
      metrics_.Add("tokens_total", tokens);
      metrics_.Add("worker_tokens_total", tokens, {{"worker", worker.name()}});
    }
    End(*exchange, reply.json);
  } catch (const Json::exception& error) {
    End(*exchange, RequestError("internal", worker.name() + " answers nonsense: " + error.what()).AsReply());
  }
}

void Router::TakeLoss(serve::Exchange& exchange, Task& task) {
  if (task.cancelled) return End(exchange, Cancelled());
  if (task.request.is_null() || ++task.lost == kMostLost) {
    return End(exchange, RequestError("worker_lost", "worker " + task.worker->name() + " was lost").AsReply());
  }
  PlaceAgain(exchange, task, "worker_lost");
}

void Router::End(serve::Exchange& exchange, const Json& reply) {
  tasks_.erase(exchange.job);
  HandOut(exchange, reply);
}

void Router::Cancel(JobId job) {
  const auto found = tasks_.find(job);
  if (found == tasks_.end() || std::exchange(found->second.cancelled, true)) return;
  found->second.worker->Cancel(IdOf(job));
}

void Router::Grant(JobId job, int64_t deltas) {
  const auto found = tasks_.find(job);
  if (found == tasks_.end()) return;
  found->second.credit = std::min(kEndless, found->second.credit + deltas);
  GrantMore(job, found->second);
}

void Router::Hold(JobId job, bool held) {
  const auto found = tasks_.find(job);
  if (found == tasks_.end()) return;
  found->second.held = held;
  GrantMore(job, found->second);
}

void Router::GrantMore(JobId job, Task& task) {
  const int64_t most = std::min(task.credit, task.received + kWindow);
  const int64_t more = most - task.granted;
  // Not one by one, unless there will be no more of it.
  if (task.held || more <= 0 || (more < kWindow / 2 && most != task.credit)) return;
  task.granted = most;
  task.worker->Grant(IdOf(job), more);
}

Json Router::ModelsJson() const {
  Json all = Json::array();
  std::set<std::string> names;
  for (const auto& worker : workers_) {
    for (const auto& [name, model] : worker->models()) {
      if (worker->CanServe(name) && names.insert(name).second) all.push_back(model);
    }
  }
  return all;
}

Json Router::Health() {
  Json workers = Json::array();
  bool any = false;
  for (const auto& worker : workers_) {
    any = any || worker->status() == "ok";
    Json json = {{"address", worker->name()}, {"status", worker->status()}, {"running", worker->under_way()}};
    if (worker->status() == "gone") json["why"] = worker->why_gone();
    json["models"] = worker->ModelNames();
    workers.push_back(std::move(json));
  }
  return {{"status", any ? "ok" : "no_worker"}, {"running", tasks_.size()}, {"waiting", 0}, {"workers", workers}};
}

void Router::Measure() {
  metrics_.Set("running", static_cast<double>(tasks_.size()));
  for (const auto& worker : workers_) {
    const serve::Metrics::Labels name = {{"worker", worker->name()}};
    metrics_.Set("worker_up", worker->status() == "ok" ? 1.0 : 0.0, name);
    metrics_.Set("worker_under_way", static_cast<double>(worker->under_way()), name);
    metrics_.Set("worker_others", static_cast<double>(worker->others()), name);
  }
}

}  // namespace tritwise::route
