#include "tools/serve/wake_up.h"

#include <sys/eventfd.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <string>

#include "trainer/error.h"

namespace tritwise::serve {

WakeUp::WakeUp() : descriptor_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
  if (descriptor_ < 0) throw Error(std::string("cannot make an event descriptor: ") + std::strerror(errno));
}
WakeUp::~WakeUp() { close(descriptor_); }
void WakeUp::Set() const { eventfd_write(descriptor_, 1); }
void WakeUp::Clear() const {
  eventfd_t count = 0;
  eventfd_read(descriptor_, &count);
}

}  // namespace tritwise::serve
