#include "tests/runtime/allocation_count.h"

#include <atomic>
#include <cstdlib>
#include <new>

namespace {

std::atomic<size_t> g_count{0};
std::atomic<size_t> g_largest{0};

void Count(size_t bytes) {
  g_count.fetch_add(1, std::memory_order_relaxed);
  size_t largest = g_largest.load(std::memory_order_relaxed);
  while (bytes > largest && !g_largest.compare_exchange_weak(largest, bytes)) {
  }
}

}  // namespace

namespace tritwise::test {

size_t AllocationCount() { return g_count.load(); }
size_t TakeLargestAllocation() { return g_largest.exchange(0); }

}  // namespace tritwise::test

// Sanitisers end the program where there is no memory unless told that it handles that.
extern "C" const char* __asan_default_options() { return "allocator_may_return_null=1"; }
extern "C" const char* __tsan_default_options() { return "allocator_may_return_null=1"; }

extern "C" {
void* __real_malloc(size_t bytes);
void* __real_calloc(size_t count, size_t bytes);
void* __real_realloc(void* data, size_t bytes);
void* __real_aligned_alloc(size_t alignment, size_t bytes);

void* __wrap_malloc(size_t bytes) {
  Count(bytes);
  return __real_malloc(bytes);
}
void* __wrap_calloc(size_t count, size_t bytes) {
  Count(count * bytes);
  return __real_calloc(count, bytes);
}
void* __wrap_realloc(void* data, size_t bytes) {
  Count(bytes);
  return __real_realloc(data, bytes);
}
void* __wrap_aligned_alloc(size_t alignment, size_t bytes) {
  Count(bytes);
  return __real_aligned_alloc(alignment, bytes);
}
}

void* operator new(size_t bytes) {
  Count(bytes);
  void* data = __real_malloc(bytes);
  if (data == nullptr) throw std::bad_alloc();
  return data;
}
void* operator new(size_t bytes, std::align_val_t alignment) {
  Count(bytes);
  const auto a = static_cast<size_t>(alignment);
  void* data = __real_aligned_alloc(a, (bytes + a - 1) / a * a);
  if (data == nullptr) throw std::bad_alloc();
  return data;
}
void* operator new(size_t bytes, const std::nothrow_t&) noexcept {
  Count(bytes);
  return __real_malloc(bytes);
}
void operator delete(void* data) noexcept { std::free(data); }
void operator delete(void* data, const std::nothrow_t&) noexcept { std::free(data); }
void operator delete(void* data, size_t) noexcept { std::free(data); }
void operator delete(void* data, std::align_val_t) noexcept { std::free(data); }
void operator delete(void* data, size_t, std::align_val_t) noexcept { std::free(data); }
