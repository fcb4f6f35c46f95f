// Whether the other end of an HTTP connection is still there.
//
// cpp-httplib tells a handler only while it writes, and an answer that is not streamed is written at the end; so the
// socket is found again, by its peer's address, among the process's own.
#pragma once

#include <string>

namespace tritwise {

class Connection {
 public:
  // Of the peer's numeric address. Where no socket has this peer, gone() is always false.
  Connection(const std::string& address, int port);

  // The peer has closed, or broken off.
  bool gone() const;

 private:
  int socket_ = -1;  // borrowed: valid as long as the handler runs
};

}  // namespace tritwise
