#include "tools/client/address.h"

#include <catch2/catch.hpp>

#include "trainer/error.h"

namespace tritwise {
namespace {

TEST_CASE("Control is the next port, or the path with .control") {
  CHECK(ParseAddress("tcp://127.0.0.1:5555").control == "tcp://127.0.0.1:5556");
  CHECK(ParseAddress("ipc:///run/tritwise").control == "ipc:///run/tritwise.control");
  CHECK(ParseAddress("tcp://127.0.0.1:5555", "tcp://127.0.0.1:7").control == "tcp://127.0.0.1:7");
}

TEST_CASE("Only a host without IPv4 needs IPv6") {
  CHECK_FALSE(ParseAddress("tcp://127.0.0.1:5555").ipv6);
  CHECK_FALSE(ParseAddress("tcp://localhost:5555").ipv6);
  const Address v6 = ParseAddress("tcp://[::1]:5555");
  CHECK(v6.ipv6);
  CHECK(v6.control == "tcp://[::1]:5556");
}

TEST_CASE("What is no address is refused") {
  for (const char* wrong :
       {"", "localhost:5555", "tcp://", "tcp://127.0.0.1", "tcp://127.0.0.1:", "tcp://127.0.0.1:0",
        "tcp://127.0.0.1:65536", "tcp://127.0.0.1:55x", "tcp://:5555", "tcp://*:5555", "tcp://::1:5555", "ipc://",
        "inproc://a", "udp://127.0.0.1:5555", "tcp://127.0.0.1:65535"}) {
    INFO(wrong);
    CHECK_THROWS_AS(ParseAddress(wrong), Error);
  }
  CHECK_THROWS_AS(ParseAddress("ipc://" + std::string(200, 'a')), Error);
  CHECK_THROWS_AS(ParseAddress("tcp://127.0.0.1:5555", "nonsense"), Error);
}

TEST_CASE("A host that does not exist is named") {
  CHECK_THROWS_WITH(ParseAddress("tcp://no-such-host.invalid:5555"), Catch::Contains("no-such-host.invalid"));
}

}  // namespace
}  // namespace tritwise
