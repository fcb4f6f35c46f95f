// Real data that tests may use but the repository does not hold: the folder named by TRITWISE_DATA.
#pragma once

#include <cstdio>
#include <cstdlib>
#include <filesystem>

namespace tritwise::test {

extern bool g_data_missing;

inline std::filesystem::path DataRoot() {
  const char* root = std::getenv("TRITWISE_DATA");
  return root == nullptr ? std::filesystem::path() : std::filesystem::path(root);
}

}  // namespace tritwise::test

// Declares the data folder as `name`, or ends the test case as not run where TRITWISE_DATA is unset.
#define TRITWISE_NEEDS_DATA(name)                                  \
  const std::filesystem::path name = ::tritwise::test::DataRoot(); \
  if (name.empty()) {                                              \
    std::puts("not run: TRITWISE_DATA is not set");                \
    ::tritwise::test::g_data_missing = true;                       \
    return;                                                        \
  }                                                                \
  static_assert(true)
