#include "tools/route/worker.h"

#include <algorithm>

namespace tritwise::route {

Worker::Worker(const WorkerSource& source, const RouterSettings& settings, serve::Service::LogFn log)
    : source_(source), probe_(settings.probe_s), silence_(settings.silence_s), log_(std::move(log)) {
  options_.address = ParseAddressOnly(source.address, source.control);
  if (!source.server_key.empty()) {
    const std::string& own = settings.worker_secret_key.empty() ? settings.secret_key : settings.worker_secret_key;
    options_.curve = Curve{serve::ReadPublicKey(source.server_key), serve::ReadSecretKey(own)};
  }
  options_.give_up = Milliseconds(0);  // it is given nothing while it is gone
  options_.repeats = false;            // another worker may be faster
  options_.most_bytes = static_cast<size_t>(settings.max_message);
  Connect();
}

void Worker::Connect() { client_ = std::make_unique<Client>(options_); }

void Worker::Say(Json request, std::string binary) {
  const std::string id = client_->Send(std::move(request), std::move(binary));
  under_way_.insert(id);
}

Json Worker::ModelNames() const {
  Json names = Json::array();
  for (const auto& [name, model] : models_) names.push_back(name);
  return names;
}

void Worker::SetThere(bool there) {
  if (there_ == there) return;
  there_ = there;
  others_ = 0;
  if (there) {
    silent_ = false;
    log_({{"level", "info"}, {"event", "worker_there"}, {"worker", name()}, {"models", ModelNames()}});
  } else {
    log_({{"level", "warning"}, {"event", "worker_gone"}, {"worker", name()}, {"why", why_gone()}});
  }
}

void Worker::Probe(Clock::time_point now) {
  if (!client_->connected() || !probes_.empty() || now - asked_ < probe_) return;
  for (const char* type : {"models", "health"})
    probes_.insert(client_->Send({{"type", type}, {"id", std::string("probe-") + type}}));
  asked_ = now;
}

void Worker::TakeProbe(const std::string& id, const Json& reply) {
  probes_.erase(id);
  if (reply["type"] == "error") return;
  if (id == "probe-models") {
    models_.clear();
    for (const Json& model : reply.at("models")) models_[model.at("name").get<std::string>()] = model;
    heard_ = true;
    return;
  }
  draining_ = reply.at("status") != "ok";
  const size_t all = reply.value("running", size_t{0}) + reply.value("waiting", size_t{0});
  others_ = all - std::min(all, under_way());
  if (heard_) SetThere(true);
}

std::vector<Reply> Worker::Take(Clock::time_point now) {
  std::vector<Reply> replies = client_->Take();
  std::erase_if(replies, [&](const Reply& reply) {
    if (probes_.count(reply.id) == 0) return under_way_.count(reply.id) == 0;
    try {
      TakeProbe(reply.id, reply.json);
    } catch (const Json::exception& error) {
      log_({{"level", "error"}, {"event", "worker_nonsense"}, {"worker", name()}, {"message", error.what()}});
    }
    return true;
  });
  if (!client_->connected()) {
    SetThere(false);
    asked_ = {};
  }
  if (!probes_.empty() && now - asked_ > silence_) {
    silent_ = true;
    SetThere(false);
    probes_.clear();
    Connect();
    for (const std::string& id : under_way_) {
      replies.push_back({id, {{"type", "error"}, {"code", "unreachable"}, {"message", why_gone()}}, true});
    }
  }
  for (const Reply& reply : replies) {
    if (reply.last) under_way_.erase(reply.id);
  }
  Probe(now);
  return replies;
}

}  // namespace tritwise::route
