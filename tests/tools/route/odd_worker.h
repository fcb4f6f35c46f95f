// A worker as no server is: it says what it serves, once, and then nothing or nonsense. Sockets of its own.
#pragma once

#include <atomic>
#include <string>
#include <thread>
#include <vector>

#include <zmq.hpp>

#include "tools/route/settings.h"
#include "tools/serve/request_fields.h"

namespace tritwise::test {

class OddWorker {
 public:
  enum Kind : uint8_t { kDeaf, kNonsense };

  explicit OddWorker(Kind kind) : kind_(kind) {
    for (zmq::socket_t* socket : {&work_, &control_}) {
      socket->set(zmq::sockopt::linger, 0);
      socket->bind("tcp://127.0.0.1:*");
    }
    source_ = {work_.get(zmq::sockopt::last_endpoint), control_.get(zmq::sockopt::last_endpoint), ""};
    thread_ = std::thread([this] { Run(); });
  }
  ~OddWorker() {
    over_ = true;
    thread_.join();
  }
  OddWorker(const OddWorker&) = delete;
  OddWorker& operator=(const OddWorker&) = delete;

  const route::WorkerSource& source() const { return source_; }

 private:
  using Json = serve::Json;

  void Run() {
    while (!over_) {
      std::vector<zmq::pollitem_t> items = {{work_.handle(), 0, ZMQ_POLLIN, 0}, {control_.handle(), 0, ZMQ_POLLIN, 0}};
      zmq::poll(items, std::chrono::milliseconds(20));
      for (zmq::socket_t* socket : {&work_, &control_}) Answer(*socket);
    }
  }

  void Answer(zmq::socket_t& socket) {
    zmq::message_t route;
    zmq::message_t protocol;
    zmq::message_t request;
    if (!socket.recv(route, zmq::recv_flags::dontwait) || !socket.recv(protocol) || !socket.recv(request)) return;
    const Json json = Json::parse(request.to_string());
    Json reply = {{"id", json["id"]}, {"type", "result"}};
    if (json["type"] == "models") {
      reply["models"] = {{{"name", "text"}}};
    } else if (json["type"] == "health" && (kind_ != kDeaf || !answered_)) {
      reply["status"] = "ok";
      answered_ = true;
    } else if (kind_ == kNonsense) {
      reply["type"] = "finish";
      reply["reason"] = 7;
      reply["usage"] = "none";
    } else {
      return;
    }
    socket.send(route, zmq::send_flags::sndmore);
    socket.send(protocol, zmq::send_flags::sndmore);
    socket.send(zmq::buffer(reply.dump()), zmq::send_flags::none);
  }

  Kind kind_;
  bool answered_ = false;
  zmq::context_t context_;
  zmq::socket_t work_{context_, ZMQ_ROUTER};
  zmq::socket_t control_{context_, ZMQ_ROUTER};
  route::WorkerSource source_;
  std::atomic<bool> over_{false};
  std::thread thread_;
};

}  // namespace tritwise::test
