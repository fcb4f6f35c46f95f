// A host name stays one in the address: ZeroMQ looks it up again at each attempt to connect. It is looked up here too,
// because ZeroMQ says nothing of a name that does not exist, and to know which kind of address it has: of a host with
// both kinds, "localhost" for one, a server mostly listens on IPv4.
#include "tools/client/address.h"

#include <charconv>
#include <memory>

#include <netdb.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "trainer/error.h"

namespace tritwise {
namespace {

constexpr size_t kLongestPath = sizeof(sockaddr_un{}.sun_path) - 1;

[[noreturn]] void Refuse(const std::string& address, const std::string& what) {
  throw Error("\"" + address + "\": " + what);
}

struct HostAndPort {
  std::string host;  // without the brackets around an IPv6 address
  int port = 0;
};

HostAndPort SplitTcp(const std::string& address) {
  const std::string rest = address.substr(6);
  const size_t colon = rest.rfind(':');
  HostAndPort split;
  const char* end = rest.data() + rest.size();
  if (colon == std::string::npos || colon == 0 ||
      std::from_chars(rest.data() + colon + 1, end, split.port).ptr != end || split.port < 1 || split.port > 65535) {
    Refuse(address, "an address is tcp://HOST:PORT or ipc://PATH");
  }
  split.host = rest.substr(0, colon);
  if (split.host.size() > 2 && split.host.front() == '[' && split.host.back() == ']') {
    split.host = split.host.substr(1, split.host.size() - 2);
  } else if (split.host.find_first_of("[]:/;*") != std::string::npos) {
    Refuse(address, "the host is a name, an IPv4 address or an IPv6 address in brackets");
  }
  return split;
}

bool OnlyIpv6(const std::string& address, const std::string& host) {
  addrinfo hints = {};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  if (const int code = getaddrinfo(host.c_str(), nullptr, &hints, &found); code != 0) {
    Refuse(address, "the host is not known (" + std::string(gai_strerror(code)) + ")");
  }
  const std::unique_ptr<addrinfo, decltype(&freeaddrinfo)> list(found, freeaddrinfo);
  for (const addrinfo* one = found; one != nullptr; one = one->ai_next) {
    if (one->ai_family == AF_INET) return false;
  }
  return true;
}

bool IsTcp(const std::string& address) { return address.starts_with("tcp://"); }

bool IsIpv6Number(const std::string& /*address*/, const std::string& host) { return host.find(':') != host.npos; }

using NeedsIpv6 = bool (*)(const std::string& address, const std::string& host);

// Whether it needs IPv6. Throws Error.
bool Check(const std::string& address, NeedsIpv6 needs_ipv6) {
  if (IsTcp(address)) return needs_ipv6(address, SplitTcp(address).host);
  if (!address.starts_with("ipc://") || address.size() == 6) {
    Refuse(address, "an address is tcp://HOST:PORT or ipc://PATH");
  }
  if (address.size() - 6 > kLongestPath) {
    Refuse(address, "the path has more than " + std::to_string(kLongestPath) + " bytes");
  }
  return false;
}

std::string ControlOf(const std::string& work) {
  if (!IsTcp(work)) return work + ".control";
  const int port = SplitTcp(work).port;
  if (port == 65535) Refuse(work, "there is no next port for control: give its address");
  return work.substr(0, work.rfind(':') + 1) + std::to_string(port + 1);
}

Address Parse(const std::string& work, const std::string& control, NeedsIpv6 needs_ipv6) {
  Address address;
  address.work = work;
  address.ipv6 = Check(work, needs_ipv6);
  address.control = control.empty() ? ControlOf(work) : control;
  if (Check(address.control, needs_ipv6)) address.ipv6 = true;
  return address;
}

}  // namespace

Address ParseAddress(const std::string& work, const std::string& control) { return Parse(work, control, OnlyIpv6); }

Address ParseAddressOnly(const std::string& work, const std::string& control) {
  return Parse(work, control, IsIpv6Number);
}

}  // namespace tritwise
