#include "tools/client/client.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <iterator>
#include <random>
#include <utility>

#include "trainer/error.h"

namespace tritwise {
namespace {

std::string RandomToken() {
  std::random_device random;
  std::string token;
  for (int i = 0; i < 4; ++i) {
    char digits[9];
    std::snprintf(digits, sizeof digits, "%08x", static_cast<unsigned>(random()));
    token += digits;
  }
  return token;
}

bool IsOneOf(const std::string& type, std::initializer_list<const char*> types) {
  return std::any_of(types.begin(), types.end(), [&](const char* one) { return type == one; });
}

ChannelOptions For(const ClientOptions& options, const std::string& address) {
  return {address,         options.address.ipv6,    options.curve,
          options.give_up, options.repeats ? 5 : 1, options.receive_queue};
}

Milliseconds Until(Clock::time_point time) {
  return std::max(Milliseconds{0}, std::chrono::ceil<Milliseconds>(time - Clock::now()));
}

}  // namespace

Client::Client(const ClientOptions& options)
    : options_(options),
      token_(options.repeats ? RandomToken() : std::string()),
      context_(options.context ? options.context : std::make_shared<zmq::context_t>()),
      work_(*context_, For(options, options.address.work)) {}

Channel& Client::Control() {
  if (!control_) control_.emplace(*context_, For(options_, options_.address.control));
  return *control_;
}

bool Client::connected() {
  const bool control = Control().connected();
  return work_.connected() && control;
}

std::string Client::Unreachable() { return (work_.connected() ? Control() : work_).Unreachable(); }

Channel& Client::ChannelFor(const std::string& type) {
  return IsOneOf(type, {"generate", "score", "classify", "tokenize", "detokenize"}) ? work_ : Control();
}

std::string Client::Send(Json request, std::string binary) {
  Channel& channel = ChannelFor(request.value("type", ""));
  return SendOver(channel, std::move(request), std::move(binary));
}

std::string Client::SendOver(Channel& channel, Json request, std::string binary) {
  if (!request.contains("id")) request["id"] = std::to_string(++requests_);
  const std::string id = request["id"];
  // Repetitions are known by it, and cancelling reaches what was sent over the other socket.
  if (!token_.empty() && IsOneOf(request.value("type", ""), {"generate", "score", "classify", "cancel", "credit"})) {
    request["client"] = token_;
  }
  std::string json = request.dump();
  if (json.size() + binary.size() > options_.most_bytes) {
    throw Error("the request has " + std::to_string(json.size() + binary.size()) + " bytes, a server takes at most " +
                std::to_string(options_.most_bytes));
  }
  channel.Send(id, std::move(json), std::move(binary));
  return id;
}

std::vector<Reply> Client::Take() {
  std::vector<Reply> replies = std::exchange(kept_, {});
  work_.Advance(&replies);
  if (control_) control_->Advance(&replies);
  FollowCancelling(&replies);
  return replies;
}

std::vector<int> Client::descriptors() const {
  std::vector<int> all;
  work_.AddDescriptors(&all);
  if (control_) control_->AddDescriptors(&all);
  return all;
}

void Client::AddPollItems(std::vector<zmq::pollitem_t>* items) {
  work_.AddPollItems(items);
  if (control_) control_->AddPollItems(items);
}

std::optional<Clock::time_point> Client::NextTimeout() const {
  const auto work = work_.NextTimeout();
  const auto control = control_ ? control_->NextTimeout() : std::nullopt;
  return work && control ? std::min(work, control) : work ? work : control;
}

uint64_t Client::repetitions() const { return work_.repetitions() + (control_ ? control_->repetitions() : 0); }

std::vector<Reply> Client::Poll(Milliseconds timeout) {
  std::vector<Reply> replies = Take();
  if (!replies.empty()) return replies;

  std::vector<zmq::pollitem_t> items;
  AddPollItems(&items);
  items.push_back({nullptr, wake_.descriptor(), ZMQ_POLLIN, 0});
  if (const auto next = NextTimeout()) timeout = std::min(timeout, Until(*next));
  try {
    zmq::poll(items, timeout);
  } catch (const zmq::error_t& error) {
    if (error.num() != EINTR) throw Error(std::string("waiting for the server: ") + error.what());
  }
  wake_.Clear();
  return Take();
}

void Client::Cancel(const std::string& id) {
  if (work_.Withdraw(id)) {
    kept_.push_back({id, {{"id", id}, {"type", "finish"}, {"seq", 0}, {"reason", "cancelled"}}, true});
  } else if (work_.waiting(id)) {
    // Over the other socket, which does not wait behind work; without a `client` only the request's own reaches it.
    cancels_[SendOver(token_.empty() ? work_ : Control(), {{"type", "cancel"}, {"request", id}}, {})] = id;
  }
}

void Client::Grant(const std::string& id, int64_t deltas) {  // must not overtake the request
  cancels_[SendOver(work_, {{"type", "credit"}, {"request", id}, {"credit", deltas}}, {})] = "";
}

void Client::FollowCancelling(std::vector<Reply>* replies) {
  std::erase_if(*replies, [&](const Reply& reply) {
    const auto cancel = cancels_.find(reply.id);
    if (cancel == cancels_.end()) return false;
    // It overtook the request. On the request's own socket it cannot; where the request ended meanwhile, it does no
    // harm.
    if (reply.json.contains("found") && reply.json["found"] == false && work_.waiting(cancel->second)) {
      cancels_[SendOver(work_, {{"type", "cancel"}, {"request", cancel->second}}, {})] = "";
    }
    cancels_.erase(cancel);
    return true;
  });
}

void Client::Drop(const std::string& id) {
  Cancel(id);
  std::erase_if(kept_, [&](const Reply& reply) { return reply.id == id; });
  work_.Mute(id);
  if (control_) control_->Mute(id);
}

void Client::Wake() { wake_.Set(); }

Json Client::Ask(Json request, Milliseconds timeout) {
  const auto end = Clock::now() + timeout;
  const std::string id = Send(std::move(request));
  std::vector<Reply> others;
  std::optional<Json> answer;
  while (!answer) {
    for (Reply& reply : Poll(Until(end))) {
      if (reply.id == id) {
        answer = std::move(reply.json);
      } else {
        others.push_back(std::move(reply));
      }
    }
    if (!answer && Clock::now() >= end) {
      Drop(id);
      answer = Json{{"type", "error"}, {"code", "unreachable"}, {"message", "the server does not answer"}};
    }
  }
  kept_.insert(kept_.begin(), std::make_move_iterator(others.begin()), std::make_move_iterator(others.end()));
  if ((*answer)["type"] == "error") throw Error(ErrorText(*answer));
  return *answer;
}

Json Client::Generate(Json request, const std::function<bool(const Json* delta)>& on_delta) {
  request["type"] = "generate";
  const std::string id = Send(std::move(request));
  bool wanted = true;
  for (;;) {
    const std::vector<Reply> replies = Poll(Milliseconds{100});
    bool goes_on = !replies.empty() || on_delta(nullptr);
    for (const Reply& reply : replies) {
      if (reply.id != id) continue;
      if (reply.json["type"] == "error") throw Error(ErrorText(reply.json));
      if (reply.json["type"] == "finish") return reply.json;
      if (wanted && !on_delta(&reply.json)) goes_on = false;
    }
    if (wanted && !goes_on) {
      wanted = false;
      Cancel(id);
    }
  }
}

std::string ErrorText(const Json& reply) {
  const std::string code = reply.value("code", "internal");
  const std::string message = reply.value("message", "the server failed");
  return code == "unreachable" ? message : message + " (" + code + ")";
}

}  // namespace tritwise
