// Buffers whose last element lies right before a page that may not be touched, so that one element read or
// written too far ends the test program, with or without a sanitiser, also under an emulator.
#pragma once

#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>

namespace tritwise::test {

template <class T>
class Guarded {
 public:
  explicit Guarded(size_t capacity) : capacity_(capacity) {
    const auto page = static_cast<size_t>(sysconf(_SC_PAGESIZE));
    bytes_ = (capacity * sizeof(T) + page - 1) / page * page + page;
    void* map = mmap(nullptr, bytes_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (map == MAP_FAILED) std::abort();
    base_ = static_cast<std::byte*>(map);
    if (mprotect(base_ + bytes_ - page, page, PROT_NONE) != 0) std::abort();
    end_ = reinterpret_cast<T*>(base_ + bytes_ - page);
  }
  ~Guarded() { munmap(base_, bytes_); }
  Guarded(const Guarded&) = delete;
  Guarded& operator=(const Guarded&) = delete;

  // The last n elements of the capacity.
  T* Last(size_t n) {
    if (n > capacity_) std::abort();
    return end_ - n;
  }
  // Copies into the last n elements.
  T* Fill(const T* from, size_t n) {
    std::copy(from, from + n, Last(n));
    return Last(n);
  }

 private:
  size_t capacity_;
  size_t bytes_ = 0;
  std::byte* base_ = nullptr;
  T* end_ = nullptr;
};

}  // namespace tritwise::test
