// Buffers for values and gradients of one worker, which come and go in the same order in every pass.
#pragma once

#include <memory>
#include <vector>

#include "trainer/aligned_buffer.h"

namespace tritwise {

class BufferPool {
 public:
  // Shared by values that are equal; whoever writes one that others hold takes a copy first.
  using Buffer = std::shared_ptr<AlignedBuffer<float>>;

  // The smallest free one that holds `count` floats, or a new one. Contents undefined.
  Buffer Take(size_t count) {
    Buffer* best = nullptr;
    for (Buffer& buffer : free_) {
      if (buffer->capacity() < count) continue;
      if (best == nullptr || buffer->capacity() < (*best)->capacity()) best = &buffer;
    }
    if (best == nullptr) {
      auto buffer = std::make_shared<AlignedBuffer<float>>();
      buffer->Reserve(count);
      return buffer;
    }
    std::swap(*best, free_.back());
    Buffer buffer = std::move(free_.back());
    free_.pop_back();
    return buffer;
  }

  // Leaves `buffer` empty; free again once nobody else holds it.
  void Release(Buffer& buffer) {
    if (buffer != nullptr && buffer.use_count() == 1) free_.push_back(std::move(buffer));
    buffer.reset();
  }

 private:
  std::vector<Buffer> free_;
};

}  // namespace tritwise
