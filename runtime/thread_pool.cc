#include "runtime/thread_pool.h"

#include <sched.h>
#include <unistd.h>

#include <chrono>
#include <cstring>

namespace tritwise::runtime {
namespace {

// How long a waiting thread looks without letting others run, then with, before it sleeps.
constexpr std::chrono::microseconds kLook{10};
constexpr std::chrono::microseconds kYield{50};
// Looks between two questions to the clock.
constexpr int kLooks = 32;

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
uint32_t ThreadPool::Signal::WaitWhile(const Predicate& blocked) {
  const auto begin = std::chrono::steady_clock::now();
  for (auto waited = begin - begin; waited < kYield; waited = std::chrono::steady_clock::now() - begin) {
    // Whoever is waited for may be waiting for this processor.
    if (waited >= kLook) sched_yield();
    for (int i = 0; i < kLooks; ++i) {
      const uint32_t value = value_.load(std::memory_order_acquire);
      if (!blocked(value)) return value;
      Pause();
    }
  }

  std::unique_lock<std::mutex> lock(mutex_);
  asleep_.store(true, std::memory_order_seq_cst);
  uint32_t value = value_.load(std::memory_order_seq_cst);
  while (blocked(value)) {
    wake_.wait(lock);
    value = value_.load(std::memory_order_seq_cst);
  }
  asleep_.store(false, std::memory_order_relaxed);
  return value;
}

Result<std::unique_ptr<ThreadPool>> ThreadPool::Make(size_t threads) {
  std::unique_ptr<ThreadPool> pool(new ThreadPool());
  pool->workers_.reserve(threads - 1);
  for (size_t part = 1; part < threads; ++part) {
    auto worker = std::make_unique<Worker>();
    worker->pool = pool.get();
    const int error = pthread_create(&worker->thread, nullptr, &ThreadPool::Loop, worker.get());
    if (error != 0) {
      return Status::Error(StatusCode::kResourceExhausted, "cannot start thread %zu of %zu: %s", part + 1, threads,
                           std::strerror(error));
    }
    pool->workers_.push_back(std::move(worker));
  }
  pool->used_ = threads;
  return pool;
}

ThreadPool::~ThreadPool() {
  end_.store(true, std::memory_order_relaxed);
  for (const auto& worker : workers_) worker->calls.Add(1);
  for (const auto& worker : workers_) pthread_join(worker->thread, nullptr);
}

void ThreadPool::Dispatch(size_t parts, Task task, const void* context) {
  task_ = task;
  context_ = context;
  unfinished_.Set(static_cast<uint32_t>(parts));
  const uint64_t call = (ranges_.load(std::memory_order_relaxed) >> 32) + 1;
  ranges_.store((call << 32) | parts, std::memory_order_release);
  for (size_t i = 0; i + 1 < parts; ++i) workers_[i]->calls.Add(1);
  RunParts();
  unfinished_.WaitWhile([](uint32_t value) { return value != 0; });
}

void ThreadPool::RunParts() {
  constexpr uint64_t kTake = 1u << 16;
  uint64_t ranges = ranges_.load(std::memory_order_acquire);
  for (;;) {
    const uint64_t taken = (ranges >> 16) & 0xFFFF;
    if (taken >= (ranges & 0xFFFF)) return;
    if (!ranges_.compare_exchange_weak(ranges, ranges + kTake, std::memory_order_acquire)) continue;
    task_(context_, static_cast<size_t>(taken));
    unfinished_.Add(static_cast<uint32_t>(-1));
    ranges = ranges_.load(std::memory_order_acquire);
  }
}

void* ThreadPool::Loop(void* argument) {
  auto& worker = *static_cast<Worker*>(argument);
  ThreadPool& pool = *worker.pool;
  uint32_t seen = 0;
  for (;;) {
    seen = worker.calls.WaitWhile([seen](uint32_t value) { return value == seen; });
    if (pool.end_.load(std::memory_order_relaxed)) return nullptr;
    pool.RunParts();
  }
}

}  // namespace tritwise::runtime
