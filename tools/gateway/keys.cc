#include "tools/gateway/keys.h"

#include <fstream>

#include <arpa/inet.h>

#include "trainer/error.h"

namespace tritwise {
namespace {

bool SameBytes(const std::string& a, const std::string& b) {
  if (a.size() != b.size()) return false;
  unsigned difference = 0;
  for (size_t i = 0; i < a.size(); ++i) {
    difference |= static_cast<unsigned>(static_cast<unsigned char>(a[i]) ^ static_cast<unsigned char>(b[i]));
  }
  return difference == 0;
}

}  // namespace

BearerKeys::BearerKeys(const std::string& path) {
  std::ifstream file(path);
  if (!file) throw Error("cannot read the keys: " + path);
  for (std::string line; std::getline(file, line);) {
    while (!line.empty() && (line.back() == '\r' || line.back() == ' ')) line.pop_back();
    if (line.empty() || line.front() == '#') continue;
    if (line.size() < 16) throw Error(path + ": a key must have 16 characters or more");
    keys_.push_back(line);
  }
  if (keys_.empty()) throw Error(path + ": there is no key in it (one a line)");
}

bool BearerKeys::Allow(const std::string& authorization) const {
  if (keys_.empty()) return true;
  constexpr char kBearer[] = "Bearer ";
  if (!authorization.starts_with(kBearer)) return false;
  const std::string given = authorization.substr(sizeof kBearer - 1);
  bool allowed = false;
  for (const std::string& key : keys_) allowed |= SameBytes(key, given);
  return allowed;
}

bool IsLoopback(const std::string& host) {
  in_addr v4 = {};
  if (inet_pton(AF_INET, host.c_str(), &v4) == 1) return (ntohl(v4.s_addr) >> 24) == 127;
  return host == "localhost" || host == "::1";
}

std::string HostOf(std::string address) {
  if (const size_t scheme = address.find("://"); scheme != std::string::npos) address.erase(0, scheme + 3);
  if (!address.empty() && address.front() == '[') return address.substr(1, address.find(']') - 1);
  return address.substr(0, address.rfind(':'));
}

bool FromElsewhere(const std::string& host_header, const std::string& origin, bool loopback_only) {
  if (loopback_only && !host_header.empty() && !IsLoopback(HostOf(host_header))) return true;
  if (origin.empty()) return false;
  const size_t scheme = origin.find("://");
  return scheme == std::string::npos || origin.substr(scheme + 3) != host_header;
}

}  // namespace tritwise
