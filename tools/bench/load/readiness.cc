#include "tools/bench/load/readiness.h"

#include <sys/epoll.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <string>

#include "trainer/error.h"

namespace tritwise {

Readiness::Readiness() : epoll_(epoll_create1(EPOLL_CLOEXEC)) {
  if (epoll_ < 0) throw Error(std::string("cannot wait for many connections: ") + std::strerror(errno));
}
Readiness::~Readiness() { close(epoll_); }

void Readiness::Watch(size_t who, const std::vector<int>& descriptors, bool wanted) {
  if (who >= watched_.size()) watched_.resize(who + 1);
  Watched& watched = watched_[who];
  epoll_event event = {};
  event.events = wanted ? uint32_t{EPOLLIN} : 0;
  event.data.u64 = who;
  for (const int descriptor : descriptors) {
    const auto found = std::find(watched.descriptors.begin(), watched.descriptors.end(), descriptor);
    const bool known = found != watched.descriptors.end();
    if (known && wanted == watched.wanted) continue;
    if (epoll_ctl(epoll_, known ? EPOLL_CTL_MOD : EPOLL_CTL_ADD, descriptor, &event) != 0) {
      throw Error(std::string("cannot wait for a connection: ") + std::strerror(errno));
    }
  }
  watched.descriptors = descriptors;
  watched.wanted = wanted;
}

const std::vector<size_t>& Readiness::Wait(std::chrono::steady_clock::duration most) {
  ready_.clear();
  std::array<epoll_event, 256> events;
  const auto ms = std::chrono::ceil<std::chrono::milliseconds>(std::max(most, {})).count();
  const int count = epoll_wait(epoll_, events.data(), static_cast<int>(events.size()), static_cast<int>(ms));
  if (count < 0 && errno != EINTR) throw Error(std::string("waiting for the server: ") + std::strerror(errno));
  for (int i = 0; i < count; ++i) ready_.push_back(events[static_cast<size_t>(i)].data.u64);
  std::sort(ready_.begin(), ready_.end());
  ready_.erase(std::unique(ready_.begin(), ready_.end()), ready_.end());
  return ready_;
}

}  // namespace tritwise
