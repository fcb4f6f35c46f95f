// Memory for rows of numbers: 64-byte aligned, grows and never shrinks, contents undefined after growth.
#pragma once

#include <cstddef>
#include <cstdlib>
#include <memory>
#include <new>

namespace tritwise {

template <class T>
class AlignedBuffer {
 public:
  T* Reserve(size_t count) {
    if (count > capacity_) {
      const size_t bytes = (count * sizeof(T) + 63) / 64 * 64;
      data_.reset(static_cast<T*>(std::aligned_alloc(64, bytes)));
      if (data_ == nullptr) throw std::bad_alloc();
      capacity_ = count;
    }
    return data_.get();
  }
  T* data() const { return data_.get(); }
  size_t capacity() const { return capacity_; }

 private:
  struct Free {
    void operator()(T* p) const { std::free(p); }
  };
  std::unique_ptr<T, Free> data_;
  size_t capacity_ = 0;
};

}  // namespace tritwise
