// From reset to main: pointers set, traps caught.
#include <cstdint>

#include "runtime/bare/port.h"
#include "runtime/bare/start.h"

extern "C" {
int main();
[[gnu::naked, gnu::section(".start")]] void Reset();
[[gnu::aligned(4)]] void Trap();
[[noreturn]] void Start();
}

void Reset() {
  __asm__ volatile(
      ".option push\n"
      ".option norelax\n"
      "la gp, __global_pointer$\n"
      ".option pop\n"
      "la sp, stack_top\n"
      ".option arch, +zicsr\n"
      "la t0, Trap\n"
      "csrw mtvec, t0\n"
      "j Start\n");
}

void Trap() { tritwise::bare::End(100); }

void Start() {
  tritwise::bare::PrepareMemory();
  main();
  tritwise::bare::End(0);
}
