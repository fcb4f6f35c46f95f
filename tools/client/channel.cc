#include "tools/client/channel.h"

#include <atomic>
#include <cstring>

#include "tools/serve/protocol.h"
#include "trainer/error.h"

namespace tritwise {
namespace {

constexpr int kSmallBuffer = 4096;  // bytes of the system
constexpr Milliseconds kReconnect{100};
constexpr int kEvents = ZMQ_EVENT_HANDSHAKE_SUCCEEDED | ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL |
                        ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL | ZMQ_EVENT_HANDSHAKE_FAILED_AUTH | ZMQ_EVENT_DISCONNECTED;

void SetOptions(zmq::socket_t& socket, const ChannelOptions& options) {
  socket.set(zmq::sockopt::linger, 200);  // a last `cancel` still goes out
  socket.set(zmq::sockopt::sndhwm, 0);
  // Where there is no limit, the texts of the requests under way bound it.
  socket.set(zmq::sockopt::rcvhwm, options.receive_queue);
  if (options.receive_queue != 0) socket.set(zmq::sockopt::rcvbuf, kSmallBuffer);
  socket.set(zmq::sockopt::heartbeat_ivl, 2000);
  socket.set(zmq::sockopt::heartbeat_timeout, 6000);
  socket.set(zmq::sockopt::heartbeat_ttl, 10000);
  socket.set(zmq::sockopt::handshake_ivl, 5000);
  socket.set(zmq::sockopt::reconnect_ivl, static_cast<int>(kReconnect.count()));
  socket.set(zmq::sockopt::reconnect_ivl_max, 2000);
  socket.set(zmq::sockopt::ipv6, options.ipv6);
  if (options.curve) {
    socket.set(zmq::sockopt::curve_serverkey, options.curve->server_key);
    socket.set(zmq::sockopt::curve_publickey, options.curve->own.public_key);
    socket.set(zmq::sockopt::curve_secretkey, options.curve->own.secret_key);
  }
}

// The next message without waiting for one; empty where there is none.
std::vector<zmq::message_t> Next(zmq::socket_t& socket) {
  std::vector<zmq::message_t> frames;
  do {
    zmq::message_t frame;
    if (!socket.recv(frame, zmq::recv_flags::dontwait)) break;
    frames.push_back(std::move(frame));
  } while (frames.back().more());
  return frames;
}

bool SendFrame(zmq::socket_t& socket, std::string_view frame, bool more) {
  auto flags = zmq::send_flags::dontwait;
  if (more) flags = flags | zmq::send_flags::sndmore;
  return socket.send(zmq::buffer(frame), flags).has_value();
}

// A context, which several channels may share, knows a monitor by its name.
std::string MonitorName() {
  static std::atomic<uint64_t> monitors{0};
  return "inproc://monitor-" + std::to_string(++monitors);
}

Reply Failure(const std::string& id, const std::string& message) {
  return {id, {{"id", id}, {"type", "error"}, {"code", "unreachable"}, {"message", message}}, true};
}

}  // namespace

Channel::Connection::Connection(zmq::context_t& context, const ChannelOptions& options)
    : socket(context, zmq::socket_type::dealer), monitor(context, zmq::socket_type::pair) {
  SetOptions(socket, options);
  const std::string events = MonitorName();
  if (zmq_socket_monitor(socket.handle(), events.c_str(), kEvents) != 0) throw zmq::error_t();
  monitor.set(zmq::sockopt::linger, 0);
  monitor.set(zmq::sockopt::rcvhwm, 0);
  monitor.connect(events);
  socket.connect(options.address);
}

// ZeroMQ's thread waits for ever, and all connections with it, where it has an event to tell and nobody listens.
Channel::Connection::~Connection() { zmq_socket_monitor(socket.handle(), nullptr, 0); }

Channel::Channel(zmq::context_t& context, const ChannelOptions& options) : context_(context), options_(options) {
  try {
    connection_.emplace(context_, options_);
  } catch (const zmq::error_t& error) {
    throw Error("cannot connect to " + options_.address + ": " + error.what());
  }
}

void Channel::Send(const std::string& id, std::string json, std::string binary) {
  Request& request = requests_[id];
  request = {};
  request.json = std::move(json);
  request.binary = std::move(binary);
  request.unsent_since = Clock::now();
  unsent_.push_back(id);
}

bool Channel::Withdraw(const std::string& id) {
  const auto found = requests_.find(id);
  if (found == requests_.end() || found->second.attempts != 0) return false;
  requests_.erase(found);
  return true;
}

void Channel::Mute(const std::string& id) {
  const auto found = requests_.find(id);
  if (found == requests_.end()) return;
  if (found->second.sent) {
    found->second.muted = true;
  } else {
    requests_.erase(found);
  }
}

void Channel::AddPollItems(std::vector<zmq::pollitem_t>* items) {
  if (!connection_) return;
  items->push_back({connection_->socket.handle(), 0,
                    static_cast<short>(connected_ && !unsent_.empty() ? ZMQ_POLLIN | ZMQ_POLLOUT : ZMQ_POLLIN), 0});
  items->push_back({connection_->monitor.handle(), 0, ZMQ_POLLIN, 0});
}

void Channel::AddDescriptors(std::vector<int>* descriptors) const {
  if (!connection_) return;
  descriptors->push_back(connection_->socket.get(zmq::sockopt::fd));
  descriptors->push_back(connection_->monitor.get(zmq::sockopt::fd));
}

std::optional<Clock::time_point> Channel::NextTimeout() const {
  std::optional<Clock::time_point> next;
  for (const auto& [id, request] : requests_) {
    if (!request.sent && (!next || request.unsent_since < *next)) next = request.unsent_since;
  }
  if (next) *next += options_.give_up;
  if (!connection_ && (!next || connect_at_ < *next)) next = connect_at_;
  return next;
}

void Channel::Advance(std::vector<Reply>* replies) {
  if (!connection_) ConnectAgain();
  Receive(replies);
  FollowConnection(replies);
  // Sending takes note of what came meanwhile, and its descriptor says so no more.
  if (SendWaiting()) Receive(replies);
  GiveUp(replies);
}

void Channel::ConnectAgain() {
  const auto now = Clock::now();
  if (now < connect_at_) return;
  try {
    connection_.emplace(context_, options_);
  } catch (const zmq::error_t&) {  // too many sockets of others, that have not all been closed yet
    connect_at_ = now + kReconnect;
  }
}

void Channel::Receive(std::vector<Reply>* replies) {
  if (!connection_) return;
  zmq::socket_t& socket = connection_->socket;
  for (auto frames = Next(socket); !frames.empty(); frames = Next(socket)) Handle(frames, replies);
}

void Channel::Handle(const std::vector<zmq::message_t>& frames, std::vector<Reply>* replies) {
  if (frames.size() < 2) return;
  Json json = Json::parse(frames[1].to_string_view(), nullptr, false);
  if (!json.is_object() || !json.contains("id") || !json["id"].is_string() || !json.contains("type") ||
      !json["type"].is_string()) {
    return;
  }
  const std::string id = json["id"];
  const auto found = requests_.find(id);
  if (found == requests_.end()) return;
  const bool last = json["type"] != "delta";
  if (found->second.muted) {
    if (last) requests_.erase(found);
    return;
  }
  if (!last && !found->second.text.Accept(&json)) return;
  if (json["type"] == "finish") json["seq"] = found->second.text.deltas();
  if (last) requests_.erase(found);
  replies->push_back({id, std::move(json), last});
}

void Channel::FollowConnection(std::vector<Reply>* replies) {
  while (connection_) {
    const auto frames = Next(connection_->monitor);
    if (frames.empty()) return;
    uint16_t event = 0;
    if (frames[0].size() < sizeof event) continue;
    std::memcpy(&event, frames[0].data(), sizeof event);
    switch (event) {
      case ZMQ_EVENT_HANDSHAKE_SUCCEEDED:
        connected_ = true;
        handshake_failed_ = false;
        break;
      case ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL:
      case ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL:
      case ZMQ_EVENT_HANDSHAKE_FAILED_AUTH:
        handshake_failed_ = true;
        break;
      case ZMQ_EVENT_DISCONNECTED:
        if (!connected_) break;  // ZeroMQ goes on trying
        Receive(replies);        // what had come before it broke
        LoseConnection();
        break;
      default:
        break;
    }
  }
}

void Channel::LoseConnection() {
  connected_ = false;
  const auto now = Clock::now();
  connection_->socket.set(zmq::sockopt::linger, 0);
  connection_.reset();
  connect_at_ = now + kReconnect;
  std::erase_if(requests_, [](const auto& entry) { return entry.second.muted; });
  for (auto& [id, request] : requests_) {
    if (!request.sent) continue;
    request.sent = false;
    request.unsent_since = now;
    request.text.Repeat();
    unsent_.push_back(id);
  }
}

bool Channel::SendWaiting() {
  bool sent = false;
  for (; connected_ && !unsent_.empty(); unsent_.pop_front()) {
    const auto found = requests_.find(unsent_.front());
    if (found == requests_.end()) continue;
    Request& request = found->second;
    if (request.sent || request.attempts == options_.attempts) continue;  // GiveUp ends the latter
    if (!SendFrame(connection_->socket, serve::kProtocol, true)) break;
    SendFrame(connection_->socket, request.json, !request.binary.empty());
    if (!request.binary.empty()) SendFrame(connection_->socket, request.binary, false);
    request.sent = true;
    sent = true;
    if (++request.attempts > 1) ++repetitions_;
    if (request.attempts < options_.attempts) continue;
    request.json = {};  // not said again
    request.binary = {};
  }
  return sent;
}

void Channel::GiveUp(std::vector<Reply>* replies) {
  const auto now = Clock::now();
  for (auto entry = requests_.begin(); entry != requests_.end();) {
    const Request& request = entry->second;
    const bool too_often = !request.sent && request.attempts == options_.attempts;
    if (too_often || (!request.sent && now - request.unsent_since >= options_.give_up)) {
      replies->push_back(Failure(entry->first, Unreachable()));
      entry = requests_.erase(entry);
    } else {
      ++entry;
    }
  }
}

std::string Channel::Unreachable() const {
  if (!handshake_failed_) return "no server answers at " + options_.address;
  return "what answers at " + options_.address + " refuses the connection" +
         (options_.curve ? " (are the keys right?)" : " (does it ask for keys?)");
}

}  // namespace tritwise
