// Tells a service manager how the server is doing (systemd's sd_notify protocol: one datagram to the socket that the
// environment's NOTIFY_SOCKET names).
#pragma once

#include <string>

namespace tritwise::serve {

// E.g. "READY=1" or "STOPPING=1". Nothing happens where nobody asked.
void NotifyServiceManager(const std::string& state);

}  // namespace tritwise::serve
