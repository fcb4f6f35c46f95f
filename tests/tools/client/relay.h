// Hands bytes on between a client and a server, until it is told to break the connection. Test's own: plain sockets.
#pragma once

#include <atomic>
#include <chrono>
#include <stdexcept>
#include <string>
#include <thread>

#include <arpa/inet.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

namespace tritwise::test {

class Relay {
 public:
  // `server`: tcp://127.0.0.1:PORT.
  explicit Relay(const std::string& server)
      : server_port_(std::stoi(server.substr(server.rfind(':') + 1))), listener_(socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address = Loopback(0);
    socklen_t size = sizeof address;
    if (bind(listener_, reinterpret_cast<sockaddr*>(&address), size) != 0 || listen(listener_, 8) != 0 ||
        getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size) != 0) {
      throw std::runtime_error("relay: no port");
    }
    port_ = ntohs(address.sin_port);
    thread_ = std::thread([this] { Run(); });
  }
  ~Relay() {
    over_ = true;
    thread_.join();
    close(listener_);
  }
  Relay(const Relay&) = delete;
  Relay& operator=(const Relay&) = delete;

  std::string address() const { return "tcp://127.0.0.1:" + std::to_string(port_); }
  int connections() const { return connections_; }
  void Break() { break_ = true; }
  // Once nothing was to hand on for a moment. Waits for that.
  void BreakWhenQuiet() {
    break_when_quiet_ = true;
    while (break_when_quiet_) std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }

 private:
  static sockaddr_in Loopback(int port) {
    sockaddr_in address = {};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<uint16_t>(port));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return address;
  }

  void Run() {
    while (!over_) {
      pollfd waiting{listener_, POLLIN, 0};
      if (poll(&waiting, 1, 20) <= 0) continue;
      const int client = accept(listener_, nullptr, nullptr);
      const int server = socket(AF_INET, SOCK_STREAM, 0);
      const sockaddr_in address = Loopback(server_port_);
      if (connect(server, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0) {
        ++connections_;
        HandOn(client, server);
      }
      close(client);
      close(server);
      break_when_quiet_ = false;
    }
  }

  void HandOn(int client, int server) {
    while (!over_) {
      if (break_.exchange(false)) return;
      pollfd both[2] = {{client, POLLIN, 0}, {server, POLLIN, 0}};
      if (poll(both, 2, break_when_quiet_ ? 200 : 5) <= 0) {
        if (break_when_quiet_) return;
        continue;
      }
      if (both[0].revents != 0 && !Copy(client, server)) return;
      if (both[1].revents != 0 && !Copy(server, client)) return;
    }
  }

  static bool Copy(int from, int to) {
    char bytes[512];
    const ssize_t got = read(from, bytes, sizeof bytes);
    return got > 0 && send(to, bytes, static_cast<size_t>(got), MSG_NOSIGNAL) == got;
  }

  int server_port_;
  int listener_;
  int port_ = 0;
  std::atomic<int> connections_{0};
  std::atomic<bool> break_{false};
  std::atomic<bool> break_when_quiet_{false};
  std::atomic<bool> over_{false};
  std::thread thread_;
};

}  // namespace tritwise::test
