// Console and end by semihosting: the debugger or the emulator does what r0 asks for.
#include "runtime/bare/port.h"

#include <cstdint>

namespace tritwise::bare {
namespace {

constexpr uint32_t kWriteCharacter = 0x03;
constexpr uint32_t kExitExtended = 0x20;
constexpr uint32_t kApplicationExit = 0x20026;

void Ask(uint32_t operation, const void* argument) {
  register uint32_t r0 __asm__("r0") = operation;
  register const void* r1 __asm__("r1") = argument;
  __asm__ volatile("bkpt 0xAB" : "+r"(r0) : "r"(r1) : "memory");
}

}  // namespace

void Put(char c) { Ask(kWriteCharacter, &c); }

void End(int code) {
  const uint32_t reason[2] = {kApplicationExit, static_cast<uint32_t>(code)};
  Ask(kExitExtended, reason);
  for (;;) {
  }
}

}  // namespace tritwise::bare
