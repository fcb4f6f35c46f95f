// What the C++ library does last with an exception that nobody caught. Its own prints the type's name in full, and
// brings 45 KB of demangler for it; main() catches what is thrown and says it in one line, so that this is for what
// cannot happen.
#include <unistd.h>

#include <cstdlib>
#include <string_view>

// NOLINTNEXTLINE: the library's name
namespace __gnu_cxx {

void __verbose_terminate_handler() {  // NOLINT(bugprone-reserved-identifier): the library's name
  constexpr std::string_view kLine = "tritwise: stopped by an error that nothing caught\n";
  if (write(STDERR_FILENO, kLine.data(), kLine.size()) < 0) std::_Exit(1);
  std::abort();
}

}  // namespace __gnu_cxx
