// What a port gives the test program: a console and an end. targets/<port>/port.cc has both; a network itself needs
// neither.
#pragma once

namespace tritwise::bare {

void Put(char c);
// Does not return. 0: success.
[[noreturn]] void End(int code);

}  // namespace tritwise::bare
