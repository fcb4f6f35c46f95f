// What this machine can do at most, by number of threads: bytes read from memory and products of bytes. The limits that
// shares of the other figures refer to.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <vector>

#include "kernels/kernels.h"
#include "runtime/thread_pool.h"
#include "tools/bench/measure.h"

namespace tritwise {

// Memory that is there, page by page, and the sum of its words.
class ReadBuffer {
 public:
  ReadBuffer(size_t bytes, bool huge_pages);
  ~ReadBuffer();
  ReadBuffer(const ReadBuffer&) = delete;
  ReadBuffer& operator=(const ReadBuffer&) = delete;

  const uint8_t* data() const { return data_; }
  size_t size() const { return size_; }
  uint64_t sum() const { return sum_; }

 private:
  void* map_ = nullptr;
  size_t map_bytes_ = 0;
  uint8_t* data_ = nullptr;
  size_t size_ = 0;
  uint64_t sum_ = 0;
};

// The best manner for pages of one size.
struct ReadLimit {
  size_t threads = 1;
  bool huge_pages = false;
  kernels::ReadManner manner = kernels::ReadManner::kPlain;
  Rate bytes_per_s;
};

struct DotLimit {
  size_t threads = 1;
  Rate operations_per_s;  // a product and its addition are two
};

// Reads a buffer with some threads, once at a time, so that it can take turns with something else.
class Reader {
 public:
  Reader(const kernels::Kernels& kernels, const ReadBuffer& buffer, size_t threads);
  // Seconds. Throws Error where not every byte was read.
  double Read(kernels::ReadManner manner);

 private:
  const kernels::Kernels& kernels_;
  const ReadBuffer& buffer_;
  std::unique_ptr<runtime::ThreadPool> pool_;
  std::vector<uint64_t> sums_;
};

// The same for products.
class Multiplier {
 public:
  // `seconds`: about how long a turn of one thread takes.
  Multiplier(const kernels::Kernels& kernels, size_t threads, double seconds);
  double Multiply();  // seconds
  double operations() const;

 private:
  const kernels::Kernels& kernels_;
  std::unique_ptr<runtime::ThreadPool> pool_;
  std::vector<uint8_t> codes_;
  std::vector<int8_t> q_;
  std::vector<uint32_t> sums_;
  size_t rounds_ = 1;
};

// Limits by number of threads, measured when first asked for.
class Limits {
 public:
  Limits(const kernels::Kernels& kernels, size_t buffer_bytes, bool quick);

  const ReadLimit& BestRead(size_t threads);  // of both page sizes
  const DotLimit& Dot(size_t threads);
  Multiplier MakeMultiplier(size_t threads) const { return {kernels_, threads, quick_ ? 0.001 : 0.03}; }
  // Buffer and reader as they were best.
  std::unique_ptr<ReadBuffer> MakeBuffer(size_t threads);
  Reader MakeReader(const ReadBuffer& buffer, size_t threads) const { return {kernels_, buffer, threads}; }

  size_t buffer_bytes() const { return buffer_bytes_; }
  // Everything measured so far, by threads and then pages.
  std::vector<ReadLimit> reads() const;
  std::vector<DotLimit> dots() const;

 private:
  ReadLimit MeasureRead(const ReadBuffer& buffer, size_t threads, bool huge_pages) const;

  const kernels::Kernels& kernels_;
  size_t buffer_bytes_;
  bool quick_;
  Effort effort_;
  std::map<size_t, std::vector<ReadLimit>> reads_;
  std::map<size_t, DotLimit> dots_;
};

const char* MannerName(kernels::ReadManner manner);

}  // namespace tritwise
