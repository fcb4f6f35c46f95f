// The test programs' main. Returns 77 ("not run") where a test case lacked data and nothing failed.
#define CATCH_CONFIG_RUNNER
#include <catch2/catch.hpp>

#include "tests/support/data.h"

namespace tritwise::test {
bool g_data_missing = false;
}  // namespace tritwise::test

int main(int argc, char** argv) {
  const int result = Catch::Session().run(argc, argv);
  return result == 0 && tritwise::test::g_data_missing ? 77 : result;
}
