// The server's sockets: work, control, and the one on which ZeroMQ asks whether a key may connect. Takes and sends
// whole messages and never waits to send.
#pragma once

#include <initializer_list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <zmq.hpp>

#include "tools/serve/keys.h"
#include "tools/serve/settings.h"

namespace tritwise::serve {

struct Incoming {
  bool control = false;
  std::string route;  // of the connection: replies go there
  std::string user;   // name of the key; "" without CURVE
  std::vector<std::string> frames;
};

enum class Sent : uint8_t { kYes, kFull, kGone };

class Front {
 public:
  // Binds both sockets. Throws Error with the address that cannot be had.
  explicit Front(const ServiceSettings& settings);

  // With CURVE: who may connect from now on. Connections that are there stay.
  void Allow(AllowList list) { allowed_ = std::move(list); }
  // Null for a name that is not in the list.
  const AllowedKey* Allowed(const std::string& name) const;

  // Waits until there is a message, one of `others` has something, or the time is over. Answers questions about keys.
  void Wait(std::vector<zmq::pollitem_t> others, std::chrono::milliseconds most);
  // The next message, of control first; none where there is none.
  std::optional<Incoming> Receive();
  // One message of two frames, the protocol and `json`.
  Sent Send(bool control, const std::string& route, const std::string& json);
  // A message of the protocol's frame alone: clients pass over it, and a connection that is gone is found out.
  Sent SendKeepAlive(bool control, const std::string& route);
  // No new connections or messages from now on; what was sent still goes out.
  void StopListening();

  const std::string& work_address() const { return work_address_; }
  const std::string& control_address() const { return control_address_; }
  uint64_t refused() const { return refused_; }

 private:
  void Secure(zmq::socket_t& socket, const KeyPair& keys);
  void AnswerKeyQuestions();
  Sent SendFrames(bool control, const std::string& route, std::initializer_list<std::string_view> frames);

  zmq::context_t context_;
  zmq::socket_t zap_;
  zmq::socket_t work_;
  zmq::socket_t control_;
  std::string work_address_;
  std::string control_address_;
  bool curve_ = false;
  bool any_key_ = false;
  AllowList allowed_;
  uint64_t refused_ = 0;
};

}  // namespace tritwise::serve
