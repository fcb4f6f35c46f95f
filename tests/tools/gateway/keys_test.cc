#include "tools/gateway/keys.h"

#include <catch2/catch.hpp>

#include "tests/support/temp_dir.h"
#include "trainer/error.h"

namespace tritwise {
namespace {

TEST_CASE("Only a key of the file is let in, as a bearer") {
  const test::TempDir folder;
  folder.Write("keys", "# ours\n\nabcdefghijklmnop\r\nqrstuvwxyz012345\n");
  const BearerKeys keys((folder.path() / "keys").string());
  CHECK(keys.Allow("Bearer abcdefghijklmnop"));
  CHECK(keys.Allow("Bearer qrstuvwxyz012345"));
  for (const char* wrong : {"", "abcdefghijklmnop", "Bearer ", "Bearer abcdefghijklmno", "Bearer abcdefghijklmnopq",
                            "bearer abcdefghijklmnop", "Basic abcdefghijklmnop", "Bearer # ours"}) {
    INFO(wrong);
    CHECK_FALSE(keys.Allow(wrong));
  }
}

TEST_CASE("A file without keys lets nobody in by mistake") {
  const test::TempDir folder;
  folder.Write("empty", "# none\n\n");
  folder.Write("short", "secret\n");
  CHECK_THROWS_AS(BearerKeys((folder.path() / "empty").string()), Error);
  CHECK_THROWS_AS(BearerKeys((folder.path() / "short").string()), Error);
  CHECK_THROWS_AS(BearerKeys((folder.path() / "missing").string()), Error);
  CHECK(BearerKeys().Allow(""));
}

TEST_CASE("Loopback is this machine and nothing that looks like it") {
  for (const char* host : {"127.0.0.1", "127.1.2.3", "localhost", "::1"}) CHECK(IsLoopback(host));
  for (const char* host : {"0.0.0.0", "128.0.0.1", "localhost.example", "127.0.0.1.example", "::", ""}) {
    CHECK_FALSE(IsLoopback(host));
  }
}

TEST_CASE("Requests of other sites are known") {
  CHECK_FALSE(FromElsewhere("127.0.0.1:8080", "", true));
  CHECK_FALSE(FromElsewhere("localhost:8080", "http://localhost:8080", true));
  CHECK_FALSE(FromElsewhere("[::1]:8080", "http://[::1]:8080", true));
  CHECK_FALSE(FromElsewhere("chat.example", "https://chat.example", false));
  CHECK(FromElsewhere("127.0.0.1:8080", "http://evil.example", true));
  CHECK(FromElsewhere("127.0.0.1:8080", "null", true));
  CHECK(FromElsewhere("127.0.0.1:8080", "http://127.0.0.1:9090", true));
  CHECK(FromElsewhere("evil.example:8080", "http://evil.example:8080", true));  // its name was made to mean 127.0.0.1
}

}  // namespace
}  // namespace tritwise
