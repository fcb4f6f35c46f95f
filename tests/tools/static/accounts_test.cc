// Accounts in a program that is linked statically: the linker gives this program the same functions.
#include <grp.h>
#include <pwd.h>

#include <catch2/catch.hpp>

TEST_CASE("No account has a name in a static program") { CHECK(getpwuid(0) == nullptr); }

TEST_CASE("No group has a name in a static program") { CHECK(getgrgid(0) == nullptr); }
