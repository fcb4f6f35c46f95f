// What every port's start-up code does before main, from the symbols of its link.ld: data copied from flash, the rest
// cleared, the unused stack filled so that its use can be told afterwards.
#pragma once

#include <cstddef>
#include <cstdint>

extern "C" {
extern const uint32_t data_load;  // where .data is stored
extern uint32_t data_begin, data_end;
extern uint32_t bss_begin, bss_end;
extern uint32_t stack_low, stack_top;
}

namespace tritwise::bare {

inline constexpr uint32_t kStackFill = 0xA5A5A5A5u;

// Volatile: these loops must not become calls of memcpy and memset, nor be left out.
inline void PrepareMemory() {
  const volatile uint32_t* load = &data_load;
  for (volatile uint32_t* to = &data_begin; to < &data_end; ++to) *to = *load++;
  for (volatile uint32_t* to = &bss_begin; to < &bss_end; ++to) *to = 0;
  const volatile auto* here = static_cast<uint32_t*>(__builtin_frame_address(0)) - 16;
  for (volatile uint32_t* to = &stack_low; to < here; ++to) *to = kStackFill;
}

// Most bytes of stack in use since.
inline size_t StackUsed() {
  const volatile uint32_t* untouched = &stack_low;
  while (untouched < &stack_top && *untouched == kStackFill) ++untouched;
  return static_cast<size_t>(&stack_top - untouched) * sizeof(uint32_t);
}

}  // namespace tritwise::bare
