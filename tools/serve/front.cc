#include "tools/serve/front.h"

#include <array>

#include "tools/serve/protocol.h"
#include "trainer/error.h"

namespace tritwise::serve {
namespace {

constexpr int kHandshake_ms = 5000;
constexpr int kHeartbeat_ms = 3000;
constexpr int kSilence_ms = 10000;    // of a peer that is then gone
constexpr int kQueued = 256;          // messages for one connection that does not read
constexpr int kSendBuffer = 1 << 16;  // bytes of the system: else megabytes of texts that nobody reads
constexpr int kBacklog = 1024;
constexpr size_t kMostFrames = 4;  // a message that is right has three
constexpr size_t kKeyBytes = 32;

void Bind(zmq::socket_t& socket, const std::string& address, const ServiceSettings& settings) {
  socket.set(zmq::sockopt::linger, 1000);
  socket.set(zmq::sockopt::router_mandatory, true);
  socket.set(zmq::sockopt::maxmsgsize, static_cast<int64_t>(settings.max_message));
  socket.set(zmq::sockopt::handshake_ivl, kHandshake_ms);
  socket.set(zmq::sockopt::heartbeat_ivl, kHeartbeat_ms);
  socket.set(zmq::sockopt::heartbeat_timeout, kSilence_ms);
  socket.set(zmq::sockopt::heartbeat_ttl, kSilence_ms);
  socket.set(zmq::sockopt::sndhwm, kQueued);
  socket.set(zmq::sockopt::sndbuf, kSendBuffer);
  socket.set(zmq::sockopt::rcvhwm, kQueued);
  socket.set(zmq::sockopt::backlog, kBacklog);
  socket.set(zmq::sockopt::ipv6, address.find('[') != std::string::npos);
  try {
    socket.bind(address);
  } catch (const zmq::error_t& error) {
    throw Error(address + ": cannot listen: " + error.what());
  }
}

std::string UserOf(zmq::message_t& message) {
  try {
    return message.gets("User-Id");
  } catch (const zmq::error_t&) {  // connections without a key have none
    return {};
  }
}

}  // namespace

Front::Front(const ServiceSettings& settings)
    : zap_(context_, ZMQ_REP), work_(context_, ZMQ_ROUTER), control_(context_, ZMQ_ROUTER) {
  zap_.bind("inproc://zeromq.zap.01");
  if (!settings.secret_key.empty()) {
    curve_ = true;
    any_key_ = settings.allow.empty();
    const KeyPair keys = ReadSecretKey(settings.secret_key);
    Secure(work_, keys);
    Secure(control_, keys);
    if (!any_key_) allowed_ = ReadAllowList(settings.allow);
  }
  Bind(work_, settings.bind, settings);
  Bind(control_, ControlAddress(settings), settings);
  work_address_ = work_.get(zmq::sockopt::last_endpoint);
  control_address_ = control_.get(zmq::sockopt::last_endpoint);
}

void Front::Secure(zmq::socket_t& socket, const KeyPair& keys) {
  socket.set(zmq::sockopt::curve_server, true);
  socket.set(zmq::sockopt::curve_secretkey, keys.secret_key);
  socket.set(zmq::sockopt::zap_domain, "tritwise");
}

const AllowedKey* Front::Allowed(const std::string& name) const {
  for (const auto& [key, allowed] : allowed_) {
    if (allowed.name == name) return &allowed;
  }
  return nullptr;
}

// ZeroMQ RFC 27: version, request, domain, address, identity, mechanism, credentials.
void Front::AnswerKeyQuestions() {
  for (;;) {
    std::vector<std::string> question;
    zmq::message_t frame;
    if (!zap_.recv(frame, zmq::recv_flags::dontwait)) return;
    question.push_back(frame.to_string());
    while (frame.more() && zap_.recv(frame)) question.push_back(frame.to_string());
    std::string user;
    bool allowed = false;
    if (question.size() == 7 && question[5] == "CURVE" && question[6].size() == kKeyBytes) {
      char key[kKeyBytes / 4 * 5 + 1];
      zmq_z85_encode(key, reinterpret_cast<const uint8_t*>(question[6].data()), kKeyBytes);
      const auto found = allowed_.find(key);
      allowed = any_key_ || found != allowed_.end();
      user = found != allowed_.end() ? found->second.name : key;
    }
    if (!allowed) ++refused_;
    const std::string request = question.size() > 1 ? question[1] : std::string();
    const std::array<std::string, 6> answer = {
        "1.0", request, allowed ? "200" : "400", allowed ? "OK" : "this key is not allowed", allowed ? user : "", ""};
    for (size_t i = 0; i < answer.size(); ++i) {
      zap_.send(zmq::buffer(answer[i]), i + 1 < answer.size() ? zmq::send_flags::sndmore : zmq::send_flags::none);
    }
  }
}

void Front::Wait(std::vector<zmq::pollitem_t> items, std::chrono::milliseconds most) {
  for (zmq::socket_t* socket : {&zap_, &control_, &work_}) items.push_back({socket->handle(), 0, ZMQ_POLLIN, 0});
  try {
    zmq::poll(items, most);
  } catch (const zmq::error_t& error) {
    if (error.num() != EINTR) throw;
  }
  AnswerKeyQuestions();
}

std::optional<Incoming> Front::Receive() {
  for (const bool control : {true, false}) {
    zmq::socket_t& socket = control ? control_ : work_;
    zmq::message_t frame;
    if (!socket.recv(frame, zmq::recv_flags::dontwait)) continue;
    Incoming message{control, frame.to_string(), {}, {}};
    while (frame.more()) {
      if (!socket.recv(frame)) break;
      if (message.frames.empty()) message.user = UserOf(frame);
      if (message.frames.size() < kMostFrames) message.frames.push_back(frame.to_string());
    }
    return message;
  }
  return std::nullopt;
}

Sent Front::Send(bool control, const std::string& route, const std::string& json) {
  return SendFrames(control, route, {kProtocol, json});
}

Sent Front::SendKeepAlive(bool control, const std::string& route) { return SendFrames(control, route, {kProtocol}); }

Sent Front::SendFrames(bool control, const std::string& route, std::initializer_list<std::string_view> frames) {
  zmq::socket_t& socket = control ? control_ : work_;
  try {
    // Only the first frame can find no room: the others follow it.
    const auto more = zmq::send_flags::sndmore | zmq::send_flags::dontwait;
    if (!socket.send(zmq::buffer(route), more)) return Sent::kFull;
    for (const std::string_view& frame : frames) {
      socket.send(zmq::buffer(frame), &frame + 1 == frames.end() ? zmq::send_flags::dontwait : more);
    }
    return Sent::kYes;
  } catch (const zmq::error_t& error) {
    if (error.num() == EAGAIN) return Sent::kFull;
    if (error.num() == EHOSTUNREACH) return Sent::kGone;
    throw;
  }
}

void Front::StopListening() {
  work_.unbind(work_address_);
  control_.unbind(control_address_);
}

}  // namespace tritwise::serve
