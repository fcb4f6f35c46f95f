// The threads of one plan: the caller takes part, the others wait for the next piece of work.
//
// Work is a number of items cut into contiguous ranges, one for each thread. Whoever is there first takes a
// range, so that on a busy machine the caller does by itself what a thread that does not get a processor
// would have done: it waits only for ranges that are under way. A waiting thread looks for a few
// microseconds, because the next operation usually follows at once, then lets others run, then sleeps. One
// caller at a time. Not a general executor: no futures, no nesting.
#pragma once

#include <pthread.h>

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <vector>

#include "format/status.h"

namespace tritwise::runtime {

// Processors that this process may run on, at least 1.
size_t AvailableProcessors();

class ThreadPool {
 public:
  // `threads` counts the caller: 1 starts none. kResourceExhausted where the system gives no thread.
  static Result<std::unique_ptr<ThreadPool>> Make(size_t threads);
  ~ThreadPool();
  ThreadPool(const ThreadPool&) = delete;
  ThreadPool& operator=(const ThreadPool&) = delete;

  size_t threads() const { return workers_.size() + 1; }
  // From the next call on the work is cut into this many ranges at most, 1 to threads().
  void Use(size_t threads) { used_ = threads; }

  // Calls body(begin, end, thread) on ranges that cover [0, count), `grain` items or more in each where
  // there are several; returns when all are done. `thread` is below threads() and no two calls that run
  // at the same time have the same.
  template <class Body>
  void ForRanges(size_t count, size_t grain, const Body& body) {
    const size_t parts = std::min(used_, count / std::max<size_t>(grain, 1));
    if (parts <= 1) {
      if (count != 0) body(size_t{0}, count, size_t{0});
      return;
    }
    const Ranges<Body> ranges{&body, count, parts};
    Dispatch(parts, &Ranges<Body>::Run, &ranges);
  }

 private:
  using Task = void (*)(const void* context, size_t part);

  template <class Body>
  struct Ranges {
    const Body* body;
    size_t count;
    size_t parts;

    static void Run(const void* context, size_t part) {
      const auto& r = *static_cast<const Ranges*>(context);
      (*r.body)(r.count * part / r.parts, r.count * (part + 1) / r.parts, part);
    }
  };

  // A counter that some threads change and one waits on, in a cache line of its own.
  class alignas(64) Signal {
   public:
    // Adds `difference` and wakes the thread that sleeps in WaitWhile.
    void Add(uint32_t difference);
    void Set(uint32_t value) { value_.store(value, std::memory_order_relaxed); }
    // Returns the value that `blocked` let through.
    template <class Predicate>
    uint32_t WaitWhile(const Predicate& blocked);

   private:
    std::atomic<uint32_t> value_{0};
    std::atomic<bool> asleep_{false};
    std::mutex mutex_;
    std::condition_variable wake_;
  };

  struct Worker {
    ThreadPool* pool = nullptr;
    Signal calls;  // advances when there may be work, or the end
    pthread_t thread = {};
  };

  ThreadPool() = default;
  void Dispatch(size_t parts, Task task, const void* context);
  // Runs ranges that nobody has taken, until there are none.
  void RunParts();
  static void* Loop(void* worker);

  std::vector<std::unique_ptr<Worker>> workers_;
  size_t used_ = 1;
  // Written by the caller while nobody can hold a range, read by whoever has taken one.
  Task task_ = nullptr;
  const void* context_ = nullptr;
  // Number of the call (high half), ranges taken and ranges in all (16 bits each). A range is taken by
  // exchanging the whole word, so never from a call that is over.
  alignas(64) std::atomic<uint64_t> ranges_{0};
  std::atomic<bool> end_{false};
  Signal unfinished_;
};

}  // namespace tritwise::runtime
