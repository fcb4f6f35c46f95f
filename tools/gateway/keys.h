// Who may use the gateway: bearer keys, and what a browser may do where there are none.
#pragma once

#include <string>
#include <vector>

namespace tritwise {

class BearerKeys {
 public:
  BearerKeys() = default;  // none: anyone may
  // One key a line; empty lines and lines that begin with # do not count. Throws Error, also where there is none.
  explicit BearerKeys(const std::string& path);

  bool empty() const { return keys_.empty(); }
  // Of a header `Authorization: Bearer KEY`. Takes as long for a wrong key as for a right one.
  bool Allow(const std::string& authorization) const;

 private:
  std::vector<std::string> keys_;
};

// 127.0.0.0/8, ::1, localhost.
bool IsLoopback(const std::string& host);
// The host of a header `Host` or of an `Origin`: no port, no scheme, no brackets.
std::string HostOf(std::string address);

// Any page that a browser shows can send requests to 127.0.0.1. A request of another page's says so in `Origin`; one of
// a page whose name was made to mean 127.0.0.1 has that name as `Host`.
bool FromElsewhere(const std::string& host_header, const std::string& origin, bool loopback_only);

}  // namespace tritwise
