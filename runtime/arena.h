// One block of memory for everything a forward pass writes, with each buffer's place decided beforehand.
//
// A buffer is needed from one operation to another; buffers whose times do not meet may share bytes.
// Placement is pure arithmetic, so that the size can be told before anything is allocated.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

#include "format/status.h"

namespace tritwise::runtime {

inline constexpr size_t kArenaAlignment = 64;

// Of the type of `n`: memory of a file may be more than a 32-bit size_t holds, until Allocate refuses it.
template <class T>
constexpr T AlignUp(T n, size_t alignment) {
  return (n + alignment - 1) / alignment * alignment;
}

// Both ends belong to the lifetime. Operation -1 is what happens before the first.
struct ArenaBuffer {
  uint64_t bytes = 0;
  int32_t first_op = 0;
  int32_t last_op = 0;
  uint64_t offset = 0;  // set by PlaceBuffers, a multiple of kArenaAlignment
};

// Largest first, each at the lowest place where it meets none that lives at the same time. Returns the
// bytes needed in all. Takes time quadratic in the number of buffers.
uint64_t PlaceBuffers(std::span<ArenaBuffer> buffers);

// An aligned block that is not touched before it is used; kResourceExhausted where there is no memory.
class AlignedBlock {
 public:
  static Result<AlignedBlock> Allocate(uint64_t bytes, const char* what);

  std::byte* data() const { return data_.get(); }
  uint64_t bytes() const { return bytes_; }

 private:
  struct Free {
    void operator()(std::byte* data) const;
  };

  std::unique_ptr<std::byte, Free> data_;
  uint64_t bytes_ = 0;
};

}  // namespace tritwise::runtime
