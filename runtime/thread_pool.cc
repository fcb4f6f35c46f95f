#include "runtime/thread_pool.h"

#include <sched.h>
#include <unistd.h>

#include <chrono>
#include <cstring>

namespace tritwise {
namespace {

// How long a waiting thread looks before it sleeps.
constexpr std::chrono::microseconds kSpin{50};
// Looks between two questions to the clock.
constexpr int kLooks = 64;

void Pause() {
#if defined(__x86_64__) || defined(__i386__)
  __builtin_ia32_pause();
#elif defined(__aarch64__) || defined(__arm__)
  asm volatile("yield");
#endif
}

}  // namespace

size_t AvailableProcessors() {
  cpu_set_t set;
  CPU_ZERO(&set);
  if (sched_getaffinity(0, sizeof(set), &set) == 0) return static_cast<size_t>(std::max(CPU_COUNT(&set), 1));
  const long online = sysconf(_SC_NPROCESSORS_ONLN);
  return online > 0 ? static_cast<size_t>(online) : 1;
}

void ThreadPool::Signal::Add(uint32_t difference) {
  // Both this pair and the one in WaitWhile are sequentially consistent: either the sleeper sees the new
  // value, or it is seen to sleep here.
  value_.fetch_add(difference, std::memory_order_seq_cst);
  if (asleep_.load(std::memory_order_seq_cst)) {
    { const std::lock_guard<std::mutex> lock(mutex_); }
    wake_.notify_one();
  }
}

template <class Predicate>
void ThreadPool::Signal::WaitWhile(const Predicate& blocked) {
  const auto end = std::chrono::steady_clock::now() + kSpin;
  do {
    for (int i = 0; i < kLooks; ++i) {
      if (!blocked(value())) return;
      Pause();
    }
  } while (std::chrono::steady_clock::now() < end);

  std::unique_lock<std::mutex> lock(mutex_);
  asleep_.store(true, std::memory_order_seq_cst);
  while (blocked(value_.load(std::memory_order_seq_cst))) wake_.wait(lock);
  asleep_.store(false, std::memory_order_relaxed);
}

Result<std::unique_ptr<ThreadPool>> ThreadPool::Make(size_t threads) {
  std::unique_ptr<ThreadPool> pool(new ThreadPool());
  pool->workers_.reserve(threads - 1);
  for (size_t part = 1; part < threads; ++part) {
    auto worker = std::make_unique<Worker>();
    worker->pool = pool.get();
    worker->part = part;
    const int error = pthread_create(&worker->thread, nullptr, &ThreadPool::Loop, worker.get());
    if (error != 0) {
      return Status::Error(StatusCode::kResourceExhausted, "cannot start thread %zu of %zu: %s", part + 1, threads,
                           std::strerror(error));
    }
    pool->workers_.push_back(std::move(worker));
  }
  return pool;
}

ThreadPool::~ThreadPool() {
  task_ = nullptr;
  for (const auto& worker : workers_) worker->calls.Add(1);
  for (const auto& worker : workers_) pthread_join(worker->thread, nullptr);
}

void ThreadPool::Dispatch(size_t parts, Task task, const void* context) {
  task_ = task;
  context_ = context;
  unfinished_.Set(static_cast<uint32_t>(parts - 1));
  for (size_t part = 1; part < parts; ++part) workers_[part - 1]->calls.Add(1);
  task(context, 0);
  unfinished_.WaitWhile([](uint32_t value) { return value != 0; });
}

void* ThreadPool::Loop(void* argument) {
  auto& worker = *static_cast<Worker*>(argument);
  ThreadPool& pool = *worker.pool;
  for (uint32_t seen = 0;; ++seen) {
    worker.calls.WaitWhile([seen](uint32_t value) { return value == seen; });
    if (pool.task_ == nullptr) return nullptr;
    pool.task_(pool.context_, worker.part);
    pool.unfinished_.Add(static_cast<uint32_t>(-1));
  }
}

}  // namespace tritwise
