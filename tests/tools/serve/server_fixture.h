// A real server in a thread, and clients on real sockets.
#pragma once

#include <catch2/catch.hpp>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include <zmq.hpp>

#include "tests/support/random_model.h"
#include "tools/serve/server.h"

namespace tritwise::test {

using serve::Json;

enum class Room : uint8_t { kEnough, kLittle };

class Client {
 public:
  // With little room what is not read soon waits at the server. Then its heartbeats say that it is there: what it does
  // not read has the server's.
  explicit Client(const std::string& address, Room room = Room::kEnough) : socket_(context_, ZMQ_DEALER) {
    socket_.set(zmq::sockopt::linger, 0);
    socket_.set(zmq::sockopt::rcvtimeo, 120000);
    if (room == Room::kLittle) {
      socket_.set(zmq::sockopt::rcvhwm, 1);
      socket_.set(zmq::sockopt::rcvbuf, 4096);
      socket_.set(zmq::sockopt::heartbeat_ivl, 500);
      socket_.set(zmq::sockopt::heartbeat_timeout, 3'600'000);
    }
    socket_.connect(address);
  }
  // With keys; `server` is the public one.
  Client(const std::string& address, const serve::KeyPair& keys, const std::string& server)
      : socket_(context_, ZMQ_DEALER) {
    socket_.set(zmq::sockopt::linger, 0);
    socket_.set(zmq::sockopt::rcvtimeo, 120000);
    socket_.set(zmq::sockopt::curve_publickey, keys.public_key);
    socket_.set(zmq::sockopt::curve_secretkey, keys.secret_key);
    socket_.set(zmq::sockopt::curve_serverkey, server);
    socket_.connect(address);
  }

  void Send(const Json& request) { SendFrames({"tritwise/1", request.dump()}); }
  void SendFrames(const std::vector<std::string>& frames) {
    for (size_t i = 0; i < frames.size(); ++i) {
      socket_.send(zmq::buffer(frames[i]), i + 1 < frames.size() ? zmq::send_flags::sndmore : zmq::send_flags::none);
    }
  }
  // Null after `patience` without a message.
  Json Receive(std::chrono::milliseconds patience = std::chrono::seconds(120)) {
    socket_.set(zmq::sockopt::rcvtimeo, static_cast<int>(patience.count()));
    zmq::message_t frame;
    do {
      if (!socket_.recv(frame)) return nullptr;
      CHECK(frame.to_string() == "tritwise/1");
    } while (!frame.more());  // alone: a keep-alive
    REQUIRE(socket_.recv(frame));
    CHECK(!frame.more());
    return Json::parse(frame.to_string());
  }
  Json Ask(const Json& request) {
    Send(request);
    return Receive();
  }
  // The text of a request's deltas; the reply that ended it is left in `last`. Checks the numbers of the deltas.
  std::string Text(const std::string& id) {
    std::string text;
    for (uint64_t seq = 0;; ++seq) {
      last = Receive();
      REQUIRE(last.is_object());
      REQUIRE(last["id"] == id);
      if (last["type"] == "error") return text;
      REQUIRE(last["seq"] == seq);
      if (last["type"] != "delta") return text;
      text += last["text"].get<std::string>();
    }
  }
  zmq::socket_t& socket() { return socket_; }

  Json last;

 private:
  zmq::context_t context_;
  zmq::socket_t socket_;
};

inline Json GenerateRequest(const std::string& id, const std::string& prompt, int tokens) {
  return {{"type", "generate"}, {"id", id}, {"prompt", prompt}, {"max_tokens", tokens}};
}

// As a client asks that takes so many deltas and no more.
inline Json WithCredit(Json request, int credit) {
  request["credit"] = credit;
  return request;
}

// A server or a router in a thread.
class ServiceRun {
 public:
  ServiceRun() = default;
  ServiceRun(const ServiceRun&) = delete;
  ServiceRun& operator=(const ServiceRun&) = delete;

  std::string work() const { return server->work_address(); }
  std::string control() const { return server->control_address(); }
  bool Logged(const std::string& event) const {
    const std::lock_guard<std::mutex> lock(mutex_);
    for (const Json& line : lines_) {
      if (line["event"] == event) return true;
    }
    return false;
  }
  // The value of a metric as `stats` gives it; 0 where it has none.
  double Stat(const std::string& name, const std::string& labels = {}) const {
    Client client(control());
    const Json stats = client.Ask({{"type", "stats"}, {"id", "s"}})["stats"];
    if (!stats.contains(name)) return 0.0;
    if (labels.empty()) return stats[name].get<double>();
    return stats[name].contains(labels) ? stats[name][labels].get<double>() : 0.0;
  }
  // Waits for something that happens in its own time. Asks less often the longer it takes: in an emulator asking costs
  // as much as what is waited for.
  template <class Condition>
  static bool Soon(const Condition& condition, std::chrono::seconds patience = std::chrono::seconds(300)) {
    using Milliseconds = std::chrono::milliseconds;
    const auto begin = std::chrono::steady_clock::now();
    while (!condition()) {
      const auto waited = std::chrono::duration_cast<Milliseconds>(std::chrono::steady_clock::now() - begin);
      if (waited > patience) return false;
      std::this_thread::sleep_for(std::clamp(waited / 20, Milliseconds(5), Milliseconds(250)));
    }
    return true;
  }

  std::unique_ptr<serve::Service> server;
  std::atomic<bool> ended{false};

 protected:
  ~ServiceRun() {
    server->Drain();
    thread_.join();
  }
  void Begin(std::unique_ptr<serve::Service> service) {
    server = std::move(service);
    thread_ = std::thread([this] {
      server->Run();
      ended = true;
    });
  }
  serve::Service::LogFn Log() {
    return [this](Json line) {
      const std::lock_guard<std::mutex> lock(mutex_);
      lines_.push_back(std::move(line));
    };
  }
  // Any port that is free, and a short end for requests that wait for ever; unless the test says otherwise.
  static void ForTests(serve::ServiceSettings& settings) {
    if (settings.bind == serve::ServiceSettings().bind) settings.bind = "tcp://127.0.0.1:*";
    if (settings.drain_s == serve::ServiceSettings().drain_s) settings.drain_s = 2.0;
  }

 private:
  mutable std::mutex mutex_;
  std::vector<Json> lines_;
  std::thread thread_;
};

class ServerRun : public ServiceRun {
 public:
  explicit ServerRun(serve::ServerSettings settings = {}, int64_t context = 96, const std::string& name = "text") {
    WriteTextModel(path, true, context);
    ForTests(settings);
    if (settings.threads == 0) settings.threads = 1;
    Begin(std::make_unique<serve::Server>(settings, std::vector<serve::ModelSource>{{name, path, true}}, Log()));
  }

  TempDir folder;
  std::string path = (folder.path() / "text.trit").string();
};

}  // namespace tritwise::test
