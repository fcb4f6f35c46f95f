#include "tools/serve/server.h"

#include <algorithm>
#include <utility>

#include "trainer/error_status.h"

namespace tritwise::serve {
namespace {

Json ReplyOf(Event event, const ResultShape& shape) {
  if (auto* delta = std::get_if<Delta>(&event.what)) {
    return {{"type", "delta"}, {"text", std::move(delta->text)}, {"ids", std::move(delta->ids)}};
  }
  if (const auto* finished = std::get_if<Finished>(&event.what)) {
    return {{"type", "finish"}, {"reason", NameOf(finished->reason)}, {"usage", UsageJson(finished->usage)}};
  }
  Json reply = {{"type", "result"}};
  if (const auto* scored = std::get_if<Scored>(&event.what)) {
    reply.update(ScoredJson(*scored, shape));
  } else if (const auto* classified = std::get_if<Classified>(&event.what)) {
    reply.update(ClassifiedJson(*classified));
  } else {
    return RequestError("internal", std::get<Failed>(event.what).message).AsReply();
  }
  return reply;
}

}  // namespace

Server::Server(const ServerSettings& settings, std::vector<ModelSource> sources, LogFn log)
    : Service(settings, std::move(log)), settings_(settings), sources_(std::move(sources)) {
  for (const ModelSource& source : sources_) {
    for (const Served& other : models_) {
      if (other.source.name == source.name) throw Error("two models are called " + source.name);
    }
    models_.push_back({source, StartEngine(source)});
  }
  metrics_.Describe("tokens_total", "Tokens generated");
  metrics_.Describe("prompt_tokens_total", "Tokens of prompts computed");
  metrics_.Describe("cached_tokens_total", "Tokens of prompts taken over from earlier texts");
  metrics_.Describe("steps_total", "Passes over a model");
  metrics_.Describe("rows_total", "Rows in these passes");
  metrics_.Describe("compute_seconds_total", "Time in these passes");
}

Server::~Server() {
  if (loader_.joinable()) loader_.join();
}

std::shared_ptr<EngineThread> Server::StartEngine(const ModelSource& source) const {
  auto model = ValueOrThrow(Model::Load(source.path, {source.verify}));
  return std::make_shared<EngineThread>(std::move(model), EngineOptionsOf(settings_),
                                        static_cast<size_t>(settings_.queue), wake_);
}

template <class Visit>
void Server::ForEachEngine(const Visit& visit) const {
  for (const Served& served : models_) visit(*served.engine);
  for (const auto& engine : retired_) visit(*engine);
}

Server::Served& Server::ModelNamed(const std::string& name) {
  if (name.empty() && models_.size() == 1) return models_[0];
  for (Served& served : models_) {
    if (served.source.name == name) return served;
  }
  throw RequestError("unknown_model",
                     name.empty() ? "there are several models: say which" : "there is no model \"" + name + "\"");
}

std::optional<Json> Server::Answer(const Request& request) {
  RequestFields& fields = request.fields;
  if (request.type == "models") {
    fields.Done();
    Json all = Json::array();
    for (const Served& served : models_) all.push_back(ModelJson(served.source.name, *served.engine->model()));
    return Json{{"models", all}};
  }
  const Model& model = *ModelNamed(fields.Text("model", {}, kMostName)).engine->model();
  Json result = request.type == "tokenize" ? Tokenise(fields, model) : Detokenise(fields, model);
  fields.Done();
  return result;
}

void Server::Begin(const Request& request, const Exchange& exchange, int64_t most_tokens) {
  RequestFields& fields = request.fields;
  Served& served = ModelNamed(fields.Text("model", {}, kMostName));
  const Model& model = *served.engine->model();
  const RequestLimits limits{most_tokens, settings_.context != 0 ? settings_.context : model.graph().context};
  Job job;
  job.id = exchange.job;
  job.arrived = exchange.arrived;
  job.deadline = exchange.deadline;
  Running running{served.engine, {}};
  if (request.type == "generate") {
    job.work = ReadGeneration(fields, model, limits);
  } else if (request.type == "score") {
    Scoring scoring = ReadScoring(fields, model, limits);
    running.shape = {scoring.ids, scoring.first};
    job.work = std::move(scoring);
  } else {
    const std::vector<std::string>& frames = request.message.frames;
    job.work = ReadClassification(fields, model, frames.size() > 2 ? &frames[2] : nullptr);
  }
  fields.Done();
  if (const auto later = served.engine->Submit(std::move(job))) {
    throw RequestError("busy", "the queue is full", {{"retry_after_ms", later->count()}});
  }
  running_[exchange.job] = std::move(running);
}

void Server::Cancel(JobId job) { running_.at(job).engine->End(job, Reason::kCancelled); }
void Server::Grant(JobId job, int64_t deltas) { running_.at(job).engine->Grant(job, deltas); }
void Server::Hold(JobId job, bool held) { running_.at(job).engine->Hold(job, held); }

void Server::TakeEvents() {
  ForEachEngine([this](EngineThread& engine) {
    for (Event& event : engine.TakeEvents()) {
      const JobId job = event.job;
      const bool last = event.last();
      Exchange* exchange = exchanges_.Find(job);
      if (exchange != nullptr) HandOut(*exchange, ReplyOf(std::move(event), running_.at(job).shape));
      if (last) running_.erase(job);
    }
  });
}

EngineLoad Server::Load() const {
  EngineLoad load;
  ForEachEngine([&](const EngineThread& engine) {
    load.waiting += engine.load().waiting;
    load.running += engine.load().running;
  });
  return load;
}

Json Server::Health() {
  const EngineLoad load = Load();
  return {{"status", "ok"}, {"running", load.running}, {"waiting", load.waiting}};
}

void Server::Measure() {
  EngineCounts counts = past_;
  ForEachEngine([&](const EngineThread& engine) { counts += engine.counts(); });
  const EngineLoad load = Load();
  metrics_.Set("steps_total", static_cast<double>(counts.steps));
  metrics_.Set("rows_total", static_cast<double>(counts.rows));
  metrics_.Set("tokens_total", static_cast<double>(counts.tokens));
  metrics_.Set("prompt_tokens_total", static_cast<double>(counts.prompt_tokens));
  metrics_.Set("cached_tokens_total", static_cast<double>(counts.cached_tokens));
  metrics_.Set("compute_seconds_total", counts.busy_s);
  metrics_.Set("waiting", static_cast<double>(load.waiting));
  metrics_.Set("running", static_cast<double>(load.running));
}

void Server::LoadModels() {
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

void Server::Renew() {
  if (!loader_.joinable()) LoadModels();
}

void Server::Tend(Clock::time_point /*now*/) {
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
  std::erase_if(retired_, [&](const auto& engine) {
    if (engine->unfinished() != 0) return false;
    past_ += engine->counts();
    return true;
  });
}

}  // namespace tritwise::serve
