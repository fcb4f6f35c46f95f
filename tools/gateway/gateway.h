// The HTTP server: routes, keys, and the life of a request. What JSON means is translate.h's affair.
#pragma once

#include <string>

#include "tools/gateway/bridge.h"
#include "tools/gateway/keys.h"

namespace tritwise {

struct GatewayOptions {
  ClientOptions server;
  std::string host = "127.0.0.1";
  int port = 8080;  // 0: any
  BearerKeys keys;
  bool loopback_only = true;    // requests must name this machine, too (keys.h, FromElsewhere)
  int connections = 64;         // requests at a time; more wait
  size_t body_bytes = 1 << 20;  // of a request
  int64_t max_tokens = 512;     // of a chat's answer, where the request says nothing
  Milliseconds drain{30000};    // after which what is not finished is cancelled
};

// Serves until SIGTERM or SIGINT, then finishes what is under way. A second signal ends at once. Throws Error.
// Calls on_listening with the port.
void RunGateway(const GatewayOptions& options, const std::function<void(int port)>& on_listening);

}  // namespace tritwise
