#include "tools/gateway/bridge.h"

#include <utility>

namespace tritwise {
namespace {

Reply Failure(const std::string& code, const std::string& message) {
  return {"", {{"type", "error"}, {"code", code}, {"message", message}}, true};
}

}  // namespace

std::optional<Reply> Call::Next(Milliseconds timeout) {
  std::unique_lock lock(mutex_);
  if (!came_.wait_for(lock, timeout, [&] { return !replies_.empty(); })) return std::nullopt;
  Reply reply = std::move(replies_.front());
  replies_.pop_front();
  return reply;
}

void Call::Put(Reply reply) {
  {
    const std::lock_guard lock(mutex_);
    replies_.push_back(std::move(reply));
  }
  came_.notify_one();
}

Bridge::Bridge(const ClientOptions& options) : client_(options), thread_([this] { Run(); }) {}

Bridge::~Bridge() {
  Do([this] {
    for (const auto& [id, call] : calls_) client_.Drop(id);
    stopping_ = true;
  });
  thread_.join();
}

void Bridge::Do(std::function<void()> work) {
  {
    const std::lock_guard lock(mutex_);
    work_.push_back(std::move(work));
  }
  client_.Wake();
}

std::shared_ptr<Call> Bridge::Start(Json request) {
  auto call = std::make_shared<Call>();
  Do([this, call, request = std::move(request)]() mutable {
    try {
      call->id_ = client_.Send(std::move(request));
      calls_[call->id_] = call;
    } catch (const std::exception& error) {
      call->Put(Failure("too_large", error.what()));
    }
  });
  return call;
}

void Bridge::Drop(const std::shared_ptr<Call>& call) {
  Do([this, call] {
    if (calls_.erase(call->id_) != 0) client_.Drop(call->id_);
  });
}

void Bridge::CancelAll() {
  Do([this] {
    for (const auto& [id, call] : calls_) client_.Cancel(id);
  });
}

Json Bridge::Ask(Json request, Milliseconds timeout) {
  const auto call = Start(std::move(request));
  std::optional<Reply> reply = call->Next(timeout);
  if (!reply) {
    Drop(call);
    reply = Failure("unreachable", "the server does not answer");
  }
  return std::move(reply->json);
}

void Bridge::Run() {
  while (!stopping_) {
    std::deque<std::function<void()>> work;
    {
      const std::lock_guard lock(mutex_);
      work.swap(work_);
    }
    for (const auto& one : work) one();
    for (Reply& reply : client_.Poll(stopping_ ? Milliseconds{0} : Milliseconds{1000})) {
      const auto found = calls_.find(reply.id);
      if (found == calls_.end()) continue;
      const std::shared_ptr<Call> call = found->second;
      if (reply.last) calls_.erase(found);
      call->Put(std::move(reply));
    }
  }
}

}  // namespace tritwise
