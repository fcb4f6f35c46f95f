// Where a server is: the two addresses that a client connects to (docs/protocol.md).
#pragma once

#include <string>

namespace tritwise {

struct Address {
  std::string work;     // tcp://HOST:PORT or ipc://PATH, as ZeroMQ takes them
  std::string control;  // the next port, or PATH.control, unless it was said
  bool ipv6 = false;    // the host has no other kind of address
};

// Throws Error where an address is not one, or the host is not known. An empty `control` is derived from `work`.
Address ParseAddress(const std::string& work, const std::string& control = "");
// The same without asking for the host, which may become known later: IPv6 only where it stands in brackets.
Address ParseAddressOnly(const std::string& work, const std::string& control = "");

}  // namespace tritwise
