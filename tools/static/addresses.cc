// getaddrinfo and getnameinfo for a program that is linked statically: numbers only.
//
// The C library's own load parts of it at run time to ask for names, which a static program cannot rely on, and add a
// hundred KB to a small file. The linker gives calls to these instead (--wrap).
#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace {

// One address and where it lies, freed together.
struct Entry {
  addrinfo info;
  sockaddr_storage address;
};

bool Port(const char* service, in_port_t* port) {
  *port = 0;
  if (service == nullptr || *service == '\0') return true;
  char* end = nullptr;
  const unsigned long number = std::strtoul(service, &end, 10);
  if (*end != '\0' || number > 65535) return false;
  *port = htons(static_cast<in_port_t>(number));
  return true;
}

// An address of one machine's link belongs to an interface, which the number alone does not say.
bool AddZone(uint32_t zone, char* host, socklen_t size) {
  const size_t length = std::strlen(host);
  const int written = std::snprintf(host + length, size - length, "%%%u", zone);
  return written >= 0 && static_cast<size_t>(written) < size - length;
}

bool WriteHost(const sockaddr* address, char* host, socklen_t size) {
  if (address->sa_family == AF_INET) {
    const auto* v4 = reinterpret_cast<const sockaddr_in*>(address);
    return inet_ntop(AF_INET, &v4->sin_addr, host, size) != nullptr;
  }
  const auto* v6 = reinterpret_cast<const sockaddr_in6*>(address);
  if (inet_ntop(AF_INET6, &v6->sin6_addr, host, size) == nullptr) return false;
  return v6->sin6_scope_id == 0 || AddZone(v6->sin6_scope_id, host, size);
}

}  // namespace

extern "C" int __wrap_getaddrinfo(const char* node, const char* service, const addrinfo* hints, addrinfo** result) {
  const int family = hints == nullptr ? AF_UNSPEC : hints->ai_family;
  const bool passive = hints != nullptr && (hints->ai_flags & AI_PASSIVE) != 0;
  in_port_t port = 0;
  if (!Port(service, &port)) return EAI_SERVICE;
  auto* entry = static_cast<Entry*>(std::calloc(1, sizeof(Entry)));
  if (entry == nullptr) return EAI_MEMORY;
  auto* v4 = reinterpret_cast<sockaddr_in*>(&entry->address);
  auto* v6 = reinterpret_cast<sockaddr_in6*>(&entry->address);
  if (node != nullptr && std::strcmp(node, "localhost") == 0) node = family == AF_INET6 ? "::1" : "127.0.0.1";
  bool known = false;
  if (family != AF_INET6) {
    known = node == nullptr || inet_pton(AF_INET, node, &v4->sin_addr) == 1;
    if (node == nullptr) v4->sin_addr.s_addr = htonl(passive ? INADDR_ANY : INADDR_LOOPBACK);
    v4->sin_family = AF_INET;
    v4->sin_port = port;
    entry->info.ai_addrlen = sizeof(sockaddr_in);
  }
  if (!known && family != AF_INET) {
    entry->address = {};
    known = node == nullptr || inet_pton(AF_INET6, node, &v6->sin6_addr) == 1;
    if (node == nullptr) v6->sin6_addr = passive ? in6addr_any : in6addr_loopback;
    v6->sin6_family = AF_INET6;
    v6->sin6_port = port;
    entry->info.ai_addrlen = sizeof(sockaddr_in6);
  }
  if (!known) {
    std::free(entry);
    return EAI_NONAME;
  }
  entry->info.ai_family = entry->address.ss_family;
  entry->info.ai_socktype = hints == nullptr ? 0 : hints->ai_socktype;
  entry->info.ai_protocol = hints == nullptr ? 0 : hints->ai_protocol;
  entry->info.ai_addr = reinterpret_cast<sockaddr*>(&entry->address);
  *result = &entry->info;
  return 0;
}

extern "C" void __wrap_freeaddrinfo(addrinfo* result) { std::free(result); }

extern "C" int __wrap_getnameinfo(const sockaddr* address, socklen_t address_size, char* host, socklen_t host_size,
                                  char* service, socklen_t service_size, int /*flags*/) {
  const bool v4 = address->sa_family == AF_INET;
  if (!v4 && address->sa_family != AF_INET6) return EAI_FAMILY;
  if (address_size < (v4 ? sizeof(sockaddr_in) : sizeof(sockaddr_in6))) return EAI_FAMILY;
  if (host != nullptr && host_size > 0 && !WriteHost(address, host, host_size)) return EAI_OVERFLOW;
  if (service == nullptr || service_size == 0) return 0;
  const in_port_t port = v4 ? reinterpret_cast<const sockaddr_in*>(address)->sin_port
                            : reinterpret_cast<const sockaddr_in6*>(address)->sin6_port;
  const int written = std::snprintf(service, service_size, "%u", static_cast<unsigned>(ntohs(port)));
  return written >= 0 && static_cast<socklen_t>(written) < service_size ? 0 : EAI_OVERFLOW;
}
