// One of a client's two connections: a DEALER socket, and the requests that wait for their replies.
//
// ZeroMQ connects again by itself but says nothing of messages that were lost meanwhile. So nothing is handed to it
// while there is no connection, its monitor tells when one breaks, and the requests under way are then said again. A
// request that finds no connection for long enough ends with an error of our own, code `unreachable`.
//
// A connection that broke is read to its end, and the next one gets a socket of its own: what waits in the old one's
// queues is never sent. (ZeroMQ's option for that, ZMQ_IMMEDIATE, drops what has come but was not read, and ends the
// process where that happens between two frames of a message.)
#pragma once

#include <chrono>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include <zmq.hpp>

#include "tools/client/continuation.h"
#include "tools/output.h"
#include "tools/serve/keys.h"

namespace tritwise {

using Clock = std::chrono::steady_clock;
using Milliseconds = std::chrono::milliseconds;

struct Curve {
  std::string server_key;
  serve::KeyPair own;
};

struct ChannelOptions {
  std::string address;
  bool ipv6 = false;
  std::optional<Curve> curve;
  Milliseconds give_up{5000};
  int attempts = 5;       // how often a request is said, the first time included
  int receive_queue = 0;  // as in ClientOptions
};

struct Reply {
  std::string id;
  Json json;  // an object with a string `type`
  bool last = true;
};

class Channel {
 public:
  // Throws Error.
  Channel(zmq::context_t& context, const ChannelOptions& options);

  // Sent by Advance, as soon as there is a connection.
  void Send(const std::string& id, std::string json, std::string binary);
  bool waiting(const std::string& id) const { return requests_.count(id) != 0; }
  bool connected() const { return connected_; }
  // Why there is no connection.
  std::string Unreachable() const;
  // Takes a request back that was never sent; false where it was, or there is none.
  bool Withdraw(const std::string& id);
  // Its replies are dropped from now on, and it is not said again.
  void Mute(const std::string& id);

  // What zmq_poll is to watch, and when Advance has something to do even if nothing happens.
  void AddPollItems(std::vector<zmq::pollitem_t>* items);
  std::optional<Clock::time_point> NextTimeout() const;
  // Of the system, for a poll of one's own: where one is readable, Advance may have something to do.
  void AddDescriptors(std::vector<int>* descriptors) const;
  // Does what can be done without waiting; appends the replies that came.
  void Advance(std::vector<Reply>* replies);
  // How often a request was said again because its connection broke.
  uint64_t repetitions() const { return repetitions_; }

 private:
  struct Request {
    std::string json;
    std::string binary;
    bool sent = false;
    bool muted = false;
    int attempts = 0;
    Clock::time_point unsent_since;
    Continuation text;
  };

  struct Connection {
    // Throws zmq::error_t.
    Connection(zmq::context_t& context, const ChannelOptions& options);
    ~Connection();
    Connection(const Connection&) = delete;
    Connection& operator=(const Connection&) = delete;
    zmq::socket_t socket;
    zmq::socket_t monitor;
  };

  void ConnectAgain();
  void Receive(std::vector<Reply>* replies);
  void Handle(const std::vector<zmq::message_t>& frames, std::vector<Reply>* replies);
  void FollowConnection(std::vector<Reply>* replies);
  void LoseConnection();
  // Whether something was sent.
  bool SendWaiting();
  void GiveUp(std::vector<Reply>* replies);

  zmq::context_t& context_;
  ChannelOptions options_;
  std::optional<Connection> connection_;  // none for a moment after one broke
  Clock::time_point connect_at_ = {};
  std::map<std::string, Request> requests_;
  std::deque<std::string> unsent_;  // in the order in which they are sent; some may have ended meanwhile
  bool connected_ = false;          // as the monitor says: a connection that broke takes messages for a moment still
  bool handshake_failed_ = false;
  uint64_t repetitions_ = 0;
};

}  // namespace tritwise
