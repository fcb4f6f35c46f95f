// Addresses in a program that is linked statically: the linker gives this program the same functions.
#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <catch2/catch.hpp>
#include <string>

namespace tritwise::test {
namespace {

// What getaddrinfo says, written by getnameinfo: "host port", or the error's number.
std::string RoundTrip(const char* host, const char* service, const addrinfo& hints = {}) {
  addrinfo* found = nullptr;
  if (const int code = getaddrinfo(host, service, &hints, &found); code != 0) return std::to_string(code);
  char name[INET6_ADDRSTRLEN];
  char port[8];
  const int code = getnameinfo(found->ai_addr, found->ai_addrlen, name, sizeof name, port, sizeof port,
                               NI_NUMERICHOST | NI_NUMERICSERV);
  freeaddrinfo(found);
  return code != 0 ? std::to_string(code) : std::string(name) + " " + port;
}

sockaddr_in LoopbackV4() {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(5690);
  return address;
}

sockaddr_in6 OfThirdInterface() {
  sockaddr_in6 address{};
  address.sin6_family = AF_INET6;
  address.sin6_scope_id = 3;
  REQUIRE(inet_pton(AF_INET6, "fe80::1", &address.sin6_addr) == 1);
  return address;
}

int NameOf(const sockaddr_in& address, char* host, socklen_t host_size, char* port, socklen_t port_size) {
  return getnameinfo(reinterpret_cast<const sockaddr*>(&address), sizeof address, host, host_size, port, port_size, 0);
}

}  // namespace

TEST_CASE("An address of four numbers is read and written") {
  CHECK(RoundTrip("192.168.7.21", "5690") == "192.168.7.21 5690");
}

TEST_CASE("An address of IPv6 is read and written") { CHECK(RoundTrip("fd00::7", "65535") == "fd00::7 65535"); }

TEST_CASE("An address without a port has port 0") { CHECK(RoundTrip("10.0.0.1", nullptr) == "10.0.0.1 0"); }

TEST_CASE("localhost is this machine in both families") {
  addrinfo v6{};
  v6.ai_family = AF_INET6;
  CHECK(RoundTrip("localhost", "1") == "127.0.0.1 1");
  CHECK(RoundTrip("localhost", "1", v6) == "::1 1");
}

TEST_CASE("No host is every interface to who listens and this machine to who connects") {
  addrinfo passive{};
  passive.ai_flags = AI_PASSIVE;
  CHECK(RoundTrip(nullptr, "80", passive) == "0.0.0.0 80");
  CHECK(RoundTrip(nullptr, "80") == "127.0.0.1 80");
}

TEST_CASE("A host's name is not known to a static program") {
  CHECK(RoundTrip("example.org", "80") == std::to_string(EAI_NONAME));
}

TEST_CASE("An address of the other family is not known") {
  addrinfo v4{};
  v4.ai_family = AF_INET;
  CHECK(RoundTrip("::1", "80", v4) == std::to_string(EAI_NONAME));
}

TEST_CASE("A service's name and a port that is too large are refused") {
  CHECK(RoundTrip("127.0.0.1", "http") == std::to_string(EAI_SERVICE));
  CHECK(RoundTrip("127.0.0.1", "65536") == std::to_string(EAI_SERVICE));
}

TEST_CASE("An address of a link is written with its interface") {
  const sockaddr_in6 address = OfThirdInterface();
  char host[64];
  REQUIRE(getnameinfo(reinterpret_cast<const sockaddr*>(&address), sizeof address, host, sizeof host, nullptr, 0, 0) ==
          0);
  CHECK(std::string(host) == "fe80::1%3");
}

TEST_CASE("A name that does not fit is an overflow and not cut") {
  char host[9];  // 127.0.0.1 takes ten
  char port[4];  // 5690 takes five
  CHECK(NameOf(LoopbackV4(), host, sizeof host, nullptr, 0) == EAI_OVERFLOW);
  CHECK(NameOf(LoopbackV4(), nullptr, 0, port, sizeof port) == EAI_OVERFLOW);
}

TEST_CASE("An interface that does not fit behind its address is an overflow") {
  const sockaddr_in6 address = OfThirdInterface();
  char host[8];  // fe80::1 and the 0
  CHECK(getnameinfo(reinterpret_cast<const sockaddr*>(&address), sizeof address, host, sizeof host, nullptr, 0, 0) ==
        EAI_OVERFLOW);
}

TEST_CASE("An address that is neither of IPv4 nor of IPv6 is refused") {
  sockaddr address{};
  address.sa_family = AF_UNIX;
  char host[16];
  CHECK(getnameinfo(&address, sizeof address, host, sizeof host, nullptr, 0, 0) == EAI_FAMILY);
}

TEST_CASE("An address that is cut off is refused") {
  const sockaddr_in address = LoopbackV4();
  char host[16];
  CHECK(getnameinfo(reinterpret_cast<const sockaddr*>(&address), 4, host, sizeof host, nullptr, 0, 0) == EAI_FAMILY);
}

}  // namespace tritwise::test
