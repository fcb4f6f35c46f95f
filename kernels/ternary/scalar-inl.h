// Ternary products on a target without vectors: byte by byte, four weight rows sharing the activations.
//
// clang-format off
#if defined(TRITWISE_KERNELS_TERNARY_SCALAR_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef TRITWISE_KERNELS_TERNARY_SCALAR_INL_H_
#undef TRITWISE_KERNELS_TERNARY_SCALAR_INL_H_
#else
#define TRITWISE_KERNELS_TERNARY_SCALAR_INL_H_
#endif
// clang-format on

#include "kernels/ternary/decode-inl.h"

#if HWY_TARGET == HWY_SCALAR
HWY_BEFORE_NAMESPACE();
namespace tritwise::kernels {
namespace HWY_NAMESPACE {

template <class Layout>
HWY_INLINE void ScalarChunk(int32_t (&sum)[kBlockRows], const uint8_t* codes, size_t stride, size_t bytes,
                            const int8_t* q) {
  for (size_t j = 0; j < bytes; ++j) {
    for (size_t r = 0; r < kBlockRows; ++r) {
      Layout::ForFieldsOfByte(codes[r * stride + j],
                              [&](size_t f, int32_t code) { sum[r] += code * q[f * kChunk + j]; });
    }
  }
}

template <class Layout>
HWY_INLINE void BlockOneRow(const BlockCodes& block, size_t full_chunks, size_t last_bytes,
                            const ActivationRow<Layout>& row, int32_t q_sum, int32_t* sums) {
  int32_t total[kBlockRows] = {};
  for (size_t chunk = 0; chunk < full_chunks; ++chunk) {
    ScalarChunk<Layout>(total, block.chunks + chunk * kBlockRows * kChunk, kChunk, kChunk,
                        row.chunks + chunk * Layout::kFields * kChunk);
  }
  if (last_bytes != 0) ScalarChunk<Layout>(total, block.last, block.last_stride, last_bytes, row.last);
  for (size_t r = 0; r < kBlockRows; ++r) sums[r] = total[r] - q_sum;
}

template <class Layout, size_t kRows>
HWY_INLINE void BlockTile(const BlockCodes& block, const ChunkRange& range, const ActivationRow<Layout>* rows,
                          const int32_t* q_sums, int32_t* sums, size_t sums_stride) {
  for (size_t m = 0; m < kRows; ++m) {
    BlockOneRow(block, range.full_chunks, range.last_bytes, rows[m], q_sums[m], sums + m * sums_stride);
  }
}

// NOLINTNEXTLINE(google-readability-namespace-comments)
}  // namespace HWY_NAMESPACE
}  // namespace tritwise::kernels
HWY_AFTER_NAMESPACE();
#endif  // HWY_TARGET == HWY_SCALAR

#endif  // TRITWISE_KERNELS_TERNARY_SCALAR_INL_H_
