#include "tools/bench/limits.h"

#include <sys/mman.h>

#include <cstring>
#include <numeric>

#include "kernels/limits/reference.h"
#include "tools/bench/round_up.h"
#include "tools/table.h"
#include "trainer/error_status.h"

namespace tritwise {
namespace {

using kernels::ReadManner;

constexpr size_t kHugePage = size_t{2} << 20;

}  // namespace

ReadBuffer::ReadBuffer(size_t bytes, bool huge_pages)
    : map_bytes_(RoundUp(bytes, kHugePage) + kHugePage), size_(RoundUp(bytes, kHugePage)) {
  map_ = mmap(nullptr, map_bytes_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (map_ == MAP_FAILED) throw Error("no memory for a buffer of " + FormatBytes(size_) + " (--bandwidth-mib)");
  data_ = reinterpret_cast<uint8_t*>(RoundUp(reinterpret_cast<uintptr_t>(map_), kHugePage));
  // Advice: a system without huge pages gives small ones, and the figures say so by being the same.
  madvise(data_, size_, huge_pages ? MADV_HUGEPAGE : MADV_NOHUGEPAGE);
  uint64_t word = 1;
  for (size_t i = 0; i < size_; i += sizeof(word)) {
    std::memcpy(data_ + i, &word, sizeof(word));
    sum_ += word;
    word = word * 6364136223846793005u + 1442695040888963407u;
  }
}

ReadBuffer::~ReadBuffer() { munmap(map_, map_bytes_); }

Reader::Reader(const kernels::Kernels& kernels, const ReadBuffer& buffer, size_t threads)
    : kernels_(kernels), buffer_(buffer), pool_(ValueOrThrow(runtime::ThreadPool::Make(threads))), sums_(threads) {}

double Reader::Read(ReadManner manner) {
  // A stretch of whole pages for each thread.
  constexpr size_t kPage = 4096;
  const size_t pages = buffer_.size() / kPage;
  std::fill(sums_.begin(), sums_.end(), 0);
  const double start = SecondsNow();
  pool_->ForRanges(pages, 1, [&](size_t begin, size_t end, size_t part) {
    sums_[part] = kernels_.read_sum(buffer_.data() + begin * kPage, (end - begin) * kPage, manner);
  });
  const double took = SecondsNow() - start;
  if (std::accumulate(sums_.begin(), sums_.end(), uint64_t{0}) != buffer_.sum()) {
    throw Error("parity check failed: what was read does not add up; no bandwidth is printed");
  }
  return took;
}

Multiplier::Multiplier(const kernels::Kernels& kernels, size_t threads, double seconds)
    : kernels_(kernels),
      pool_(ValueOrThrow(runtime::ThreadPool::Make(threads))),
      codes_(kernels::kDotCodes * kernels::kDotRowBytes),
      q_(kernels::kDotTurns * kernels::kDotRows * kernels::kDotRowBytes),
      sums_(threads) {
  BenchRandom random;
  for (uint8_t& code : codes_) code = static_cast<uint8_t>(random.Below(3));
  for (int8_t& q : q_) q = static_cast<int8_t>(static_cast<int>(random.Below(255)) - 127);
  constexpr size_t kChecked = 1001;
  if (kernels_.dot_peak(codes_.data(), q_.data(), kChecked) !=
      kernels::reference::DotPeak(codes_.data(), q_.data(), kChecked)) {
    throw Error("parity check failed: the products of the peak are wrong; no peak is printed");
  }
  for (double took = 0.0; took < seconds / 2; rounds_ *= 2) {
    const double start = SecondsNow();
    sums_[0] = kernels_.dot_peak(codes_.data(), q_.data(), rounds_);
    took = SecondsNow() - start;
  }
}

double Multiplier::Multiply() {
  const double start = SecondsNow();
  pool_->ForRanges(sums_.size(), 1, [&](size_t begin, size_t end, size_t) {
    for (size_t i = begin; i < end; ++i) sums_[i] = kernels_.dot_peak(codes_.data(), q_.data(), rounds_);
  });
  const double took = SecondsNow() - start;
  for (const uint32_t sum : sums_) {
    if (sum != sums_[0]) throw Error("parity check failed: threads do not multiply alike; no peak is printed");
  }
  return took;
}

double Multiplier::operations() const {
  return 2.0 * static_cast<double>(kernels::kDotRoundProducts) * static_cast<double>(rounds_) *
         static_cast<double>(sums_.size());
}

Limits::Limits(const kernels::Kernels& kernels, size_t buffer_bytes, bool quick)
    : kernels_(kernels),
      buffer_bytes_(buffer_bytes),
      quick_(quick),
      effort_(quick ? Effort{1, 1, 0.0} : Effort{7, 50, 0.3}) {}

ReadLimit Limits::MeasureRead(const ReadBuffer& buffer, size_t threads, bool huge_pages) const {
  Reader reader(kernels_, buffer, threads);
  ReadLimit best{threads, huge_pages, ReadManner::kPlain, {}};
  for (const ReadManner manner : {ReadManner::kPlain, ReadManner::kPrefetch, ReadManner::kStreams}) {
    const Rate rate = Measure(
        effort_, static_cast<double>(buffer.size()), [] {}, [&] { reader.Read(manner); });
    if (rate.median > best.bytes_per_s.median) {
      best.manner = manner;
      best.bytes_per_s = rate;
    }
  }
  return best;
}

const ReadLimit& Limits::BestRead(size_t threads) {
  std::vector<ReadLimit>& limits = reads_[threads];
  if (limits.empty()) {
    for (const bool huge_pages : {false, true}) {
      const ReadBuffer buffer(buffer_bytes_, huge_pages);
      limits.push_back(MeasureRead(buffer, threads, huge_pages));
    }
  }
  return limits[0].bytes_per_s.median > limits[1].bytes_per_s.median ? limits[0] : limits[1];
}

const DotLimit& Limits::Dot(size_t threads) {
  DotLimit& limit = dots_[threads];
  if (limit.operations_per_s.repetitions == 0) {
    Multiplier multiplier = MakeMultiplier(threads);
    limit.threads = threads;
    limit.operations_per_s = Measure(
        effort_, multiplier.operations(), [] {}, [&] { multiplier.Multiply(); });
  }
  return limit;
}

std::unique_ptr<ReadBuffer> Limits::MakeBuffer(size_t threads) {
  return std::make_unique<ReadBuffer>(buffer_bytes_, BestRead(threads).huge_pages);
}

std::vector<ReadLimit> Limits::reads() const {
  std::vector<ReadLimit> all;
  for (const auto& [threads, limits] : reads_) all.insert(all.end(), limits.begin(), limits.end());
  return all;
}

std::vector<DotLimit> Limits::dots() const {
  std::vector<DotLimit> all;
  for (const auto& [threads, limit] : dots_) all.push_back(limit);
  return all;
}

const char* MannerName(ReadManner manner) {
  switch (manner) {
    case ReadManner::kPlain:
      return "plain";
    case ReadManner::kPrefetch:
      return "prefetch";
    default:
      return "streams";
  }
}

}  // namespace tritwise
