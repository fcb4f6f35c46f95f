// Which of many clients have something to read, at a cost that does not grow with those that have not.
//
// ZeroMQ's own poll asks every socket each time. Its descriptors, in the kernel's list, say the same as long as whoever
// is told reads until nothing is left.
#pragma once

#include <chrono>
#include <cstddef>
#include <vector>

namespace tritwise {

class Readiness {
 public:
  // Throws Error.
  Readiness();
  ~Readiness();
  Readiness(const Readiness&) = delete;
  Readiness& operator=(const Readiness&) = delete;

  // What `who` has: all of it, what is no longer there was closed. While not `wanted` nothing is said of them.
  void Watch(size_t who, const std::vector<int>& descriptors, bool wanted);
  // Who can read, each once; none where the time is over or a signal came.
  const std::vector<size_t>& Wait(std::chrono::steady_clock::duration most);

 private:
  struct Watched {
    std::vector<int> descriptors;
    bool wanted = true;
  };

  int epoll_;
  std::vector<Watched> watched_;
  std::vector<size_t> ready_;
};

}  // namespace tritwise
