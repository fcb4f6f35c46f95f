// What both ends of a connection must agree on (docs/protocol.md), besides the JSON.
#pragma once

#include <cstdint>
#include <string_view>

namespace tritwise::serve {

// The first frame of every message.
inline constexpr std::string_view kProtocol = "tritwise/1";
// The most that a frame may have, unless a server says otherwise.
inline constexpr int64_t kMessageBytes = 1 << 20;

}  // namespace tritwise::serve
