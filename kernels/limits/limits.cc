// Reading and multiplying as fast as each instruction set can. Products: dot_peak-inl.h.
#include "kernels/limits/limits.h"

#include "kernels/common/export.h"

// clang-format off
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/limits/limits.cc"
#include "hwy/foreach_target.h"  // IWYU pragma: keep
#include "hwy/cache_control.h"
#include "kernels/limits/dot_peak-inl.h"
// clang-format on

HWY_BEFORE_NAMESPACE();
namespace tritwise::kernels {
namespace HWY_NAMESPACE {
namespace {

#if HWY_TARGET == HWY_SCALAR

uint64_t ReadSum(const uint8_t* bytes, size_t size, ReadManner) { return reference::ReadSum(bytes, size); }

#else

using DU64 = hn::CappedTag<uint64_t, 8>;
using VU64 = hn::Vec<DU64>;

inline constexpr size_t kLine = 64;
inline constexpr size_t kAhead = 4096;  // bytes

// sum + the words of a cache line.
HWY_INLINE VU64 AddLine(VU64 sum, const uint8_t* line) {
  const DU64 d;
  for (size_t i = 0; i < kLine; i += hn::Lanes(d) * sizeof(uint64_t)) {
    sum = hn::Add(sum, hn::BitCast(d, hn::LoadU(hn::Repartition<uint8_t, DU64>(), line + i)));
  }
  return sum;
}

// `lines` cache lines from each of four places, `stride` bytes from each to its next.
template <bool kPrefetch>
HWY_INLINE uint64_t AddFour(const uint8_t* p0, const uint8_t* p1, const uint8_t* p2, const uint8_t* p3, size_t stride,
                            size_t lines) {
  const DU64 d;
  VU64 s0 = hn::Zero(d), s1 = s0, s2 = s0, s3 = s0;
  for (size_t at = 0; at < lines * stride; at += stride) {
    if constexpr (kPrefetch) {
      hwy::Prefetch(p0 + at + kAhead);
      hwy::Prefetch(p1 + at + kAhead);
      hwy::Prefetch(p2 + at + kAhead);
      hwy::Prefetch(p3 + at + kAhead);
    }
    s0 = AddLine(s0, p0 + at);
    s1 = AddLine(s1, p1 + at);
    s2 = AddLine(s2, p2 + at);
    s3 = AddLine(s3, p3 + at);
  }
  return hn::ReduceSum(d, hn::Add(hn::Add(s0, s1), hn::Add(s2, s3)));
}

uint64_t ReadSum(const uint8_t* bytes, size_t size, ReadManner manner) {
  const size_t lines = size / (4 * kLine);  // in each of four
  const size_t whole = lines * 4 * kLine;
  const uint64_t rest = reference::ReadSum(bytes + whole, size - whole);
  const size_t next = manner == ReadManner::kStreams ? whole / 4 : kLine;
  const size_t stride = manner == ReadManner::kStreams ? kLine : 4 * kLine;
  const uint8_t* p1 = bytes + next;
  const uint8_t* p2 = p1 + next;
  const uint8_t* p3 = p2 + next;
  return rest + (manner == ReadManner::kPrefetch ? AddFour<true>(bytes, p1, p2, p3, stride, lines)
                                                 : AddFour<false>(bytes, p1, p2, p3, stride, lines));
}

#endif  // HWY_TARGET == HWY_SCALAR

uint32_t DotPeak(const uint8_t* codes, const int8_t* q, size_t rounds) { return DotChains(codes, q, rounds); }

}  // namespace
// NOLINTNEXTLINE(google-readability-namespace-comments)
}  // namespace HWY_NAMESPACE
}  // namespace tritwise::kernels
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace tritwise::kernels {
TRITWISE_EXPORT_KERNEL(ReadSum)
TRITWISE_EXPORT_KERNEL(DotPeak)
}  // namespace tritwise::kernels
#endif  // HWY_ONCE
