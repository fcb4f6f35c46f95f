// Console and end on QEMU's machine "virt": its UART (an 8250) and its test device.
#include "runtime/bare/port.h"

#include <cstdint>

namespace tritwise::bare {
namespace {

volatile uint8_t* const kUart = reinterpret_cast<volatile uint8_t*>(0x10000000);
constexpr int kLineStatus = 5;
constexpr uint8_t kTransmitterEmpty = 0x20;

volatile uint32_t* const kTestDevice = reinterpret_cast<volatile uint32_t*>(0x100000);
constexpr uint32_t kPass = 0x5555;
constexpr uint32_t kFail = 0x3333;

}  // namespace

void Put(char c) {
  while ((kUart[kLineStatus] & kTransmitterEmpty) == 0) {
  }
  kUart[0] = static_cast<uint8_t>(c);
}

void End(int code) {
  *kTestDevice = code == 0 ? kPass : static_cast<uint32_t>(code) << 16 | kFail;
  for (;;) {
  }
}

}  // namespace tritwise::bare
