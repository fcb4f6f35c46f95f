// From reset to main: vectors, FPU on.
#include <cstdint>

#include "runtime/bare/port.h"
#include "runtime/bare/start.h"

extern "C" {
int main();
[[noreturn]] void Reset();
[[noreturn]] void Fault();
}

void Reset() {
  *reinterpret_cast<volatile uint32_t*>(0xE000ED88) |= 0xFu << 20;  // CPACR: coprocessors 10 and 11
  __asm__ volatile("dsb\n isb" ::: "memory");
  tritwise::bare::PrepareMemory();
  main();
  tritwise::bare::End(0);
}

void Fault() { tritwise::bare::End(100); }

using Handler = void (*)();
struct Vectors {
  const uint32_t* stack;
  Handler reset;
  Handler others[14];  // NMI, faults, system calls: none is expected
};
[[gnu::section(".vectors"), gnu::used]] const Vectors kVectors = {
    &stack_top,
    Reset,
    {Fault, Fault, Fault, Fault, Fault, Fault, Fault, Fault, Fault, Fault, Fault, Fault, Fault, Fault}};
